"""The disk is full, or answers with errors: nothing is half saved, what is there can be read, and
with room on the disk again work goes on without hands."""

from __future__ import annotations

import os
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

from tests.faults.service import BACK_S, Service, at_work
from tests.faults.workers import children_of, until
from tests.servers import Missing, PostgresServer, missing, start_postgresql
from tests.twilio_double import Twilio

ROOM = "12m"
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


def until_refused(service: Service) -> requests.Response:
    """Calls come in until one finds no room: pages of the file that are free take some."""
    for _ in range(TRIES):
        answer = service.post()
        if answer.status_code != 201:
            return answer
    raise AssertionError(f"{TRIES} calls found room on a full disk")


def holds(service: Service) -> None:
    """What is refused is said so, and what is there can be read."""
    refused = until_refused(service)
    assert refused.status_code == 503
    assert "telephone" in refused.json()["detail"]
    reference = service.acknowledged[-1]
    assert service.status("/board") == 200
    assert service.status(f"/calls/{reference}") == 200
    service.is_told_of_what_was_typed(service.form())
    until(lambda: service.answers("/pagingz") == 503, BACK_S)


@pytest.mark.slow
def test_a_full_disk_under_an_sqlite_file(tmp_path: Path, twilio: Twilio) -> None:
    with small_disk(tmp_path / "disk") as disk:
        holds_on(f"sqlite:///{disk / 'triage.sqlite'}", disk, tmp_path, twilio)
        assert is_whole(disk / "triage.sqlite")


def holds_on(url: str, disk: Path, folder: Path, twilio: Twilio) -> None:
    """This disk under the database of `url` fills, and there is room again."""
    with at_work(url, folder, twilio) as service:
        filler = fill(disk)
        holds(service)
        filler.unlink()
        service.recovers()


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
    with at_work(url, tmp_path, twilio) as service:
        with errors_of(children_of(service.web.pid)):
            answer = service.post()
            assert answer.status_code == 503
            assert "telephone" in answer.json()["detail"]
            assert service.status("/board") == 200
        service.recovers()
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
