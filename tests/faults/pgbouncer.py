"""PgBouncer before a server of the tests, lending its few sessions for one transaction each."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import Missing, PostgresServer, free_port

SESSIONS = 6
"""Fewer than the service opens connections, so that they do change hands."""
START_S = 20.0
_SETTINGS = """
[databases]
* = host=127.0.0.1 port={server} user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 200
query_wait_timeout = 4
{more}
"""
TAKES_OPTIONS = "ignore_startup_parameters = options"


@dataclass
class Pooler:
    """Started anew at the same port after it was killed."""

    server: PostgresServer
    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def start(self, more: str = TAKES_OPTIONS) -> None:
        program = shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")
        if program is None:
            raise Missing("PgBouncer is not installed (Debian: apt-get install pgbouncer)")
        # Whoever it runs as reads it, who is not whoever runs the tests.
        settings = self.server.data.parent / f"pgbouncer-{self.port}.ini"
        settings.write_text(
            _SETTINGS.format(server=self.server.port, port=self.port, sessions=SESSIONS, more=more)
        )
        settings.chmod(0o644)
        command = ["setpriv", "--pdeathsig", "KILL"]
        if os.geteuid() == 0:  # it refuses to run as root
            owner = self.server.data.parent.stat()
            command += ["--reuid", str(owner.st_uid), "--regid", str(owner.st_gid)]
            command += ["--clear-groups"]
        with (self.folder / "pgbouncer.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, program, str(settings)], stdout=log, stderr=log, cwd="/"
            )
        self._until_it_listens()

    def _until_it_listens(self) -> None:
        deadline = time.monotonic() + START_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert time.monotonic() < deadline, (self.folder / "pgbouncer.log").read_text()
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
