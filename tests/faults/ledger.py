"""What was tried and what came of it, kept in a file: runs add up, and go on where they stopped."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from math import exp, lgamma, log, log1p
from pathlib import Path
from typing import Any

from tests.faults.catalogue import NOTHING
from tests.faults.schedules import Outcome

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "var" / "faults" / "ledger.sqlite"
CONFIDENCE = 0.95
SURELY_STRUCK = 20
"""A fault that is drawn so often and never happens misses its point."""
_TABLES = """
CREATE TABLE IF NOT EXISTS schedule (
    release TEXT NOT NULL, kind TEXT NOT NULL, seed INTEGER NOT NULL, at REAL NOT NULL,
    faults TEXT NOT NULL, struck TEXT NOT NULL, violations TEXT NOT NULL, counts TEXT NOT NULL,
    recovery_s REAL NOT NULL, took_s REAL NOT NULL, log TEXT,
    PRIMARY KEY (release, kind, seed)
);
CREATE TABLE IF NOT EXISTS named (
    release TEXT NOT NULL, kind TEXT NOT NULL, fault TEXT NOT NULL,
    tried INTEGER NOT NULL, failed INTEGER NOT NULL, worst_s REAL NOT NULL,
    PRIMARY KEY (release, kind, fault)
);
"""


def release() -> str:
    """Names the code that is tested and how: results of other code do not count for it."""
    digest = hashlib.sha256()
    patterns = ("triage/**/*.py", "migrations/**/*.py", "rules/*.yaml", "config/settings.toml")
    patterns += ("tests/faults/*.py", "tests/twilio_double/*.py")
    for pattern in patterns:
        for file in sorted(ROOT.glob(pattern)):
            digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def bound(tried: int, failed: int = 0) -> float:
    """The exact one-sided upper bound of a rate, where `failed` of `tried` were seen: with a
    higher one, so few or fewer would come by chance in less than one case of twenty (Clopper and
    Pearson, Biometrika 26, 1934)."""
    low, high = failed / tried if tried else 1.0, 1.0
    while high - low > 1e-9:
        rate = (low + high) / 2
        if _so_few(tried, failed, rate) > 1 - CONFIDENCE:
            low = rate
        else:
            high = rate
    return high


def _so_few(tried: int, failed: int, rate: float) -> float:
    """The probability of at most `failed` of `tried` at this rate."""
    logs = (
        lgamma(tried + 1)
        - lgamma(seen + 1)
        - lgamma(tried - seen + 1)
        + seen * log(rate)
        + (tried - seen) * log1p(-rate)
        for seen in range(failed + 1)
    )
    return sum(map(exp, logs))


@dataclass(frozen=True)
class Line:
    """One fault on one database, over all schedules it was in."""

    fault: str
    kind: str
    tried: int
    struck: int
    failed: int
    worst_s: float

    @property
    def misses(self) -> bool:
        """It never happens, so nothing is known of it."""
        return self.fault != NOTHING and self.tried >= SURELY_STRUCK and not self.struck


@dataclass
class Ledger:
    file: Path = FILE
    release: str = ""

    def __post_init__(self) -> None:
        self.release = self.release or release()
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as book:
            book.executescript(_TABLES)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file, timeout=30)) as book:
            book.execute("PRAGMA journal_mode=WAL")
            with book:
                yield book

    def tried(self, kind: str) -> set[int]:
        """The seeds that need not be tried again."""
        with self._open() as book:
            rows = book.execute(
                "SELECT seed FROM schedule WHERE release = ? AND kind = ?", (self.release, kind)
            )
            return {seed for (seed,) in rows}

    def write(self, outcome: Outcome) -> None:
        wrong = outcome.verdict.violations
        values = (
            self.release,
            outcome.schedule.kind,
            outcome.schedule.seed,
            time.time(),
            json.dumps([fault.name for fault in outcome.schedule.faults]),
            json.dumps(outcome.struck),
            json.dumps(wrong),
            json.dumps(asdict(outcome.counts)),
            outcome.recovery_s,
            outcome.took_s,
            outcome.log if wrong else None,
        )
        with self._open() as book:
            book.execute(f"INSERT OR REPLACE INTO schedule VALUES ({'?, ' * 10}?)", values)

    def add_named(self, kind: str, fault: str, tried: int, failed: int, worst_s: float) -> None:
        """A fault that is tried by a story of its own; runs add up."""
        values = (self.release, kind, fault, tried, failed, worst_s)
        with self._open() as book:
            book.execute(
                "INSERT INTO named VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
                " tried = tried + excluded.tried, failed = failed + excluded.failed,"
                " worst_s = max(worst_s, excluded.worst_s)",
                values,
            )

    def schedules(self, kind: str) -> list[dict[str, Any]]:
        """Every schedule of this release on this kind of database."""
        with self._open() as book:
            book.row_factory = sqlite3.Row
            rows = book.execute(
                "SELECT * FROM schedule WHERE release = ? AND kind = ? ORDER BY seed",
                (self.release, kind),
            ).fetchall()
        parsed = ("faults", "struck", "violations", "counts")
        return [
            {**row, **{name: json.loads(row[name]) for name in parsed}} for row in map(dict, rows)
        ]

    def named(self) -> list[Line]:
        with self._open() as book:
            rows = book.execute(
                "SELECT fault, kind, tried, tried, failed, worst_s FROM named"
                " WHERE release = ? ORDER BY fault, kind",
                (self.release,),
            ).fetchall()
        return [Line(*row) for row in rows]

    def lines(self, kind: str) -> list[Line]:
        """Fault by fault."""
        rows = self.schedules(kind)
        made = []
        for fault in sorted({name for row in rows for name in row["faults"]}):
            those = [row for row in rows if fault in row["faults"]]
            made.append(
                Line(
                    fault,
                    kind,
                    len(those),
                    sum(fault in row["struck"] for row in those),
                    sum(bool(row["violations"]) for row in those),
                    max(row["recovery_s"] for row in those),
                )
            )
        return made
