"""The whole assessment with `settled`, `could_become` and `ask_next`, on calls half way."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.performance.engine import ours
from tests.performance.engine.contestants import Contestant
from tests.performance.engine.making import SEED, Maker
from tests.performance.engine.measure import Race, check, race
from tests.performance.engine.workload import Oracle
from triage.domain.answers import UNKNOWN, Answer
from triage.domain.calls import CallInput
from triage.domain.facts import Fact
from triage.domain.ruleset import RuleSet

NEUTRAL_RULES = 200
NEUTRAL = f"neutral, {NEUTRAL_RULES} rules"
NOT_KNOWN = 0.1
"""How often the caller does not know."""


@dataclass(frozen=True)
class LookingAhead:
    """rules -- by rule set, how many it has."""

    rules: dict[str, int]
    race: Race


def measure(calls: int, rounds: int) -> LookingAhead:
    """Raises Disagreement if the neutral rules do not fire as they should."""
    maker, sets = Maker(), ours.shipped()
    entered = [_published(name, rules, calls) for name, rules in sets.items()]
    workload = maker.workload(NEUTRAL_RULES, "1-4", calls)
    sets[NEUTRAL] = ours.rule_set(workload)
    begun = maker.begun(workload.calls)
    entered.append(_contestant(NEUTRAL, sets[NEUTRAL], begun, ours.call))
    check(entered[-1], Oracle(begun).fired(workload.rules))
    sizes = {name: len(rules.rules) for name, rules in sets.items()}
    return LookingAhead(sizes, race(entered, rounds))


def _published(name: str, rules: RuleSet, calls: int) -> Contestant:
    def anew(one: CallInput) -> CallInput:
        return CallInput(one.facts, one.narrative, one.situation)

    several = list(_half_way(rules, 2 * calls))
    for other in several[calls:]:
        ours.look_ahead(rules, anew(other))
    return _contestant(name, rules, several[:calls], anew)


def _contestant(
    name: str,
    rules: RuleSet,
    calls: Sequence[Any],
    prepare: Callable[[Any], CallInput],
) -> Contestant:
    """Every call anew for each round, as in the race of single calls.

    What the service keeps of its looks ahead is of other calls only: as a process meets the next
    call after many others.
    """
    kept = dict(rules.ahead.foreseen)

    def meet(one: Any) -> CallInput:
        rules.ahead.foreseen = dict(kept)
        return prepare(one)

    return Contestant(name, True, calls, meet, lambda one: ours.look_ahead(rules, one), ours.fired)


def _half_way(rules: RuleSet, number: int) -> Iterator[CallInput]:
    """Calls of which the first questions, in the order of asking, have been answered.

    Every other one has a narrative in which one of the words is heard that the rules look for.
    """
    chance = random.Random(SEED)
    vocabulary = rules.vocabulary
    asked = sorted(
        (fact for fact in vocabulary.facts.values() if not fact.is_situation),
        key=lambda fact: vocabulary.place_of[fact.name],
    )
    for place in range(number):
        answered = asked[: chance.randint(0, len(asked))]
        facts = {fact.name: _answer(fact, chance) for fact in answered}
        said = (
            f"caller said {chance.choice(rules.terms)} twice" if place % 2 and rules.terms else ""
        )
        yield CallInput(tuple(sorted(facts.items())), said)


def _answer(fact: Fact, chance: random.Random) -> Answer:
    if chance.random() < NOT_KNOWN:
        return UNKNOWN
    if fact.type == "number":
        return chance.randint(int(fact.low or 0), int(fact.high or 100))
    if fact.type == "code":
        return "A1"
    if fact.type == "multi":
        return tuple(value for value in fact.value_names if chance.random() < 1 / 4)
    return chance.choice(fact.value_names)
