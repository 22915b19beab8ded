"""Is there a call for which these conditions are all true?

For the static checks: finds answers that make several conditions true at once, or proves that
there are none. The narrative is assumed to say every word that is looked for.
"""

from collections.abc import Mapping, Sequence

from triage.domain.answer_classes import options_of
from triage.domain.answers import LEFT, Gap, Value
from triage.domain.conditions import (
    FALSE,
    TRUE,
    Condition,
    Mentions,
    Test,
    fact_of,
    tests_of,
    undecided_tests,
)
from triage.domain.facts import Fact
from triage.domain.narrative import fold

MOST_STEPS = 4_000


def find_answers(
    conditions: Sequence[Condition], facts: Mapping[str, Fact]
) -> dict[str, Value | Gap] | None:
    """Answers that make all conditions true, by fact, or None when there are none.

    Raises TooMany when that could not be found out in reasonable time.
    """
    return _Solver(conditions, facts).solve({})


class TooMany(Exception):
    """More combinations than are worth trying."""


class _Solver:
    def __init__(self, conditions: Sequence[Condition], facts: Mapping[str, Fact]) -> None:
        self._conditions = conditions
        tests = [test for condition in conditions for test in tests_of(condition)]
        terms = [term for test in tests if isinstance(test, Mentions) for term in test.terms]
        self._narrative = fold(" ".join(terms))
        by_fact: dict[str, list[Test]] = {}
        for test in tests:
            if fact := fact_of(test):
                by_fact.setdefault(fact, []).append(test)
        self._options = {name: options_of(facts[name], on_it) for name, on_it in by_fact.items()}
        self._left = MOST_STEPS

    def solve(self, answers: dict[str, Value | Gap]) -> dict[str, Value | Gap] | None:
        self._left -= 1
        if self._left < 0:
            raise TooMany
        truths = [one.truth(answers, self._narrative) for one in self._conditions]
        if FALSE in truths:
            return None
        for condition, truth in zip(self._conditions, truths, strict=True):
            if truth is TRUE:
                continue
            fact = self._open_fact(condition, answers)
            return None if fact is None else self._try_answers(fact, answers)
        return answers

    def _open_fact(self, condition: Condition, answers: Mapping[str, Value | Gap]) -> str | None:
        for test in undecided_tests(condition, answers, self._narrative):
            fact = fact_of(test)
            if fact is not None and fact not in answers:
                return fact
        return None

    def _try_answers(
        self, fact: str, answers: dict[str, Value | Gap]
    ) -> dict[str, Value | Gap] | None:
        for one in self._options[fact].classes:
            if one.answer is not LEFT:
                found = self.solve({**answers, fact: one.answer})
                if found is not None:
                    return found
        if not self._options[fact].exhaustive:
            raise TooMany
        return None
