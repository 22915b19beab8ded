"""A process is killed at exactly the system call that was named, and what it had written stands."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.faults import catalogue, system_calls
from tests.faults.in_a_process import ROOT
from tests.servers import missing

LINES = 20
_WRITES_EACH_LINE_IN_A_THREAD = f"""
import os, sys
from pathlib import Path
from threading import Thread
from sqlalchemy import create_engine, text
from tests.faults.points import Strike, arm

nth, folder = int(sys.argv[1]), Path(sys.argv[2])
log = os.open(folder / "strikes", os.O_WRONLY | os.O_CREAT)
arm([Strike("the one", "worker", "file_call", nth)], log)
book = create_engine(f"sqlite:///{{folder}}/book.sqlite")

def write(statement):
    with book.begin() as connection:
        connection.execute(text(statement))

for number in range({LINES}):
    if number == 0:
        write("PRAGMA journal_mode=WAL")
        write("CREATE TABLE line (number INTEGER, words TEXT)")
    statement = f"INSERT INTO line VALUES ({{number}}, '{{'w' * 5000}}')"
    thread = Thread(target=write, args=[statement])
    thread.start()
    thread.join()
    os.write(1, b".")
"""


class _Left(NamedTuple):
    """What a process left behind."""

    status: int
    acknowledged: int
    file_bytes: int
    log_bytes: int


def _write(folder: Path, nth: int) -> _Left:
    folder.mkdir()
    command = [sys.executable, "-c", _WRITES_EACH_LINE_IN_A_THREAD, str(nth), str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=60)
    sizes = [
        file.stat().st_size if (file := folder / name).exists() else 0
        for name in ("book.sqlite", "book.sqlite-wal")
    ]
    assert not done.stderr, done.stderr.decode()
    return _Left(done.returncode, len(done.stdout), *sizes)


def _kept(folder: Path) -> int:
    """Lines in the file, which must be whole."""
    with closing(sqlite3.connect(folder / "book.sqlite")) as book:
        assert book.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        numbers = [number for (number,) in book.execute("SELECT number FROM line ORDER BY 1")]
    assert numbers == list(range(len(numbers)))
    return len(numbers)


@pytest.fixture(autouse=True)
def _held() -> None:
    if not system_calls.possible():
        missing(system_calls.NOT_HERE)


@pytest.mark.parametrize("nth", [31, 44, 45])
def test_the_same_call_is_struck_each_time_over_all_threads_and_no_line_is_lost(
    tmp_path: Path, nth: int
) -> None:
    first, again = _write(tmp_path / "first", nth), _write(tmp_path / "again", nth)
    assert first == again
    assert first.status == -signal.SIGKILL
    assert 0 < first.acknowledged < LINES
    assert "killed the one" in (tmp_path / "first" / "strikes").read_text()
    # The one that it was about to acknowledge may be there, or not.
    assert _kept(tmp_path / "first") in {first.acknowledged, first.acknowledged + 1}


def test_the_call_that_is_struck_is_not_done(tmp_path: Path) -> None:
    """One call after the other, the file and its log grow by what the call before had written."""
    sizes = [_write(tmp_path / str(nth), nth)[2:] for nth in range(36, 40)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 2, "most of these calls are writes"


def test_a_call_that_is_never_come_to_strikes_nobody(tmp_path: Path) -> None:
    left = _write(tmp_path / "whole", 10_000)
    assert (left.status, left.acknowledged) == (0, LINES)
    assert (tmp_path / "whole" / "strikes").read_text() == ""
    assert _kept(tmp_path / "whole") == LINES


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_where_calls_cannot_be_held_the_faults_are_left_out_by_name(kind: str) -> None:
    left_out = catalogue.left_out(kind, held=False)
    assert [name for name in left_out if not catalogue.FAULTS[name].at_system_call] == []
    assert {name.split()[0] for name in left_out} == {"web", "worker"}
    drawn = {fault.name for fault in catalogue.faults_for(kind, held=False)}
    assert drawn.isdisjoint(left_out)
    assert drawn | set(left_out) == {fault.name for fault in catalogue.faults_for(kind, held=True)}
