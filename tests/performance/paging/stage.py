"""One service on one database: web and worker processes, and the double of Twilio."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.faults.workers import TRIAGE, Workers
from tests.servers import PostgresServer, free_port, start_postgresql
from tests.twilio_double import Twilio, start_twilio
from tests.world import World, prepared_template

DATABASES = ("sqlite", "postgresql")
START_S = 60


@dataclass
class Stage:
    """`world` acts on the database from this process, as one more web process would."""

    world: World
    twilio: Twilio
    workers: Workers
    folder: Path
    web: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def serve(self, processes: int = 2) -> str:
        """Start the web; returns its address."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        self.workers.environ["TRIAGE_PUBLIC_URL"] = url  # workers to come: reports arrive here
        with (self.folder / "web.log").open("ab") as log:
            command = [*TRIAGE, "serve", "--bind", f"127.0.0.1:{port}"]
            command += ["--processes", str(processes)]
            started = subprocess.Popen(command, env=self.workers.environ, stdout=log, stderr=log)
        self.web.append(started)
        wait_until_alive(url)
        return url

    def work(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start a worker and wait until it says that it runs."""
        before = self.workers.log.read_text(errors="replace").count("worker runs")
        process = self.workers.start(command)
        self.workers.run(before + 1)
        return process

    def close(self) -> None:
        for process in (*self.web, *self.workers.running):
            process.terminate()
        for process in (*self.web, *self.workers.running):
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.twilio.stop()
        self.world.context.database.engine.dispose()


def wait_until_alive(url: str) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            with urlopen(f"{url}/livez", timeout=2):
                return
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@contextmanager
def server_of(database: str, *, durable: bool = True) -> Iterator[PostgresServer | None]:
    """A PostgreSQL server of our own, or none for SQLite. durable -- its commits reach the disk."""
    if database == "sqlite":
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        server = start_postgresql(Path(folder), durable=durable)
        yield server
        server.remove()


@contextmanager
def stage(server: PostgresServer | None, name: str) -> Iterator[Stage]:
    """A fresh database of this name with nothing in it but the shipped rules."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        url = server.create(name) if server else f"sqlite:///{folder / 'triage.sqlite'}"
        with opened(url, folder) as built:
            yield built


@contextmanager
def opened(url: str, folder: Path) -> Iterator[Stage]:
    """A database that is there, brought up to date; new in it are the shipped rules alone."""
    prepared_template(url)
    twilio = start_twilio()
    world = World.open(url, folder)
    built = Stage(world, twilio, Workers.on(url, folder, twilio), folder)
    try:
        yield built
    finally:
        built.close()
