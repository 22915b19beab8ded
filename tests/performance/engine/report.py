"""The measured figures as Markdown: tables, and what was to be reached beside what was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.performance.engine import ours, ours_columns, single_calls
from tests.performance.engine.backtest import BackTest
from tests.performance.engine.goals import Goal, goals
from tests.performance.engine.looking_ahead import LookingAhead
from tests.performance.engine.ours_columns import Alone
from tests.performance.engine.peers import datalogic, zen_engine
from tests.performance.engine.single_calls import SingleCalls
from tests.performance.engine.spread import quantile, shown

EXPLAINED = (
    ours.NAME,
    single_calls.GAPS,
    single_calls.LARGER,
    zen_engine.TRACED,
    datalogic.TRACED,
)


@dataclass(frozen=True)
class Measured:
    quick: bool
    seed: int
    rounds: int
    machine: Mapping[str, Any]
    single: Sequence[SingleCalls]
    ahead: LookingAhead | None
    backtest: BackTest | None
    long: BackTest | None
    alone: Alone | None


def report(measured: Measured) -> str:
    parts = ["# Deciding, beside other rule engines", *_machine(measured)]
    if measured.single:
        parts += _single(measured.single)
    if measured.ahead:
        parts += _ahead(measured.ahead)
    if measured.backtest:
        parts += _backtest(measured.backtest)
    if measured.long:
        parts += _backtest(measured.long)
    if measured.alone:
        parts += _alone(measured.alone)
    found = goals(measured.single, measured.ahead, measured.backtest, measured.long, measured.alone)
    return "\n\n".join([*parts, "## To reach", _goals(found)]) + "\n"


def _machine(measured: Measured) -> Iterator[str]:
    machine = measured.machine
    libraries = ", ".join(f"{name} {version}" for name, version in machine["libraries"].items())
    yield (
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, "
        f"Python {machine['python']}; {libraries}. One thread each; seed {measured.seed}, "
        f"{measured.rounds} interleaved rounds{' (quick)' if measured.quick else ''}. "
        "Figures are the middle of all rounds, in brackets the least and the greatest."
    )
    if machine["load"] > machine["cores"] / 2:
        yield (
            f"**The machine was busy with other work (load {machine['load']}):** "
            "take the ratios with care, the times not at all."
        )


def _single(sizes: Sequence[SingleCalls]) -> Iterator[str]:
    yield "## One call"
    firing = ", ".join(f"{one.firing:.0%}" for one in sizes)
    yield (
        "40 facts, a narrative of about 250 characters, 1 to 4 conditions a rule; of the rules "
        f"{firing} fire. Microseconds; in brackets, how many times as long as this service."
    )
    names = dict.fromkeys(name for one in sizes for name in one.race.rounds)
    header = ["engine", *(f"{one.rules:,} rules" for one in sizes), "says why"]
    rows = [
        [name, *(_time(one, name) for one in sizes), "yes" if name in EXPLAINED else ""]
        for name in names
    ]
    yield _table(header, rows)
    yield "Workloads: " + ", ".join(f"{one.rules:,} rules {one.digest}" for one in sizes) + "."


def _time(one: SingleCalls, name: str) -> str:
    if name not in one.race.rounds:
        return ""
    time = shown(one.race.microseconds(name).middle)
    return time if name == ours.NAME else f"{time} ({one.race.ratio(name, ours.NAME).said('x')})"


def _ahead(ahead: LookingAhead) -> Iterator[str]:
    yield "## With settled, could_become and ask_next"
    yield (
        "Half way: the first questions answered by chance, every tenth answer not known. As asked: "
        "after each question that is recommended, answered as calls go, each state met once. "
        "Microseconds over the calls, each the middle of its rounds."
    )
    rows = []
    for how, race in (("half way", ahead.race), ("as asked", ahead.asked)):
        for name in race.rounds:
            times = race.by_call(name)
            figures = (quantile(times, 0.5), quantile(times, 0.99), max(times))
            rows.append([name, how, f"{ahead.rules[name]}", *(shown(one) for one in figures)])
    yield _table(["rule set", "calls", "rules", "p50", "p99", "longest"], rows)


def _backtest(test: BackTest) -> Iterator[str]:
    yield f"## Back-test of {test.calls:,} calls"
    yield f"{test.calls:,} calls by 200 rules; workload {test.digest}. Calls a second."
    rows = [
        [
            name,
            test.per_second(name).said(),
            "" if name == ours_columns.NAME else test.ratio(name, ours_columns.NAME).said("x"),
        ]
        for name in test.taken
    ]
    yield _table(["engine", "calls a second", "this service is faster"], rows)


def _alone(alone: Alone) -> Iterator[str]:
    yield (
        f"{alone.calls:,} calls by 200 rules: all decided in {alone.decide_ms.said(' ms')}, after "
        f"an edit of one rule in {alone.edited_ms.said(' ms')}."
    )


def _goals(found: Sequence[Goal]) -> str:
    rows = [
        [one.what, one.wanted, one.found.said(), "yes" if one.reached else "**no**"]
        for one in found
    ]
    return _table(["what", "goal", "measured", "reached"], rows)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
