"""`triage db upgrade` is killed half way: the tables of one release stand, whole, and the same
command goes on. Some of its statements; `make test-upgrades` tries each of every migration."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.in_a_process import ROOT
from tests.servers import Missing, find_programs, missing

SEEDS = os.environ.get("UPGRADE_SEEDS", "1-8")
"""first-last, or "all"."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_one_schema_stands_and_the_same_command_goes_on(tmp_path: Path, kind: str) -> None:
    if kind == "postgresql":
        try:
            find_programs()
        except Missing as reason:
            missing(reason)
    some = [] if SEEDS == "all" else ["--seeds", SEEDS]
    command = [sys.executable, "-m", "tests.faults.upgrades", kind, str(tmp_path), *some]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
