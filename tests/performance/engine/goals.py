"""What the engine has promised, and whether the measured figures keep it.

A ratio counts by the middle of its rounds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.performance.engine import looking_ahead, ours, ours_columns, single_calls
from tests.performance.engine.backtest import BackTest
from tests.performance.engine.looking_ahead import LookingAhead
from tests.performance.engine.ours_columns import Alone
from tests.performance.engine.peers import (
    datalogic,
    polars_columns,
    zen_engine,
)
from tests.performance.engine.single_calls import SingleCalls
from tests.performance.engine.spread import Spread, quantile

MILLION = 1_000_000
MANY = 100_000
"""A back-test of fewer calls says little about one of many: each rule costs something by itself."""
TIMES_DATALOGIC = {200: 1, 2_000: 4}
TIMES_TABLE = {30: 6, 200: 12, 2_000: 30}
FASTER_THAN = {polars_columns.RAW: 10, polars_columns.PLAIN: 4, polars_columns.GIVEN: 4}
FASTER_THAN_ROWS = 50


@dataclass(frozen=True)
class Goal:
    what: str
    wanted: str
    found: Spread
    reached: bool


def goals(
    single: Sequence[SingleCalls],
    ahead: LookingAhead | None,
    test: BackTest | None,
    long: BackTest | None,
    alone: Alone | None,
) -> list[Goal]:
    """Those that something was measured for."""
    found = [goal for one in single for goal in _of_single(one)]
    if ahead:
        found += _of_looking_ahead(ahead)
    if test and test.calls >= MANY:
        found += _of_back_test(test)
    if long and long.calls >= MILLION:
        found += _of_long(long)
    if alone:
        found += _of_a_million(alone)
    return found


def _of_single(one: SingleCalls) -> Iterator[Goal]:
    race, size = one.race, f"{one.rules:,} rules"
    if times := TIMES_DATALOGIC.get(one.rules):
        for peer in (datalogic.NAMED, datalogic.LISTED):
            yield _at_least(f"{size}: {peer} / ours", times, race.ratio(peer, ours.NAME))
    table = race.ratio(zen_engine.TRACED, ours.NAME)
    yield _at_least(f"{size}: {zen_engine.TRACED} / ours", TIMES_TABLE[one.rules], table)
    gaps = race.ratio(single_calls.GAPS, ours.NAME)
    yield _at_most(f"{size}: a third of the facts unknown / all known", 2, gaps)
    if single_calls.LARGER in race.rounds:
        larger = race.ratio(single_calls.LARGER, ours.NAME)
        yield _at_most(f"{size}: 4 to 8 conditions a rule / 1 to 4", 1.5, larger)


def _of_looking_ahead(ahead: LookingAhead) -> Iterator[Goal]:
    neutral = looking_ahead.NEUTRAL
    shipped = [time for name in ahead.rules if name != neutral for time in ahead.race.by_call(name)]
    of_each = (quantile(ahead.race.by_call(n), 0.99) for n in ahead.rules if n != neutral)
    times = ahead.race.by_call(neutral)
    yield _time(
        "published rule sets, looking ahead, p99 of all calls", 1_000, quantile(shipped, 0.99)
    )
    yield _time("published rule sets, looking ahead, p99 of the slowest set", 1_000, max(of_each))
    asked = {name: ahead.asked.by_call(name) for name in ahead.asked.rounds}
    of_all = [time for times_of_set in asked.values() for time in times_of_set]
    slowest = max(quantile(times_of_set, 0.99) for times_of_set in asked.values())
    yield _time("the same as a dispatcher asks, p99 of all calls", 1_000, quantile(of_all, 0.99))
    yield _time("the same as a dispatcher asks, p99 of the slowest set", 1_000, slowest)
    yield _time(f"{neutral}, looking ahead, p50", 1_000, quantile(times, 0.5))
    yield _time(f"{neutral}, looking ahead, p99", 10_000, quantile(times, 0.99))


def _of_back_test(test: BackTest) -> Iterator[Goal]:
    for peer, times in FASTER_THAN.items():
        yield _at_least(f"back-test: ours / {peer}", times, test.ratio(peer, ours_columns.NAME))
    by_row = [name for name, rows in test.rows.items() if rows < test.calls]
    fastest = max(by_row, key=lambda name: test.per_second(name).middle)
    ratio = test.ratio(fastest, ours_columns.NAME)
    yield _at_least(f"back-test: ours / {fastest}", FASTER_THAN_ROWS, ratio)


def _of_long(test: BackTest) -> Iterator[Goal]:
    for peer in polars_columns.KEYWORDS_GIVEN:
        for mine in (ours_columns.FIRES, ours_columns.NAME):
            what = f"back-test, {test.calls:,} calls: {mine} / {peer}"
            yield _at_least(what, FASTER_THAN[peer], test.ratio(peer, mine))


def _of_a_million(alone: Alone) -> Iterator[Goal]:
    if alone.calls == MILLION:
        for what, most, found in (
            ("all decided", 500, alone.decide_ms),
            ("one rule edited", 50, alone.edited_ms),
        ):
            yield Goal(
                f"1,000,000 calls, 200 rules: {what}, ms", f"< {most}", found, found.middle < most
            )


def _at_least(what: str, times: float, found: Spread) -> Goal:
    return Goal(what, f">= {times:g}", found, found.middle >= times)


def _at_most(what: str, times: float, found: Spread) -> Goal:
    return Goal(what, f"<= {times:g}", found, found.middle <= times)


def _time(what: str, most_us: float, found: float) -> Goal:
    return Goal(f"{what}, us", f"<= {most_us:,.0f}", Spread(found, found, found), found <= most_us)
