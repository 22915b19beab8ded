"""How the answers of a call are read before rules are applied.

The situation is filled in, what only sight could tell is set aside for a caller who cannot see, and
conflicting answers become the most dangerous one or, without an order, several readings of the
same call, each of which is assessed.
"""

from itertools import product
from typing import NamedTuple

from triage.domain.answers import UNKNOWN, Conflicting, Gap, Value, possible_values
from triage.domain.call_reading import MOST_COMBINATIONS, NO_SIGHT, SIGHT_FACT, facts_of_now
from triage.domain.calls import CallInput
from triage.domain.decision import EVERYBODY_AVAILABLE, NONE_ON_SHIFT, Availability
from triage.domain.errors import InvalidCall, Problem
from triage.domain.facts import Vocabulary


class Unseen(NamedTuple):
    """An answer that does not count, because the caller cannot see the person."""

    fact: str
    value: str


class Reading(NamedTuple):
    """One way to read the call: one answer for each fact, and who is available by it."""

    answers: dict[str, Value | Gap]
    unseen: tuple[Unseen, ...]
    teams: Availability


def readings(vocabulary: Vocabulary, call: CallInput) -> tuple[Reading, ...]:
    """Every way to read the call; one, unless conflicting answers have no order.

    Raises InvalidCall for more than 64.
    """
    plain: dict[str, Value | Gap] = dict(vocabulary.not_supplied)
    if call.now:
        derived = facts_of_now(call.now)
        plain.update((fact, derived[fact]) for fact in derived.keys() & plain.keys())
    if not call.conflicts:
        plain.update(call.asked)  # type: ignore[arg-type]  # none of them is Conflicting
        return (_reading(vocabulary, call, plain),)
    disputed: dict[str, tuple[Value | Gap, ...]] = {}
    for name, answer in sorted(call.asked.items()):
        if isinstance(answer, Conflicting):
            disputed[name] = possible_values(answer, vocabulary.facts[name].danger)
        else:
            plain[name] = answer
    combinations = list(product(*disputed.values()))
    if len(combinations) > MOST_COMBINATIONS:
        raise InvalidCall([Problem("facts", "too many conflicting answers at once")])
    return tuple(
        _reading(vocabulary, call, plain | dict(zip(disputed, values, strict=True)))
        for values in combinations
    )


def _reading(vocabulary: Vocabulary, call: CallInput, answers: dict[str, Value | Gap]) -> Reading:
    unseen: tuple[Unseen, ...] = ()
    if answers.get(SIGHT_FACT) == NO_SIGHT:
        unseen = tuple(
            Unseen(fact.name, value)
            for fact in vocabulary.sight_facts
            if isinstance(value := answers.get(fact.name), str) and value in fact.sight_values
        )
        answers.update((one.fact, UNKNOWN) for one in unseen)
    return Reading(answers, unseen, _teams(vocabulary, call, answers))


def _teams(
    vocabulary: Vocabulary, call: CallInput, answers: dict[str, Value | Gap]
) -> Availability:
    away = [fact for fact in vocabulary.availability_facts if answers.get(fact) == "no"]
    if not (away or call.unavailable or call.minutes_to):
        return EVERYBODY_AVAILABLE
    off_shift = {
        response.id: NONE_ON_SHIFT
        for response in vocabulary.responses.values()
        if response.availability_fact in away
    }
    return Availability(off_shift | dict(call.unavailable), dict(call.minutes_to))
