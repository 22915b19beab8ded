"""What each answer to one fact leaves of the terms that read it."""

from bisect import bisect_left
from collections.abc import Mapping
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import TYPE_CHECKING

from triage.domain.answers import LEFT, UNKNOWN, Answers, Gap, Value
from triage.domain.conditions import FALSE, TRUE, tests_of
from triage.domain.terms import Literal

if TYPE_CHECKING:
    from triage.domain.facts import Fact

Asked = Value | Gap | None
"""An answer; None for not asked."""
MOST_KEPT = 4096
"""Answers of one fact whose states are kept."""


class AnswerStates:
    """By answer, a state: the terms it satisfies below, those it does not contradict above.

    Terms that do not read the fact are in both halves. Answers that are not listed (numbers
    between those that rules name, codes, several values) are worked out when they are met.
    """

    def __init__(self, fact: "Fact", literals: Mapping[Literal, int], width: int) -> None:
        self.known: dict[Asked, int] = {}
        """A plain dictionary: one that works out what is missing is slower for what is not."""
        self._name, self._literals, self._width = fact.name, literals, width
        self.reads = reduce(or_, literals.values())
        """The terms that read the fact."""
        self._named: list[float] = []
        self._between: list[int] = []
        for answer in (None, UNKNOWN, LEFT, *fact.value_names):
            self.known[answer] = self._state(answer)
        if fact.type == "number":
            self._list_numbers()

    def _list_numbers(self) -> None:
        tests = (test for literal in self._literals for test in tests_of(literal.about))
        named = {one for test in tests for one in getattr(test, "operand", ())}
        self._named = sorted(named)
        for number in self._named:
            self.known[number] = self._state(number)
        ends = (self._named[0] - 1, self._named[-1] + 1) if self._named else (0.0,)
        middles = [(low + high) / 2 for low, high in pairwise(self._named)]
        self._between = [self._state(one) for one in (ends[0], *middles, *ends[1:])]

    def after(self, answer: Asked) -> int:
        """The state that this answer leaves, None for not asked."""
        state = self.known.get(answer)
        return self._met(answer) if state is None else state

    def _met(self, answer: Asked) -> int:
        if self._between and isinstance(answer, int | float):
            state = self._between[bisect_left(self._named, answer)]
        else:
            state = self._state(answer)
        if len(self.known) < MOST_KEPT:
            self.known[answer] = state
        return state

    def _state(self, answer: Asked) -> int:
        answers: Answers = {} if answer is None else {self._name: answer}
        contradicted = unsure = 0
        for literal, terms in self._literals.items():
            truth = literal.about.truth(answers, frozenset())
            if truth is (FALSE if literal.wanted else TRUE):
                contradicted |= terms
            elif truth is not TRUE and truth is not FALSE and not literal.unless:
                unsure |= terms
        everything = (1 << self._width) - 1
        alive = everything & ~contradicted
        return alive << self._width | alive & ~unsure
