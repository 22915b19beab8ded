"""Our side of the back-test: a history put down call by call, and rules over its bitmaps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tests.performance.engine import ours
from tests.performance.engine.columns import ColumnContestant, Fired
from tests.performance.engine.measure import race_whole
from tests.performance.engine.spread import Spread
from tests.performance.engine.workload import Call, Rule, Workload
from triage.domain.column_decisions import ColumnRules, Decisions
from triage.domain.history import History
from triage.domain.ruleset import RuleSet

NAME = "this service, full decisions, history prepared at arrival"


@dataclass(frozen=True)
class Alone:
    """What only ours has: a long history, and one rule edited."""

    calls: int
    decide_ms: Spread
    edited_ms: Spread
    taken: dict[str, list[int]]


def contestant(workload: Workload, calls: Sequence[Call]) -> ColumnContestant:
    history = put_down(workload, calls)
    rules = ours.rule_set(workload, plans=False)
    prepare(history, [rules])
    return ColumnContestant(NAME, len(calls), lambda: decide(history, rules), fired)


def put_down(workload: Workload, calls: Iterable[Call]) -> History:
    history = History(ours.vocabulary(workload.facts))
    for call in calls:
        history.add(ours.call(call))
    return history


def prepare(history: History, versions: Iterable[RuleSet]) -> None:
    """What happens once when calls arrive: words are found, answers become bitmaps."""
    for rules in versions:
        ColumnRules(rules).decide(history)


def decide(history: History, rules: RuleSet) -> Decisions:
    """Every call, with nothing remembered of earlier decisions."""
    history.judged.clear()
    return ColumnRules(rules).decide(history)


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
    history.judged.clear()
    decide(history, rules)
    coming = iter(versions)
    edit = {"edited": lambda: ColumnRules(next(coming)).decide(history)}
    taken = race_whole(edit, rounds) | race_whole({"all": lambda: decide(history, rules)}, rounds)
    spreads = {name: Spread.of(ns / 1e6 for ns in rounds_) for name, rounds_ in taken.items()}
    return Alone(history.rows, spreads["all"], spreads["edited"], taken)


def _edited(rules: RuleSet, number: int, other: Rule) -> RuleSet:
    """The rules, one of them with another condition."""
    changed = replace(rules.rules[number], when=ours.our_condition(other.when))
    return replace(rules, rules=(*rules.rules[:number], changed, *rules.rules[number + 1 :]))
