"""Where lines of the log go to: they arrive, and hold nobody up where nothing is read."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from triage.entrypoints.log_lines import Lines

MANY = 20_000
"""Lines that no pipe and no socket has room for."""


@dataclass
class Ends:
    reads: int
    stream: TextIO
    """Which a test has to put in place itself: pytest puts its own there when it begins."""


@pytest.fixture(params=["pipe", "socket"])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    """Where somebody may read what is written to standard output."""
    if request.param == "pipe":
        reads, writes = os.pipe()
    else:
        reads, writes = (end.detach() for end in socket.socketpair())
    with os.fdopen(writes, "w") as stream:
        yield Ends(reads, stream)
    os.close(reads)


def test_a_line_arrives(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", ends.stream)

    assert Lines("stdout").write("worker runs\n") > 0

    assert os.read(ends.reads, 100) == b"worker runs\n"


def test_whoever_reads_nothing_holds_nobody_up_and_hears_what_is_written_later(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", ends.stream)
    lines = Lines("stdout")

    taken = sum(lines.write("One moment, please\n") > 0 for _ in range(MANY))

    assert 0 < taken < MANY
    assert os.read(ends.reads, 1_000_000).startswith(b"One moment")
    assert lines.write("worker runs\n") > 0


def test_a_process_without_an_output_loses_its_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)

    assert Lines("stdout").write("worker runs\n") == 0


def test_a_file_keeps_what_others_have_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "log").open("a") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        print("Serving.", file=stream, flush=True)
        Lines("stdout").write("worker runs\n")

    assert (tmp_path / "log").read_text() == "Serving.\nworker runs\n"
