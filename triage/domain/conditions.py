"""Conditions on the answers of a call, in three-valued (Kleene) logic.

A condition is a tree of tests. Each is true, false or unknown; unknown comes in two shades, which
make no difference to a decision but all the difference to what is asked next: `UNKNOWN` (asked and
not established, can no longer change) and `OPEN` (not asked yet, still may).

What a tree finds true or false stays so however the unasked facts are answered.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from math import inf
from typing import Literal

from triage.domain.answers import Answers, Gap, Scalar, Value
from triage.domain.narrative import Heard


class Truth(Enum):
    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
    OPEN = "open"


TRUE, FALSE, UNKNOWN, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN, Truth.OPEN

Comparison = Literal["is", "is_not", "in", "not_in", "at_least", "at_most", "between"]


@dataclass(frozen=True, slots=True)
class OneOf:
    """The answer is (or, negated, is not) among `accepted`.

    comparison, operand -- as the rule set spells it, for sentences; an ordered comparison on a
    choice has been turned into the values it accepts.
    """

    fact: str
    comparison: Comparison
    operand: tuple[Scalar, ...]
    accepted: frozenset[Scalar]
    negated: bool = False

    def accepts(self, value: Value) -> bool:
        return (value in self.accepted) is not self.negated

    def truth(self, answers: Answers, heard: Heard) -> Truth:
        answer = answers.get(self.fact)
        if answer is None:
            return OPEN
        if answer.__class__ is Gap:
            return UNKNOWN
        return TRUE if (answer in self.accepted) is not self.negated else FALSE


@dataclass(frozen=True, slots=True)
class Within:
    """The number lies between `low` and `high`, both included."""

    fact: str
    comparison: Comparison
    operand: tuple[Scalar, ...]
    low: float = -inf
    high: float = inf

    def accepts(self, value: Value) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high

    def truth(self, answers: Answers, heard: Heard) -> Truth:
        answer = answers.get(self.fact)
        if answer is None:
            return OPEN
        if isinstance(answer, Gap):
            return UNKNOWN
        return TRUE if self.accepts(answer) else FALSE


@dataclass(frozen=True, slots=True)
class Includes:
    """At least one of `wanted` is among the values of a multi answer."""

    fact: str
    wanted: tuple[str, ...]

    def accepts(self, value: Value) -> bool:
        return isinstance(value, tuple) and any(one in value for one in self.wanted)

    def truth(self, answers: Answers, heard: Heard) -> Truth:
        answer = answers.get(self.fact)
        if answer is None:
            return OPEN
        if isinstance(answer, Gap):
            return UNKNOWN
        return TRUE if self.accepts(answer) else FALSE


@dataclass(frozen=True, slots=True)
class IsKnown:
    """The fact has (`wanted`) or has not a value. Unknown is false here; only not asked is open."""

    fact: str
    wanted: bool

    def truth(self, answers: Answers, heard: Heard) -> Truth:
        answer = answers.get(self.fact)
        if answer is None:
            return OPEN
        if answer is Gap.LEFT:
            return UNKNOWN
        return TRUE if (answer is not Gap.UNKNOWN) is self.wanted else FALSE


@dataclass(frozen=True, slots=True)
class Mentions:
    """The narrative contains one of `terms`.

    With `asks` it is never true: it stays open until that question has been put, then it is false.
    """

    terms: tuple[str, ...]
    asks: str | None = None

    def found(self, heard: Heard) -> str | None:
        """The first term of the list that was heard."""
        return next((term for term in self.terms if term in heard), None) if heard else None

    def truth(self, answers: Answers, heard: Heard) -> Truth:
        if self.found(heard) is None:
            return FALSE
        if self.asks is None:
            return TRUE
        answer = answers.get(self.asks)
        if answer is None:
            return OPEN
        return UNKNOWN if answer is Gap.LEFT else FALSE


@dataclass(frozen=True, slots=True)
class Every:
    """All parts are true. Without parts: always."""

    parts: tuple["Condition", ...]

    def truth(self, answers: Answers, heard: Heard) -> Truth:
        verdict = TRUE
        for part in self.parts:
            truth = part.truth(answers, heard)
            if truth is FALSE:
                return FALSE
            if truth is OPEN or (truth is UNKNOWN and verdict is TRUE):
                verdict = truth
        return verdict


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part is true."""

    parts: tuple["Condition", ...]

    def truth(self, answers: Answers, heard: Heard) -> Truth:
        verdict = FALSE
        for part in self.parts:
            truth = part.truth(answers, heard)
            if truth is TRUE:
                return TRUE
            if truth is OPEN or (truth is UNKNOWN and verdict is FALSE):
                verdict = truth
        return verdict


_OPPOSITE = {TRUE: FALSE, FALSE: TRUE, UNKNOWN: UNKNOWN, OPEN: OPEN}


@dataclass(frozen=True, slots=True)
class NoneOf:
    """No part is true."""

    parts: tuple["Condition", ...]

    def truth(self, answers: Answers, heard: Heard) -> Truth:
        return _OPPOSITE[Some(self.parts).truth(answers, heard)]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least `n` parts are true."""

    n: int
    parts: tuple["Condition", ...]

    def truth(self, answers: Answers, heard: Heard) -> Truth:
        truths = [part.truth(answers, heard) for part in self.parts]
        sure = truths.count(TRUE)
        if sure >= self.n:
            return TRUE
        unknown, still_open = truths.count(UNKNOWN), truths.count(OPEN)
        if sure + unknown + still_open < self.n:
            return FALSE
        # Open parts matter only if they could lift the count to n or let it fall out of reach.
        may_change = sure + still_open >= self.n or sure + unknown < self.n
        return OPEN if may_change else UNKNOWN


Test = OneOf | Within | Includes | IsKnown | Mentions
Group = Every | Some | NoneOf | AtLeast
Condition = Test | Group

ALWAYS = Every(())
NEVER = NoneOf((ALWAYS,))


def holds(condition: Condition, answers: Answers, heard: Heard = frozenset()) -> bool | None:
    """True, False, or None while the answers do not tell.

    heard -- the terms that the narrative contains.
    """
    truth = condition.truth(answers, heard)
    return None if truth is UNKNOWN or truth is OPEN else truth is TRUE


def tests_of(condition: Condition) -> Iterator[Test]:
    """Every test of the tree, in reading order."""
    if isinstance(condition, Group):
        for part in condition.parts:
            yield from tests_of(part)
    else:
        yield condition


def undecided_tests(condition: Condition, answers: Answers, heard: Heard) -> Iterator[Test]:
    """The tests that keep an undecided condition undecided, in reading order."""
    truth = condition.truth(answers, heard)
    if truth is TRUE or truth is FALSE:
        return
    if isinstance(condition, Group):
        for part in condition.parts:
            yield from undecided_tests(part, answers, heard)
    else:
        yield condition


def satisfied_by_one(condition: Condition, answers: Answers, heard: Heard) -> frozenset[str]:
    """The facts of which one answer alone might make an undecided condition true.

    May name too many, never too few.
    """
    if isinstance(condition, Every):
        truths = [(part, part.truth(answers, heard)) for part in condition.parts]
        if any(truth is FALSE or truth is UNKNOWN for _, truth in truths):
            return frozenset()
        still_open = [part for part, truth in truths if truth is OPEN]
        facts = [satisfied_by_one(part, answers, heard) for part in still_open]
        return frozenset.intersection(*facts) if facts else frozenset()
    if isinstance(condition, Some):
        facts = [satisfied_by_one(part, answers, heard) for part in condition.parts]
        return frozenset().union(*facts)
    tests = undecided_tests(condition, answers, heard)
    return frozenset(fact for test in tests if (fact := fact_of(test)))


def fact_of(test: Test) -> str | None:
    """The fact a test reads; None for a mention that asks nothing."""
    return test.asks if isinstance(test, Mentions) else test.fact


def facts_of(condition: Condition) -> tuple[str, ...]:
    """Every fact the condition reads, once, in reading order."""
    return tuple(dict.fromkeys(fact for test in tests_of(condition) if (fact := fact_of(test))))
