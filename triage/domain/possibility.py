"""Is there a call for which these conditions are all true? Does one follow from another?

For the static checks: looks for answers that make several conditions true at once, or proves
that there are none. The narrative is assumed to say every word that is looked for.
"""

from collections.abc import Mapping, Sequence

from triage.domain.answer_classes import options_of
from triage.domain.answers import LEFT, Answers, Gap, Value
from triage.domain.call_reading import NO_SIGHT, SIGHT_FACT
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

MOST_STEPS = 4_000
"""For one question."""
MOST_TESTS = 500_000
"""Looked at for all questions about one rule set: well under a second, whatever it holds."""
SET_UP = 10
"""What a question costs before its first step, in steps."""


class TooMany(Exception):
    """More combinations than are worth trying."""


class Possibilities:
    """Answers questions about one vocabulary, with limited effort."""

    def __init__(self, facts: Mapping[str, Fact], tests: int = MOST_TESTS) -> None:
        self._facts = facts
        self._left = tests
        self.given_up = 0
        """Questions that were left unanswered."""

    def afford(self, tests: int) -> bool:
        """May so many tests more be looked at? If not, that is one question unanswered."""
        self._left -= tests
        self.given_up += self._left < 0
        return self._left >= 0

    def never(self, *conditions: Condition) -> bool:
        """Is it certain that no call makes all these conditions true?"""
        try:
            return self._solve(conditions, None) is None
        except TooMany:
            self.given_up += 1
            return False

    def some_call(self, condition: Condition) -> Answers | None:
        """The fewest answers that make it true, or None where none do or none were found."""
        try:
            return self._solve((condition,), None)
        except TooMany:
            return None

    def gap(self, conclusion: Condition, *conditions: Condition) -> Answers | None:
        """A call for which these conditions are all true and `conclusion` is not; None where it
        is certain that there is none. Raises TooMany."""
        return self._solve(conditions, conclusion)

    def follows(self, conclusion: Condition, *conditions: Condition) -> bool:
        """Is it certain that `conclusion` is true whenever all these conditions are?

        True, not merely undecided: whatever else was left unasked or could not be established.
        """
        try:
            return self._solve(conditions, conclusion) is None
        except TooMany:
            self.given_up += 1
            return False

    def _solve(
        self, conditions: Sequence[Condition], conclusion: Condition | None
    ) -> Answers | None:
        if self._left <= 0:
            raise TooMany
        solver = _Solver(conditions, conclusion, self._facts)
        solver.most_steps = min(MOST_STEPS, self._left // solver.tests)
        try:
            return solver.solve({})
        finally:
            self._left -= (solver.steps + SET_UP) * solver.tests


class _Solver:
    """Tries answers until all conditions are true and the conclusion, if there is one, is not."""

    def __init__(
        self,
        conditions: Sequence[Condition],
        conclusion: Condition | None,
        facts: Mapping[str, Fact],
    ) -> None:
        self._conditions = conditions
        self._conclusion = conclusion
        self._facts = facts
        every = conditions if conclusion is None else (*conditions, conclusion)
        tests = [test for condition in every for test in tests_of(condition)]
        terms = [term for test in tests if isinstance(test, Mentions) for term in test.terms]
        self._heard = frozenset(terms)
        by_fact: dict[str, list[Test]] = {}
        for test in tests:
            if fact := fact_of(test):
                by_fact.setdefault(fact, []).append(test)
        self._options = {name: options_of(facts[name], on_it) for name, on_it in by_fact.items()}
        self.steps, self.most_steps = 0, MOST_STEPS
        self.tests = max(len(tests), 1)
        """Looked at in every step."""

    def solve(self, answers: dict[str, Value | Gap]) -> dict[str, Value | Gap] | None:
        """Answers that do, or None. Raises TooMany.

        What is true stays true whatever is answered besides. So once the conclusion is true, no
        further answer helps; and once the conditions are, the rest may as well stay unasked.
        """
        self.steps += 1
        if self.steps > self.most_steps:
            raise TooMany
        truths = [one.truth(answers, self._heard) for one in self._conditions]
        if FALSE in truths or self._concluded(answers):
            return None
        for condition, truth in zip(self._conditions, truths, strict=True):
            if truth is TRUE:
                continue
            fact = self._open_fact(condition, answers)
            return None if fact is None else self._try_answers(fact, answers)
        return answers

    def _concluded(self, answers: Answers) -> bool:
        if self._conclusion is None:
            return False
        return self._conclusion.truth(answers, self._heard) is TRUE

    def _open_fact(self, condition: Condition, answers: Answers) -> str | None:
        for test in undecided_tests(condition, answers, self._heard):
            fact = fact_of(test)
            if fact is not None and fact not in answers:
                return fact
        return None

    def _try_answers(
        self, fact: str, answers: dict[str, Value | Gap]
    ) -> dict[str, Value | Gap] | None:
        for one in self._options[fact].classes:
            if one.answer is not LEFT and not self._unseen(fact, one.answer, answers):
                found = self.solve({**answers, fact: one.answer})
                if found is not None:
                    return found
        if not self._options[fact].exhaustive:
            raise TooMany
        return None

    def _unseen(self, fact: str, answer: Value | Gap, answers: Answers) -> bool:
        """Would only sight tell this answer, or one before, from a caller who cannot see? Such an
        answer counts as unknown, which is tried as well."""
        if fact == SIGHT_FACT:
            seen = (value in self._facts[name].sight_values for name, value in answers.items())
            return answer == NO_SIGHT and any(seen)
        return answers.get(SIGHT_FACT) == NO_SIGHT and answer in self._facts[fact].sight_values
