"""When it is the turn of a question: does it make sense for a call, and does it come early?"""

from collections.abc import Iterable
from typing import NamedTuple

from triage.domain.cases import Case
from triage.domain.conditions import ALWAYS, FALSE, NEVER, Condition, Truth
from triage.domain.facts import Fact, Vocabulary


class Turn(NamedTuple):
    """One question, with the numbers of the conditions under which it makes sense and comes with
    the gate, and its place among the others."""

    fact: Fact
    sense: int
    first: int
    place: int


class Turns:
    """The turns of every question that can be asked. Questions share their conditions."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        numbers: dict[Condition, int] = {}
        self.of = {
            fact.name: Turn(
                fact,
                numbers.setdefault(fact.ask_when or ALWAYS, len(numbers)),
                numbers.setdefault(_with_the_gate(fact), len(numbers)),
                vocabulary.place_of[fact.name],
            )
            for fact in vocabulary.facts.values()
            if not fact.is_situation
        }
        self._conditions = tuple(numbers)

    def sense(self, number: int, cases: Iterable[Case]) -> Truth:
        """Does the condition hold in any reading of the call, or may it?"""
        condition, truth = self._conditions[number], FALSE
        for case in cases:
            truth = condition.truth(case.reading.answers, case.heard)
            if truth is not FALSE:
                break
        return truth


def _with_the_gate(fact: Fact) -> Condition:
    return ALWAYS if fact.ask == "gate" else fact.ask_first or NEVER
