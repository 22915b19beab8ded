"""The disk is full, or answers with errors: nothing is half saved, what is there can be read, and
with room on the disk again work goes on without hands."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests

from tests.faults.workers import ALONE, TRIAGE, Workers, children_of, until
from tests.servers import Missing, PostgresServer, free_port, missing, start_postgresql
from tests.twilio_double import Twilio
from tests.typical_calls import UNARMED
from tests.world import PASSWORD, World, make_world, prepared_template

ROOM = "12m"
BACK_S = 15.0
TRIES = 200


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of its own that is soon full."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, check=False, capture_output=True)
    if mounted.returncode:
        missing("a small disk needs the right to mount one")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no byte free; returns the file that takes it all."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    return filler


class Service:
    """Web, worker and watcher on one database, and a dispatcher and a CAD system who use it."""

    def __init__(self, url: str, folder: Path, twilio: Twilio) -> None:
        prepared_template(url)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.processes = Workers.on(url, folder, twilio)
        self.browser = requests.Session()
        self.acknowledged: list[str] = []
        self._number = 0

    def begin(self, world: World) -> None:
        world.team("CIT 1", ("co_responder", "mobile_crisis"), calls_at_once=999)
        self.token = world.token()
        username = world.account("dispatcher")
        serve = [*TRIAGE, "serve", "--bind", f"127.0.0.1:{self.port}", "--processes", "1"]
        self.web = self.processes.start(serve)
        self.processes.start(ALONE)
        self.processes.start([*TRIAGE, "watch"])
        until(lambda: self._status("/livez") == 200, 90)
        form = {"username": username, "password": PASSWORD, "csrf_token": self._csrf("/sign-in")}
        self.browser.post(f"{self.address}/sign-in", data=form, timeout=10)
        until(lambda: self._status("/pagingz") == 200, 60)

    def _status(self, path: str) -> int:
        try:
            return requests.get(self.address + path, timeout=10).status_code
        except requests.RequestException:
            return 0

    def status(self, path: str) -> int:
        """As the dispatcher sees it."""
        return self.browser.get(self.address + path, timeout=10).status_code

    def _csrf(self, path: str) -> str:
        page = self.browser.get(self.address + path, timeout=10).text
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, path
        return found.group(1)

    def post(self) -> requests.Response:
        self._number += 1
        answer = requests.post(
            f"{self.address}/api/v1/calls",
            json={"facts": UNARMED, "narrative": "x" * 2000},
            headers={
                "Authorization": f"Bearer {self.token}",
                "Idempotency-Key": f"call-{self._number}",
            },
            timeout=15,
        )
        if answer.status_code == 201:
            self.acknowledged.append(answer.json()["reference"])
        return answer

    def until_refused(self) -> requests.Response:
        """Calls come in until one finds no room: pages of the file that are free take some."""
        for _ in range(TRIES):
            answer = self.post()
            if answer.status_code != 201:
                return answer
        raise AssertionError(f"{TRIES} calls found room on a full disk")

    def holds(self) -> None:
        """What is refused is said so, and what is there can be read."""
        refused = self.until_refused()
        assert refused.status_code == 503
        assert "telephone" in refused.json()["detail"]
        reference = self.acknowledged[-1]
        assert self.status("/board") == 200
        assert self.status(f"/calls/{reference}") == 200
        form = {"csrf_token": self._csrf("/intake"), "form_key": "", "action": "send"}
        typed = form | {"narrative": "He stands on the bridge", "location": "Pier 3"}
        answer = self.browser.post(f"{self.address}/intake", data=typed, timeout=15)
        assert answer.status_code == 503
        assert "He stands on the bridge" in answer.text
        until(lambda: self._status("/pagingz") == 503, BACK_S)

    def recovers(self) -> None:
        """Nobody started anything anew, and all that was acknowledged is there."""
        until(lambda: self.post().status_code == 201, BACK_S)
        until(lambda: self._status("/pagingz") == 200, BACK_S)
        for reference in self.acknowledged:
            assert self.status(f"/calls/{reference}") == 200, reference


@pytest.mark.slow
def test_a_full_disk_under_an_sqlite_file(tmp_path: Path, twilio: Twilio) -> None:
    with small_disk(tmp_path / "disk") as disk:
        holds_on(f"sqlite:///{disk / 'triage.sqlite'}", disk, tmp_path, twilio)
        assert is_whole(disk / "triage.sqlite")


def holds_on(url: str, disk: Path, folder: Path, twilio: Twilio) -> None:
    """This disk under the database of `url` fills, and there is room again."""
    service = Service(url, folder, twilio)
    try:
        with make_world(url, folder) as world:
            service.begin(world)
            assert service.post().status_code == 201
            filler = fill(disk)
            service.holds()
            filler.unlink()
            service.recovers()
    finally:
        service.processes.stop()


def is_whole(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as database:
        return bool(database.execute("PRAGMA integrity_check").fetchone() == ("ok",))


@pytest.mark.slow
def test_a_full_disk_under_the_tables_of_postgresql(tmp_path: Path, twilio: Twilio) -> None:
    """Its own journal lies elsewhere: a server without room for that ends itself."""
    try:
        server = start_postgresql(tmp_path)
    except Missing as reason:
        missing(str(reason))
    try:
        with small_disk(server.data.parent / "disk") as disk:
            holds_on(a_database_on(server, disk), disk, tmp_path, twilio)
            server.stop(crash=True)
    finally:
        server.remove()


def a_database_on(server: PostgresServer, disk: Path) -> str:
    """Its tables lie on this disk; returns its address."""
    space = disk / "space"
    space.mkdir()
    owner = server.data.stat()
    os.chown(space, owner.st_uid, owner.st_gid)
    server.execute(f"CREATE TABLESPACE small LOCATION '{space}'")
    server.execute("CREATE DATABASE centre TABLESPACE small")
    return server.url("centre")


@pytest.mark.slow
def test_a_disk_that_does_not_keep_what_is_written(tmp_path: Path, twilio: Twilio) -> None:
    """Every fsync of the web fails for a while: what it could not keep it does not acknowledge."""
    if shutil.which("strace") is None:
        missing("strace is not installed (Debian: apt-get install strace)")
    url = f"sqlite:///{tmp_path / 'triage.sqlite'}"
    service = Service(url, tmp_path, twilio)
    try:
        with make_world(url, tmp_path) as world:
            service.begin(world)
            assert service.post().status_code == 201
            with errors_of(children_of(service.web.pid)):
                answer = service.post()
                assert answer.status_code == 503
                assert "telephone" in answer.json()["detail"]
                assert service.status("/board") == 200
            service.recovers()
    finally:
        service.processes.stop()
    assert is_whole(tmp_path / "triage.sqlite")


@contextmanager
def errors_of(pids: list[int]) -> Iterator[None]:
    """The disk fails each of these processes."""
    attached = [part for pid in pids for part in ("-p", str(pid))]
    inject = "inject=fdatasync,fsync:error=EIO"
    tracing = subprocess.Popen(
        ["strace", "-f", "-q", "-e", "trace=fdatasync,fsync", "-e", inject, *attached],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(1)
    if tracing.poll() is not None:
        missing("strace may not look into other processes here")
    try:
        yield
    finally:
        tracing.send_signal(signal.SIGINT)
        tracing.wait(10)
