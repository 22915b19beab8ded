"""How the answers of a call are read before rules are applied.

The situation is filled in, what only sight could tell is set aside for a caller who cannot see, and
conflicting answers become the most dangerous one or, without an order, several readings of the
same call, each of which is assessed.
"""

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from triage.domain.answers import UNKNOWN, Answer, Conflicting, Gap, Value, possible_values
from triage.domain.call_reading import NO_SIGHT, SIGHT_FACT, facts_of_now
from triage.domain.calls import CallInput
from triage.domain.decision import EVERYBODY_AVAILABLE, NONE_ON_SHIFT, Availability
from triage.domain.facts import Vocabulary

if TYPE_CHECKING:
    from triage.domain.ruleset import RuleSet

MOST_READINGS = 64
"""Ways in which contradicting answers are read, beyond those that differ in one answer."""


class Unseen(NamedTuple):
    """An answer that does not count, because the caller cannot see the person."""

    fact: str
    value: str


class Reading(NamedTuple):
    """One way to read the call: one answer for each fact, and who is available by it."""

    answers: dict[str, Value | Gap]
    unseen: tuple[Unseen, ...]
    teams: Availability


def readings(rule_set: "RuleSet", call: CallInput) -> tuple[Reading, ...]:
    """Every way to read the call; one, unless answers that matter to these rules conflict.

    With many such answers not every combination is read, but always each of them by itself.
    """
    vocabulary = rule_set.vocabulary
    plain: dict[str, Value | Gap] = dict(vocabulary.not_supplied)
    for fact, value in facts_of_now(call.now).items():
        if fact in plain:
            plain[fact] = value
    if not call.conflicts:
        plain.update(call.asked)  # type: ignore[arg-type]  # none of them is Conflicting
        return (_reading(rule_set, call, plain),)
    possible = {name: _values(vocabulary, name, one) for name, one in sorted(call.asked.items())}
    plain.update((name, values[0]) for name, values in possible.items())
    counting = {SIGHT_FACT, *vocabulary.availability_facts, *rule_set.book.readers}
    disputed = {name: possible[name] for name in possible if name in counting}
    return tuple(_reading(rule_set, call, plain | chosen) for chosen in _choices(disputed))


def _values(vocabulary: Vocabulary, name: str, answer: Answer) -> tuple[Value | Gap, ...]:
    if isinstance(answer, Conflicting):
        return possible_values(answer, vocabulary.facts[name].danger)
    return (answer,)


def _choices(disputed: Mapping[str, tuple[Value | Gap, ...]]) -> Iterator[dict[str, Value | Gap]]:
    """The combinations of values: all of them, or those that differ from the first values in as few
    answers as there is room for."""
    disputed = {name: values for name, values in disputed.items() if len(values) > 1}
    if prod(len(values) for values in disputed.values()) <= MOST_READINGS:
        for values in product(*disputed.values()):
            yield dict(zip(disputed, values, strict=True))
        return
    others = [(name, value) for name, values in disputed.items() for value in values[1:]]
    read = 0
    for together in range(len(disputed) + 1):
        changes = [
            dict(chosen)
            for chosen in combinations(others, together)
            if len({name for name, _ in chosen}) == together
        ]
        read += len(changes)
        if together > 1 and read > MOST_READINGS:
            return
        yield from changes


def _reading(rule_set: "RuleSet", call: CallInput, answers: dict[str, Value | Gap]) -> Reading:
    vocabulary = rule_set.vocabulary
    teams = _teams(vocabulary, call, answers)
    if call.unavailable or call.minutes_to:
        answers.update((fact, "no") for fact in rule_set.book.nobody_left(call))
    reading = Reading(answers, (), teams)
    return out_of_sight(vocabulary, reading) if answers.get(SIGHT_FACT) == NO_SIGHT else reading


def out_of_sight(vocabulary: Vocabulary, reading: Reading) -> Reading:
    """The same where the caller cannot see the person."""
    answers = {**reading.answers, SIGHT_FACT: NO_SIGHT}
    unseen = tuple(
        [
            Unseen(fact.name, value)
            for fact in vocabulary.sight_facts
            if isinstance(value := answers.get(fact.name), str) and value in fact.sight_values
        ]
    )
    answers.update((one.fact, UNKNOWN) for one in unseen)
    return Reading(answers, unseen, reading.teams)


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
