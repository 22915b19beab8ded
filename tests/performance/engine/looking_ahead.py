"""The whole assessment with `settled`, `could_become` and `ask_next`.

On calls half way, with answers by chance, and on calls as a dispatcher puts the questions: those
that are recommended, one after the other, with invented answers that go together.
"""

import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.performance.engine import ours
from tests.performance.engine.contestants import Contestant
from tests.performance.engine.making import SEED, Maker
from tests.performance.engine.measure import Race, check, race
from tests.performance.engine.workload import Oracle
from tests.performance.invented_answers import Inventor, WholeCall, generated
from triage.domain.answers import UNKNOWN, Answer
from triage.domain.calls import CallInput
from triage.domain.facts import Fact
from triage.domain.ruleset import RuleSet

NEUTRAL_RULES = 200
NEUTRAL = f"neutral, {NEUTRAL_RULES} rules"
ASKED_ABOUT = "county-default"
"""The set whose questions have invented answers; what another set asks besides is not known."""
NOT_KNOWN = 0.1
"""How often the caller does not know."""


STATES_A_CALL = 10
"""The fewest that are met of a call while its questions are put, as a rule."""


@dataclass(frozen=True)
class LookingAhead:
    """rules -- by rule set, how many it has.

    race -- calls half way.
    asked -- calls as a dispatcher asks.
    """

    rules: dict[str, int]
    race: Race
    asked: Race


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
    return LookingAhead(sizes, race(entered, rounds), _as_asked(calls // STATES_A_CALL))


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
        rules.ahead.foreseen = OrderedDict(kept)
        return prepare(one)

    return Contestant(name, True, calls, meet, lambda one: ours.look_ahead(rules, one), ours.fired)


def _as_asked(calls: int) -> Race:
    """The published sets, each state met once by a process that has met only other calls."""
    inventor = Inventor(ours.shipped()[ASKED_ABOUT], SEED)
    entered = []
    sets, players = ours.shipped(), ours.shipped()
    for name, rules in sets.items():
        invented = list(generated(inventor, 2 * calls))
        for other in _states(players[name], invented[calls:]):
            ours.look_ahead(rules, other)
        states = list(_states(players[name], invented[:calls]))
        entered.append(_contestant(name, rules, states, lambda one: one))
    return race(entered, 1)


def _states(rules: RuleSet, calls: Iterable[WholeCall]) -> Iterator[CallInput]:
    """Each call after each of its answers, until no question is left that may change anything."""
    for whole in calls:
        call = whole.call
        while True:
            yield call
            asked = ours.look_ahead(rules, call).outlook.ask_next
            question = next((one.fact.name for one in asked if one.effects or one.weight), None)
            if question is None:
                break
            call = call.with_fact(question, whole.answers.get(question, UNKNOWN))


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
