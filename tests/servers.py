"""The servers that tests start for themselves: PostgreSQL, and Chromium for the pages."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString, NoReturn

import psycopg
import pytest
from psycopg import sql

START_UP_SECONDS = 30
ENOUGH_BYTES = 2 << 30
STANDBY = "standby"

CHROMIUM_ARGS = (
    "--no-first-run",
    "--disable-gpu",
    "--disable-sync",
    "--disable-component-update",
    "--disable-background-networking",
    # Chromium refuses to run as root with its sandbox on; the pages are our own.
    *(("--no-sandbox",) if os.geteuid() == 0 else ()),
)


class Missing(Exception):
    """A server is not installed; the message tells what to install."""


def missing(reason: object) -> NoReturn:
    """Skip the test, except in CI, where a test that cannot run has failed."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"cannot run in CI: {reason}", pytrace=False)
    pytest.skip(str(reason))


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@dataclass
class PostgresServer:
    """A cluster of its own on a free loopback port; `start` brings a stopped one back."""

    programs: Path
    data: Path
    log: Path
    port: int
    durable: bool
    options: list[str] = field(default_factory=list)
    """Further settings, each NAME=VALUE."""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template1") -> str:
        """Make an empty database, or a copy of one that nobody is connected to; return its URL."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(database), sql.Identifier(template)
        )
        with self.connect() as connection:
            connection.execute(statement)
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database if it is there, throwing out whoever is connected to it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(
            sql.Identifier(database)
        )
        with self.connect() as connection:
            connection.execute(statement)

    def ask(self, statement: LiteralString) -> object:
        """The first value that the server gives in answer, if it gives any."""
        with self.connect() as connection:
            cursor = connection.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def execute(self, statement: str) -> None:
        """One that is made up, such as of a path."""
        with self.connect() as connection:
            connection.execute(statement.encode())

    def start(self) -> None:
        self.process = self._run(
            "postgres",
            *("-D", str(self.data), "-p", str(self.port), "-k", "", "-h", "127.0.0.1"),
            *("-c", "max_connections=300", "-c", f"fsync={'on' if self.durable else 'off'}"),
            *(() if self.durable else ("-c", "max_wal_size=256MB")),
            *(part for option in self.options for part in ("-c", option)),
        )
        deadline = time.monotonic() + START_UP_SECONDS
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.stop()
                    raise RuntimeError(f"PostgreSQL did not start:\n{self._tail()}") from None
                time.sleep(0.02)
            else:
                return

    def stop(self, *, crash: bool = False) -> None:
        """Shut down, throwing clients out; with `crash`, without writing anything more."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
        self.process.wait(START_UP_SECONDS)
        self.process = None

    def remove(self) -> None:
        self.stop(crash=True)
        shutil.rmtree(self.data.parent, ignore_errors=True)

    def initialise(self) -> None:
        made = self._run(
            *("initdb", "-D", str(self.data), "-U", "postgres", "--auth=trust", "--no-sync"),
            *("--encoding=UTF8", "--locale=C.UTF-8"),
        )
        if made.wait() != 0:
            raise RuntimeError(f"initdb failed:\n{self._tail()}")

    def copy_from(self, primary: PostgresServer) -> None:
        """Become a standby of a server that runs."""
        made = self._run(
            *("pg_basebackup", "-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres"),
            *("-D", str(self.data), "--wal-method=stream", "--checkpoint=fast", "--no-sync"),
        )
        if made.wait() != 0:
            raise RuntimeError(f"pg_basebackup failed:\n{self._tail()}")
        self.follow(primary)

    def follow(self, primary: PostgresServer) -> None:
        """Be a standby of this one from the next start on."""
        (self.data / "standby.signal").touch()
        address = f"host=127.0.0.1 port={primary.port} user=postgres application_name={STANDBY}"
        self.options = [f"primary_conninfo={address}"]

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", autocommit=True
        )

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        # The kernel stops the server should this process die without a chance to clean up.
        command = ["setpriv", "--pdeathsig", "INT"]
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            owner = self.data.parent.stat()
            command += ["--reuid", str(owner.st_uid), "--regid", str(owner.st_gid)]
            command += ["--clear-groups"]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*command, str(self.programs / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data.parent,
                start_new_session=True,  # Ctrl-C reaches the tests first, which then stop it
            )

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def in_memory() -> Path | None:
    """Where files lie in memory, if there is enough of it: a new database of PostgreSQL is some
    hundred files, which may take half a second on a disk."""
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and shutil.disk_usage(shared).free >= ENOUGH_BYTES
    return shared if roomy else None


def start_postgresql(folder: Path, *, durable: bool = False) -> PostgresServer:
    """Start a new server, gone when this process ends; its log stays in `folder`.

    The data lies elsewhere, because pytest's folders are closed to every user but the one who
    runs the tests, and under root the server is somebody else. Not `durable` means without fsync,
    and in memory.
    """
    programs = find_programs()
    home = Path(tempfile.mkdtemp(prefix="triage-postgresql-", dir=None if durable else in_memory()))
    if os.geteuid() == 0:
        owner = pwd.getpwnam("postgres")  # Debian's package makes this user
        os.chown(home, owner.pw_uid, owner.pw_gid)
    server = PostgresServer(
        programs, home / "data", folder / "postgresql.log", free_port(), durable
    )
    atexit.register(server.remove)
    server.initialise()
    server.start()
    return server


@dataclass
class PostgresPair:
    """A primary whose commits wait for a standby, and the standby."""

    primary: PostgresServer
    standby: PostgresServer

    def url(self, database: str) -> str:
        """Of the one of both that can be written to, whichever that is."""
        hosts = "&".join(f"host=127.0.0.1:{s.port}" for s in (self.primary, self.standby))
        return f"postgresql+psycopg://postgres@/{database}?{hosts}&target_session_attrs=read-write"

    def promote(self) -> None:
        """Let the standby take over, as a failover manager would."""
        if self.standby.ask("SELECT pg_promote(true, 20)") is not True:
            raise RuntimeError("the standby was not promoted")

    def switch_over(self) -> None:
        """As planned maintenance does it: the primary ends in order, the standby takes over, and
        the old primary comes back at its old address and follows."""
        self.primary.stop()
        self.promote()
        self.primary.follow(self.standby)
        self.primary.start()
        self.primary, self.standby = self.standby, self.primary


def start_pair(folder: Path) -> PostgresPair:
    """A primary and a synchronous standby; what is written to the one is kept by both."""
    primary = start_postgresql(folder, durable=True)
    standby = PostgresServer(
        primary.programs,
        primary.data.with_name("standby"),
        folder / "standby.log",
        free_port(),
        durable=True,
    )
    atexit.register(standby.stop, crash=True)
    standby.copy_from(primary)
    standby.start()
    primary.ask(f"ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 ({STANDBY})'")
    primary.ask("SELECT pg_reload_conf()")
    deadline = time.monotonic() + START_UP_SECONDS
    while primary.ask("SELECT sync_state FROM pg_stat_replication") not in {"sync", "quorum"}:
        if time.monotonic() > deadline:
            raise RuntimeError("the standby does not follow")
        time.sleep(0.05)
    return PostgresPair(primary, standby)


def find_programs() -> Path:
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: float(path.parts[-3]), default=None)
    if newest is None:
        raise Missing(
            "PostgreSQL's server programs are not installed (Debian: apt-get install postgresql-15)"
        )
    return newest.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
