"""Schedules for pytest: in a process of their own, because a process with threads must not fork."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHUNK = 25
LAST = 100
"""On each database: two hundred in one run of all tests, within its time."""
CHUNKS = [(first, first + CHUNK - 1) for first in range(1, LAST + 1, CHUNK)]


def run_schedules(kind: str, first: int, last: int, ledger: Path) -> None:
    """Fails with what did not hold, by seed."""
    command = [sys.executable, "-m", "tests.faults", "--seeds", f"{first}-{last}", "--db", kind]
    done = subprocess.run(
        [*command, "--ledger", str(ledger)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
