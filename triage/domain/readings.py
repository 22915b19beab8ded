"""How the answers of a call are read before rules are applied.

The situation is filled in, what only sight could tell is set aside for a caller who cannot see, and
conflicting answers become the most dangerous one or, without an order, several readings of the
same call, each of which is assessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from triage.domain.answers import UNKNOWN, Answer, Conflicting, Gap, Value, possible_values
from triage.domain.call_reading import MOST_COMBINATIONS, NO_SIGHT, SIGHT_FACT, facts_of_now
from triage.domain.calls import CallInput
from triage.domain.decision import NONE_ON_SHIFT, Availability
from triage.domain.errors import InvalidCall, Problem
from triage.domain.facts import Vocabulary


@dataclass(frozen=True, slots=True)
class Unseen:
    """An answer that does not count, because the caller cannot see the person."""

    fact: str
    value: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a call: one answer for each fact, and who is available by it."""

    answers: dict[str, Value | Gap]
    unseen: tuple[Unseen, ...]
    teams: Availability


def readings(vocabulary: Vocabulary, call: CallInput) -> tuple[Reading, ...]:
    """Every way to read the call; one, unless conflicting answers have no order.

    Raises InvalidCall for more than 64.
    """
    plain = _situation(vocabulary, call)
    disputed: dict[str, tuple[Value | Gap, ...]] = {}
    for name, answer in call.asked.items():
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


def _situation(vocabulary: Vocabulary, call: CallInput) -> dict[str, Value | Gap]:
    """What counts for the facts that are supplied, never asked, where nothing was supplied."""
    derived = facts_of_now(call.now)
    answers: dict[str, Value | Gap] = {}
    for fact in vocabulary.situation:
        if fact.name in vocabulary.availability_facts:
            answers[fact.name] = "yes"
        else:
            answers[fact.name] = derived.get(fact.name, UNKNOWN)
    return answers


def _reading(vocabulary: Vocabulary, call: CallInput, answers: dict[str, Value | Gap]) -> Reading:
    unseen = []
    if answers.get(SIGHT_FACT) == NO_SIGHT:
        for fact in vocabulary.sight_facts:
            value = answers.get(fact.name)
            if isinstance(value, str) and value in fact.sight_values:
                unseen.append(Unseen(fact.name, value))
                answers[fact.name] = UNKNOWN
    return Reading(answers, tuple(unseen), _teams(vocabulary, call, answers))


def _teams(vocabulary: Vocabulary, call: CallInput, answers: Mapping[str, Answer]) -> Availability:
    off_shift = {
        response.id: NONE_ON_SHIFT
        for response in vocabulary.responses.values()
        if response.availability_fact and answers.get(response.availability_fact) == "no"
    }
    return Availability(off_shift | dict(call.unavailable), dict(call.minutes_to))
