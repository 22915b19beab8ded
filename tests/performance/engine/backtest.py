"""The back-test: one set of rules over many calls, as columns, and row by row."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.performance.engine import ours_columns
from tests.performance.engine.columns import ColumnContestant, check, columns, row_by_row
from tests.performance.engine.making import Maker
from tests.performance.engine.measure import race_whole
from tests.performance.engine.peers import (
    cel,
    datalogic,
    duckdb_columns,
    polars_columns,
    zen_engine,
)
from tests.performance.engine.spread import Spread
from tests.performance.engine.workload import Call, Workload

RULES = 200
ROW_BY_ROW = (datalogic.LISTED, zen_engine.LISTED, cel.BARE)


@dataclass(frozen=True)
class BackTest:
    """taken -- by contestant, nanoseconds of each round.
    rows -- by contestant, how many calls it worked through.
    """

    calls: int
    digest: str
    rows: dict[str, int]
    taken: dict[str, list[int]]

    def per_second(self, name: str) -> Spread:
        return Spread.of(self.rows[name] / ns * 1e9 for ns in self.taken[name])

    def ratio(self, slow: str, fast: str) -> Spread:
        """How many times as many calls `fast` decides in the same time."""
        more = self.rows[fast] / self.rows[slow]
        pairs = zip(self.taken[slow], self.taken[fast], strict=True)
        return Spread.of(one / other * more for one, other in pairs)


def measure(calls: int, rounds: int) -> BackTest:
    """Raises Disagreement before anything is timed."""
    maker = Maker()
    workload = maker.workload(RULES, "1-4", 0)
    history = maker.calls(calls)
    return _raced(workload, history, list(_contestants(workload, history)), rounds)


def measure_long(calls: int, times: int, rounds: int) -> BackTest:
    """The same calls so many times over, beside the fastest of the others. Raises as measure."""
    maker = Maker()
    workload = maker.workload(RULES, "1-4", 0)
    history = maker.calls(calls)
    polars = polars_columns.contestants(workload, columns(workload, history), times)
    fastest = [one for one in polars if one.name in polars_columns.KEYWORDS_GIVEN]
    long = history * times
    return _raced(workload, long, [*fastest, *ours_columns.contestants(workload, long)], rounds)


def _raced(
    workload: Workload,
    history: tuple[Call, ...],
    entered: Sequence[ColumnContestant],
    rounds: int,
) -> BackTest:
    check(workload, history, entered)
    taken = race_whole({one.name: one.run for one in entered}, rounds)
    rows = {one.name: one.rows for one in entered}
    return BackTest(len(history), workload.digest, rows, taken)


def _contestants(workload: Workload, history: tuple[Call, ...]) -> Iterator[ColumnContestant]:
    ready = columns(workload, history)
    yield from polars_columns.contestants(workload, ready)
    yield from duckdb_columns.contestants(workload, ready)
    yield from ours_columns.contestants(workload, history)
    engines = (peer.contestants(workload) for peer in (datalogic, zen_engine, cel))
    for one in itertools.chain.from_iterable(engines):
        if one.name in ROW_BY_ROW:
            yield row_by_row(one, history)
