"""`triage watch` and `triage db backup` as real processes on SQLite."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.stories.test_operating import TRIAGE, triage
from tests.world import World, environment, make_world
from triage.entrypoints.watcher import STUCK, STUCK_AFTER_S
from triage.storage.calls import Call


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert triage(tmp_path, "db", "upgrade").returncode == 0
    return tmp_path


@contextmanager
def running(folder: Path, *arguments: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    database = f"sqlite:///{folder / 'triage.sqlite'}"
    with (folder / f"{arguments[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            [*TRIAGE, *arguments],
            env=os.environ | environment(database, folder) | more,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)


def until(look: Callable[[], Any], within_s: float = 40) -> Any:
    deadline = time.monotonic() + within_s
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(0.05)
    return seen


def rows(folder: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "triage.sqlite")) as database:
        return database.execute(statement).fetchall()


def rounds(folder: Path) -> list[list[str]]:
    """What each round found, the newest last."""
    written = rows(folder, "SELECT findings FROM watch ORDER BY id")
    return [[found["code"] for found in json.loads(findings)] for (findings,) in written]


def test_the_watcher_finds_a_dead_worker_and_tells_outside_only_while_there_is_one(
    folder: Path,
) -> None:
    heard: list[float] = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(time.monotonic())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    outside = f"http://127.0.0.1:{server.server_port}/ping/a-secret"

    with running(folder, "watch", TRIAGE_HEARTBEAT_URL=outside) as watcher:
        until(lambda: rounds(folder))
        assert rounds(folder)[-1] == ["no_worker"]
        assert heard == []
        with running(folder, "worker"):
            until(lambda: rounds(folder)[-1] == [])
            until(lambda: heard, 10)
        until(lambda: rounds(folder)[-1] == ["no_worker"], 20)
        calls = len(heard)
        told = triage(folder, "doctor")
        assert told.returncode == 1
        assert "WRONG: no worker is running" in told.stdout

        watcher.send_signal(signal.SIGTERM)
        assert watcher.wait(10) == 0
    server.shutdown()
    assert len(heard) == calls
    assert "a-secret" not in (folder / "watch.log").read_text()


HANGS = """
import os, time
from dataclasses import replace
from triage.app import build_context
from triage.entrypoints import watcher
from triage.settings import read_settings

class Outside:
    def beat(self, within_s):
        time.sleep(600)

watcher.run(replace(build_context(read_settings(os.environ)), heartbeat=Outside()))
"""


def test_a_watcher_that_hangs_ends_so_that_whatever_runs_it_starts_it_again(folder: Path) -> None:
    database = f"sqlite:///{folder / 'triage.sqlite'}"
    with running(folder, "worker"):
        until(lambda: rows(folder, "SELECT worker FROM heartbeat"))
        hung = subprocess.run(
            [sys.executable, "-c", HANGS],
            env=os.environ | environment(database, folder),
            timeout=STUCK_AFTER_S + 30,
            check=False,
        )
    assert hung.returncode == STUCK
    assert rounds(folder) == [[]]  # it had looked, and hung when it told of it


def test_copies_are_made_again_and_again_and_the_newest_stay(folder: Path) -> None:
    copies = folder / "copies"
    copies.mkdir()
    (copies / "mine.sqlite").touch()
    (copies / "triage-20200101T000000Z.sqlite").touch()
    (copies / "triage-20200101T000000Z.sqlite.partial").touch()

    with running(folder, "db", "backup", "--every", "10", "--keep", "1", str(copies)) as copying:
        until(lambda: rows(folder, "SELECT place FROM backup_note"))
        until(lambda: len(list(copies.iterdir())) == 2)
        copying.send_signal(signal.SIGTERM)
        assert copying.wait(10) == 0

    names = sorted(file.name for file in copies.iterdir())
    assert names[0] == "mine.sqlite"
    copy = copies / names[1]
    assert copy.name > "triage-2026"
    assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copy)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    ((place, size),) = rows(folder, "SELECT place, size_bytes FROM backup_note")
    assert place == str(copy)
    assert size == copy.stat().st_size


def test_a_copy_that_cannot_be_made_is_told_and_tried_again(folder: Path) -> None:
    copies = folder / "copies"
    copies.mkdir()
    with running(folder, "db", "backup", "--every", "10", str(copies)):
        until(lambda: rows(folder, "SELECT place FROM backup_note"))
        for file in copies.iterdir():
            file.unlink()
        copies.rmdir()
        until(lambda: "no copy was made" in (folder / "db.log").read_text(), 20)
        copies.mkdir()
        until(lambda: len(rows(folder, "SELECT place FROM backup_note")) == 2, 30)


def test_a_copy_that_is_made_while_calls_come_in_has_all_that_was_taken_before(
    folder: Path,
) -> None:
    world = World.open(f"sqlite:///{folder / 'triage.sqlite'}", folder)
    taken, enough = [], threading.Event()

    def take() -> None:
        while not enough.is_set():
            call = world.call({"problem_type": "welfare_check"}, narrative=f"Call {len(taken)}")
            taken.append(call.reference)

    taking = threading.Thread(target=take)
    taking.start()
    until(lambda: len(taken) >= 10)
    before, copy = set(taken), folder / "elsewhere" / "triage.sqlite"
    copy.parent.mkdir()
    made = triage(folder, "db", "backup", str(copy))
    enough.set()
    taking.join()
    world.close()

    assert made.returncode == 0, made.stderr
    with (
        make_world(f"sqlite:///{copy}", copy.parent) as restored,
        restored.context.reading() as uow,
    ):
        calls = uow.session.scalars(select(Call)).all()
        assert all((call.narrative or "").startswith("Call ") for call in calls)
        there = {call.reference for call in calls}
    assert before <= there <= set(taken)
    verified = triage(copy.parent, "audit", "verify")
    assert verified.returncode == 0, verified.stdout


def test_a_restored_copy_holds_what_was_due_until_it_is_released(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "triage.sqlite")) as database:
        database.execute(
            "INSERT INTO timer (id, created_at, version, kind, subject_id, step, due_at, priority,"
            " state, attempts) VALUES ('0123456789abcdef0123456789abcdef', '2026-01-01', 1, 'x',"
            " '0123456789abcdef0123456789abcdef', 0, '2026-01-01', 5, 'waiting', 0)"
        )
        database.commit()
    copy = folder / "copy.sqlite"
    assert triage(folder, "db", "backup", str(copy)).returncode == 0

    done = triage(folder, "db", "restore", str(copy), "--replace")
    assert done.returncode == 0, done.stderr
    assert "Held: 1 step and 0 texts" in done.stdout
    assert rows(folder, "SELECT state, last_error FROM timer") == [("parked", "restored")]

    released = triage(folder, "db", "resume")
    assert "Released: 1 step and 0 texts." in released.stdout
    assert rows(folder, "SELECT state FROM timer") == [("waiting",)]


def test_a_copy_made_by_other_means_is_noted(folder: Path) -> None:
    assert "Noted." in triage(folder, "db", "backup-note", "nightly", "--bytes", "7").stdout
    assert rows(folder, "SELECT place, size_bytes FROM backup_note") == [("nightly", 7)]


def test_a_folder_and_a_file_are_not_mistaken_for_each_other(folder: Path) -> None:
    assert "add --every" in triage(folder, "db", "backup", str(folder)).stderr
    file = folder / "a-file"
    file.touch()
    told = triage(folder, "db", "backup", "--every", "60", str(file))
    assert "name a folder" in told.stderr


TWILIO = {
    "TRIAGE_SMS": "twilio",
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "token",
    "TWILIO_FROM": "+12025550100",
    "TWILIO_API_URL": "http://127.0.0.1:1",
}
REHEARSAL = TWILIO | {"TRIAGE_ENVIRONMENT": "rehearsal"}


def test_a_copy_elsewhere_reaches_nobody_until_somebody_says_that_it_has_moved(
    folder: Path,
) -> None:
    refused = triage(folder, "worker", "--no-restart", **REHEARSAL)
    assert refused.returncode != 0
    assert "this database belongs to tests, and this is rehearsal" in refused.stderr
    assert "triage db adopt" in refused.stderr

    with running(folder, "watch", **REHEARSAL):
        until(lambda: rounds(folder) and "copy" in rounds(folder)[-1])
    with running(folder, "worker", "--no-restart", TRIAGE_ENVIRONMENT="rehearsal"):
        until(lambda: rows(folder, "SELECT worker FROM heartbeat"))  # simulated telephones only

    adopted = triage(folder, "db", "adopt", **REHEARSAL)
    assert "It belongs to rehearsal now; before, to tests." in adopted.stdout
    assert "Held: " in adopted.stdout
    assert "already" in triage(folder, "db", "adopt", **REHEARSAL).stdout
    with running(folder, "worker", "--no-restart", **REHEARSAL) as worker:
        time.sleep(3)
        assert worker.poll() is None
    assert "belongs to rehearsal" in triage(folder, "worker", "--no-restart", **TWILIO).stderr


def test_a_database_of_an_older_release_settles_where_it_is_brought_up_to_date(
    folder: Path,
) -> None:
    with closing(sqlite3.connect(folder / "triage.sqlite")) as database:
        database.execute("UPDATE deployment SET environment = NULL")
        database.commit()

    assert triage(folder, "db", "upgrade", TRIAGE_ENVIRONMENT="harbor").returncode == 0
    assert triage(folder, "db", "upgrade", TRIAGE_ENVIRONMENT="other").returncode == 0

    assert rows(folder, "SELECT environment FROM deployment") == [("harbor",)]
