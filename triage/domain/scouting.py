"""Trying answers: positions a call could get into, and the search through them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from triage.domain.answer_classes import AnswerClass
from triage.domain.answers import UNKNOWN, Gap, Value
from triage.domain.bounds import Bounds
from triage.domain.call_reading import NO_SIGHT, SIGHT_FACT
from triage.domain.cases import most_protective
from triage.domain.conditions import Test, Truth, fact_of, undecided_tests
from triage.domain.decision import Availability, Decision, decide
from triage.domain.rule_book import Tally, numbers_in
from triage.domain.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Position:
    """One reading of the call with some more questions answered."""

    answers: dict[str, Value | Gap]
    tally: Tally
    teams: Availability


Positions = tuple[Position, ...]
"""One for each reading; the most protective decision among them stands."""


class OutOfBudget(Exception):
    """The search was given up; what it looked for counts as possible."""


class Scout:
    """Moves from position to position by answering questions, and decides what it finds there."""

    def __init__(self, rule_set: RuleSet, narrative: str) -> None:
        self.rule_set, self.narrative = rule_set, narrative
        self._decided: dict[tuple[Tally, ...], Decision] = {}

    def answer(self, positions: Positions, fact: str, value: Value | Gap) -> Positions:
        return tuple(self._answer(position, fact, value) for position in positions)

    def _answer(self, position: Position, fact: str, value: Value | Gap) -> Position:
        if value in self.rule_set.vocabulary.facts[fact].sight_values:
            if position.answers.get(SIGHT_FACT) == NO_SIGHT:
                value = UNKNOWN
        answers = {**position.answers, fact: value}
        tally = position.tally
        true, unknown, still_open = tally.true, tally.unknown, tally.open
        for number in self.rule_set.book.readers.get(fact, ()):
            bit = 1 << number
            if still_open & bit:
                truth = self.rule_set.rules[number].when.truth(answers, self.narrative)
                if truth is Truth.OPEN:
                    continue
                still_open ^= bit
                if truth is Truth.TRUE:
                    true |= bit
                elif truth is Truth.UNKNOWN:
                    unknown |= bit
        return Position(answers, Tally(true, unknown, still_open), position.teams)

    def decision(self, positions: Positions) -> Decision:
        tallies = tuple(position.tally for position in positions)
        known = self._decided.get(tallies)
        if known is None:
            decisions = (decide(self.rule_set, p.tally, p.teams) for p in positions)
            known = self._decided[tallies] = most_protective(self.rule_set, decisions)
        return known

    def bounds(self, positions: Positions) -> tuple[Bounds, ...]:
        return tuple(Bounds(self.rule_set, p.tally, p.teams) for p in positions)

    def open_tests(self, positions: Positions, rules: Iterable[int]) -> Iterable[tuple[str, Test]]:
        """Questions not yet put and the tests that wait for them: rules for each position."""
        for position, mask in zip(positions, rules, strict=True):
            for number in numbers_in(mask):
                condition = self.rule_set.rules[number].when
                for test in undecided_tests(condition, position.answers, self.narrative):
                    fact = fact_of(test)
                    if fact is not None and fact not in position.answers:
                        yield fact, test


@dataclass
class Search:
    """A depth-first search for a decision that is wanted.

    reached -- is this the one?
    may_reach -- could it still come, by the bounds?
    toward -- rules to satisfy first.
    left -- positions that may still be tried.
    """

    scout: Scout
    answers_to: Callable[[str], Iterable[AnswerClass]]
    reached: Callable[[Decision], bool]
    may_reach: Callable[[Sequence[Bounds]], bool]
    toward: int
    left: int

    def finds(self, positions: Positions) -> bool:
        """Raises OutOfBudget."""
        if self.left <= 0:
            raise OutOfBudget
        self.left -= 1
        if self.reached(self.scout.decision(positions)):
            return True
        bounds = self.scout.bounds(positions)
        if not self.may_reach(bounds):
            return False
        picked = self._pick(positions, bounds)
        if picked is None:
            return False
        fact, answers = picked
        for one in answers:
            if self.finds(self.scout.answer(positions, fact, one.answer)):
                return True
        if not self.scout.rule_set.options[fact].exhaustive:
            raise OutOfBudget
        return False

    def _pick(
        self, positions: Positions, bounds: Sequence[Bounds]
    ) -> tuple[str, list[AnswerClass]] | None:
        """The next question, of a rule in favour if one is open, and its most useful answer first."""
        relevant = [one.relevant() for one in bounds]
        for rules, wanted in ((self.toward, True), (~self.toward, False)):
            tests = self.scout.open_tests(positions, [mask & rules for mask in relevant])
            for fact, test in tests:
                answers = list(self.answers_to(fact))
                return fact, sorted(answers, key=lambda one: (test in one.accepted_by) != wanted)
        return None
