"""`make bench-rolling`: two machines change to this release under load, the tables first.

    python -m tests.performance.rolling [--rate 50] [--rounds 1] [--before COMMIT]

They begin with the release before: that of the commit before the one that brought the newest
migration, or whichever is named. Each call is made once; whatever is not answered with 201 has
failed. Exits with 1 where a request failed, or a call or a text was lost or left twice.
Load goes to loopback only. ARGS="--rate 5" tries it small.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.faults.in_a_process import ROOT
from tests.faults.releases import of_commit, this_one
from tests.faults.rolling import Rolled, roll
from tests.faults.upgrades import revisions
from tests.performance.engine.machine import machine
from tests.performance.engine.spread import quantile
from tests.performance.paging.stage import server_of
from tests.performance.samples import keep
from tests.twilio_double import start_twilio

MOST_RATE = 200.0
"""Of calls a second."""


@dataclass
class Measured:
    """One round. Milliseconds from the instant at which each call was to be sent."""

    rate: float
    calls: int
    boards: int
    failed: dict[str, int]
    lost: int
    pages: int
    not_ready: list[str]
    """Machines of the release before that were not, on the new tables."""
    wrong: list[str]
    p50_ms: int
    p99_ms: int
    seconds: dict[str, float]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--before", help="a commit")
    asked = parser.parse_args(arguments)
    commit = asked.before or _before_the_newest_migration()
    print(json.dumps(before := machine(("flask", "gunicorn", "sqlalchemy", "psycopg"))))
    rate = min(asked.rate, MOST_RATE)
    found = [_measured(rate, _round(commit, rate)) for _ in range(asked.rounds)]
    print(f"raw samples: {keep('rolling', before, found)}")
    return 1 if any(one.failed or one.lost or one.wrong for one in found) else 0


def _before_the_newest_migration() -> str:
    (file,) = (ROOT / "migrations" / "versions").glob(f"{revisions()[-1]}_*.py")
    asked = ["git", "log", "--diff-filter=A", "--format=%H^", "-1", "--", str(file)]
    return subprocess.run(
        asked, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()


def _round(commit: str, rate: float) -> Rolled:
    with server_of("postgresql") as server, tempfile.TemporaryDirectory() as made:
        assert server is not None
        code, twilio = Path(made) / "before", start_twilio()
        code.mkdir()
        try:
            releases = of_commit(commit, code), this_one()
            return roll(server, Path(made), twilio, releases, rate=rate)
        finally:
            twilio.stop()


def _measured(rate: float, rolled: Rolled) -> Measured:
    callers = rolled.callers
    found = Measured(
        rate,
        len(callers.acknowledged),
        callers.looked,
        dict(callers.failed),
        len(set(callers.acknowledged) - rolled.references),
        rolled.pages,
        rolled.not_ready,
        rolled.wrong,
        round(quantile(callers.took_s, 0.5) * 1000),
        round(quantile(callers.took_s, 0.99) * 1000),
        {name: round(value, 1) for name, value in rolled.seconds.items()},
    )
    print(found, flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
