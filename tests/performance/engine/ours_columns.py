"""Our side of the back-test: a history put down call by call, and rules over its bitmaps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tests.performance.engine import ours
from tests.performance.engine.columns import ColumnContestant, Fired
from tests.performance.engine.measure import race_whole
from tests.performance.engine.spread import Spread
from tests.performance.engine.workload import Call, Rule, Workload
from triage.domain.column_decisions import ColumnRules, Decisions
from triage.domain.history import History, Judged
from triage.domain.ruleset import RuleSet

NAME = "this service, full decisions, history prepared at arrival"
FIRES = "this service, which rules fire or may still, history prepared at arrival"
"""No more than the other engines do."""


@dataclass(frozen=True)
class Alone:
    """What only ours has: a long history, and one rule edited."""

    calls: int
    decide_ms: Spread
    edited_ms: Spread
    taken: dict[str, list[int]]


def contestants(workload: Workload, calls: Sequence[Call]) -> list[ColumnContestant]:
    """The whole decision, and as much of it as the other engines do."""
    history = put_down(workload, calls)
    rules = ColumnRules(ours.rule_set(workload, plans=False))
    rules.decide(history)

    def judge() -> dict[str, Judged]:
        history.judged.clear()
        return rules.judged(history)

    def true(made: dict[str, Judged]) -> Fired:
        return {rule: certain.tobytes() for rule, (certain, _) in made.items()}

    return [
        ColumnContestant(NAME, len(calls), lambda: decide(history, rules), fired),
        ColumnContestant(FIRES, len(calls), judge, true),
    ]


def put_down(workload: Workload, calls: Iterable[Call]) -> History:
    history = History(ours.vocabulary(workload.facts))
    for call in calls:
        history.add(ours.call(call))
    return history


def prepare(history: History, versions: Iterable[RuleSet]) -> None:
    """What happens once when calls arrive: words are found, answers become bitmaps."""
    for rules in versions:
        ColumnRules(rules).decide(history)


def decide(history: History, rules: ColumnRules) -> Decisions:
    """Every call, with nothing remembered of earlier decisions."""
    history.judged.clear()
    return rules.decide(history)


def fired(made: Decisions) -> Fired:
    return {rule: bits.tobytes() for rule, bits in made.fired.items()}


def measure_alone(
    workload: Workload, calls: Sequence[Call], times: int, other: Sequence[Rule], rounds: int
) -> Alone:
    """A history of `calls` put down so many `times`; each round one rule becomes one of `other`."""
    history = put_down(workload, (call for _ in range(times) for call in calls))
    rules = ours.rule_set(workload, plans=False)
    versions = [_edited(rules, n, rule) for n, rule in enumerate(other[: rounds + 1])]
    prepare(history, [rules, *versions])
    every = ColumnRules(rules)
    decide(history, every)
    coming = iter(versions)
    edit = {"edited": lambda: ColumnRules(next(coming)).decide(history)}
    taken = race_whole(edit, rounds) | race_whole({"all": lambda: decide(history, every)}, rounds)
    spreads = {name: Spread.of(ns / 1e6 for ns in rounds_) for name, rounds_ in taken.items()}
    return Alone(history.rows, spreads["all"], spreads["edited"], taken)


def _edited(rules: RuleSet, number: int, other: Rule) -> RuleSet:
    """The rules, one of them with another condition."""
    changed = replace(rules.rules[number], when=ours.our_condition(other.when))
    return replace(rules, rules=(*rules.rules[:number], changed, *rules.rules[number + 1 :]))
