"""`make bench-figures`: a month's figures counted from its calls, and read from its counted days.

    python -m tests.performance.growth.figures [--calls 10000 1000000]
        [--databases sqlite postgresql] [--rounds 5] [--whole 50000] [--keep FOLDER]

On the histories of `make bench-growth`. First each day of the newest whole month is counted as the
worker does, a transaction each; then both ways are asked for in turns, and have to say the same.
Prints Markdown, also var/bench/figures.md; every sample stands in var/bench/figures.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from tests.performance.engine.machine import machine
from tests.performance.engine.spread import Spread
from tests.performance.growth import history
from tests.performance.growth.kept import server_in, with_history
from tests.performance.paging.stage import DATABASES
from tests.performance.samples import keep
from tests.world import World
from triage.domain.figures import Counted, count
from triage.services import figure_days, figure_reports, figures
from triage.services.figure_reports import Span

FOLDER = Path(__file__).parents[3] / "var" / "bench"
HEADER = (
    "history, calls",
    "calls of the month",
    "from its calls, ms",
    "from its days, ms",
    "times as fast",
    "counting a day, ms",
)


@dataclass
class Measured:
    """One history. Milliseconds, by round or by day."""

    database: str
    calls: int
    of_month: int
    from_calls: list[float] = field(default_factory=list)
    from_days: list[float] = field(default_factory=list)
    rolling: list[float] = field(default_factory=list)

    def row(self) -> str:
        ratios = (slow / fast for slow, fast in zip(self.from_calls, self.from_days, strict=True))
        spreads = [Spread.of(it) for it in (self.from_calls, self.from_days, ratios, self.rolling)]
        told = [f"{self.database}, {self.calls:,}", f"{self.of_month:,}"]
        return f"| {' | '.join([*told, *(one.said() for one in spreads)])} |"


def main() -> int:
    asked = _arguments()
    before = machine(("sqlalchemy", "psycopg"))
    found = []
    for database in asked.databases:
        with server_in(asked.keep, database) as server:
            for size in asked.calls:
                with with_history(server, asked.keep, size, asked.whole) as (built, _):
                    found.append(_measured(built.world, database, size, asked.rounds))
                keep("figures", before, found)
    lines = (" | ".join(HEADER), " | ".join(["---"] * len(HEADER)))
    text = "\n".join([*(f"| {line} |" for line in lines), *(one.row() for one in found)]) + "\n"
    (FOLDER / "figures.md").write_text(text, encoding="utf-8")
    print(json.dumps(before))
    print(text)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--whole", type=int, default=history.WHOLE)
    parser.add_argument("--keep", type=Path, help="the histories lie there from run to run")
    return parser.parse_args()


def _measured(world: World, database: str, size: int, rounds: int) -> Measured:
    month = _newest_whole_month(world)
    days = [*_days(month)]
    rolling = [_took_ms(partial(_roll, world, day))[0] for day in days]
    found = Measured(database, size, 0, rolling=rolling)
    for number in range(rounds + 1):
        ways = [(found.from_calls, _from_calls), (found.from_days, _from_days)]
        told = []
        for samples, ask in ways if number % 2 else reversed(ways):
            took, counted = _took_ms(partial(ask, world, month))
            told.append(counted)
            if number:  # the first warms up
                samples.append(took)
        assert told[0] == told[1], "both ways have to say the same"
        found.of_month = sum(n for what, n in told[0].items() if what.figure == "calls")
        print(
            f"{database}, {size:,} calls: round {number} of {rounds}", file=sys.stderr, flush=True
        )
    return found


def _took_ms(work: Callable[[], Counter[Counted]]) -> tuple[float, Counter[Counted]]:
    began = time.perf_counter()
    done = work()
    return 1000 * (time.perf_counter() - began), done


def _newest_whole_month(world: World) -> Span:
    with world.context.reading() as uow:
        today = uow.now.astimezone(world.centre.policy.time_zone).date()
    return Span.of_month(today.replace(day=1) - timedelta(days=1))


def _days(span: Span) -> Iterator[date]:
    return (span.first + timedelta(days=n) for n in range((span.last - span.first).days + 1))


def _roll(world: World, day: date) -> Counter[Counted]:
    world.context.do("bench", lambda uow: figures.roll(uow, world.centre, day))
    return Counter()


def _from_calls(world: World, month: Span) -> Counter[Counted]:
    with world.context.reading() as uow:
        calls = (one for day in _days(month) for one in figure_days.of_day(uow, world.centre, day))
        return count(calls, world.centre.vocabulary.responses)


def _from_days(world: World, month: Span) -> Counter[Counted]:
    with world.context.reading() as uow:
        counts = figure_reports.read(uow.session, month).counts
    return Counter(
        {
            Counted(figure, of, by): number
            for figure, of_it in counts.items()
            for of, by_it in of_it.items()
            for by, number in by_it.items()
        }
    )


if __name__ == "__main__":
    sys.exit(main())
