"""Time of the processor that processes have used, from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def used_s(pids: Iterable[int]) -> float:
    """By these and all that they started and that still run."""
    ticks = 0
    for pid in family(pids):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def family(pids: Iterable[int]) -> list[int]:
    found = []
    for pid in pids:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        found += [pid, *family(int(child) for child in children)]
    return found
