"""The key that encrypts is changed under a working service, and whoever takes a call is killed at
each statement and commit: every row is readable with the keys of whoever may be at work, and found
by number and place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.in_a_process import ROOT
from tests.servers import Missing, find_programs, missing
from tests.stories.test_operating import triage

ROUNDS = 3


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_row_is_readable_and_found_whoever_is_killed_at_whatever_moment(
    tmp_path: Path, kind: str
) -> None:
    if kind == "postgresql":
        try:
            find_programs()
        except Missing as reason:
            missing(reason)
    command = [sys.executable, "-m", "tests.faults.rotations", kind, str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    assert done.stdout.count("killed: ") > ROUNDS * 10


def test_to_print_a_new_key_touches_nothing(tmp_path: Path) -> None:
    one = triage(tmp_path, "doctor", "--new-key", "2026b").stdout
    other = triage(tmp_path, "doctor", "--new-key", "2026b").stdout

    assert one.startswith("2026b:")
    assert one != other
    assert list(tmp_path.iterdir()) == []
