"""Trying answers: positions a call could get into, and the search through them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from triage.domain.answer_classes import AnswerClass
from triage.domain.answers import UNKNOWN, Gap, Value
from triage.domain.call_reading import NO_SIGHT, SIGHT_FACT
from triage.domain.cases import most_protective
from triage.domain.conditions import (
    Test,
    Truth,
    fact_of,
    facts_of,
    satisfied_by_one,
    undecided_tests,
)
from triage.domain.decision import Availability, Decision, decide
from triage.domain.narrative import Heard
from triage.domain.rule_book import numbers_in
from triage.domain.term_index import Tally
from triage.domain.ruleset import RuleSet


class Shades(NamedTuple):
    true: int
    unknown: int
    open: int

    def tally(self) -> Tally:
        return Tally(self.true, self.unknown | self.open)


if TYPE_CHECKING:
    from triage.domain.bounds import Bounds


@dataclass(frozen=True, slots=True)
class Position:
    """One reading of the call with some more questions answered."""

    answers: dict[str, Value | Gap]
    tally: Shades
    teams: Availability


Positions = tuple[Position, ...]
"""One for each reading; the most protective decision among them stands."""


class OutOfBudget(Exception):
    """The search was given up; what it looked for counts as possible."""


class Scout:
    """Moves from position to position by answering questions, and decides what it finds there."""

    def __init__(self, rule_set: RuleSet, heard: Heard) -> None:
        self.rule_set, self.heard = rule_set, heard
        self._decided: dict[tuple[tuple[int, int], ...], Decision] = {}

    def answer(
        self, positions: Positions, fact: str, value: Value | Gap, rules: int = -1
    ) -> Positions:
        """The positions after one more answer.

        rules -- those (bits) to look at again, all unless stated.
        """
        return tuple(self._answer(position, fact, value, rules) for position in positions)

    def _answer(self, position: Position, fact: str, value: Value | Gap, rules: int) -> Position:
        unseen = position.answers.get(SIGHT_FACT) == NO_SIGHT
        if unseen and value in self.rule_set.vocabulary.facts[fact].sight_values:
            value = UNKNOWN
        answers = {**position.answers, fact: value}
        true, unknown, still_open = position.tally
        for number in numbers_in(self.rule_set.book.readers[fact] & still_open & rules):
            truth = self.rule_set.book.rules[number].when.truth(answers, self.heard)
            if truth is not Truth.OPEN:
                still_open ^= 1 << number
                if truth is Truth.TRUE:
                    true |= 1 << number
                elif truth is Truth.UNKNOWN:
                    unknown |= 1 << number
        return Position(answers, Shades(true, unknown, still_open), position.teams)

    def decision(self, positions: Positions) -> Decision:
        """The decision that stands; positions where the same rules fire and wait share it."""
        book = self.rule_set.book
        alike = tuple(
            (book.fired(p.tally.tally()), book.asking(p.tally.tally())) for p in positions
        )
        known = self._decided.get(alike)
        if known is None:
            decisions = (decide(self.rule_set, p.tally.tally(), p.teams) for p in positions)
            known = self._decided[alike] = most_protective(self.rule_set, decisions)
        return known

    def decided_by_one(self, positions: Positions, relevant: Sequence[int]) -> dict[str, int]:
        """By question, the rules whose effect one answer alone might change.

        A rule without effect while it waits has to become true; one that fires or makes the call
        wait may change by any answer.
        """
        book, facts = self.rule_set.book, dict[str, int]()
        for position, mask in zip(positions, relevant, strict=True):
            for number in numbers_in(mask):
                bit, condition = 1 << number, self.rule_set.book.rules[number].when
                if bit & (book.holds | book.asks):
                    deciding: Iterable[str] = facts_of(condition)
                else:
                    deciding = satisfied_by_one(condition, position.answers, self.heard)
                for fact in deciding:
                    facts[fact] = facts.get(fact, 0) | bit
        return facts

    def bounds(self, positions: Positions) -> "tuple[Bounds, ...]":
        from triage.domain.bounds import Bounds

        return tuple(Bounds(self.rule_set, p.tally, p.teams) for p in positions)

    def open_tests(self, positions: Positions, rules: Iterable[int]) -> Iterable[tuple[str, Test]]:
        """Questions not yet put and the tests that wait for them: rules for each position."""
        for position, mask in zip(positions, rules, strict=True):
            for number in numbers_in(mask):
                condition = self.rule_set.book.rules[number].when
                for test in undecided_tests(condition, position.answers, self.heard):
                    fact = fact_of(test)
                    if fact is not None and fact not in position.answers:
                        yield fact, test


@dataclass
class Search:
    """A depth-first search for a decision that is wanted.

    reached -- is this the one?
    may_reach -- could it still come, by the bounds?
    toward -- rules to satisfy first.
    left -- positions from which answers may still be tried.
    """

    scout: Scout
    answers_to: Callable[[str], Iterable[AnswerClass]]
    reached: Callable[[Decision], bool]
    may_reach: Callable[[Sequence["Bounds"]], bool]
    toward: int
    left: int

    def finds(self, positions: Positions) -> bool:
        """Raises OutOfBudget."""
        if self.reached(self.scout.decision(positions)):
            return True
        bounds = self.scout.bounds(positions)
        if not self.may_reach(bounds):
            return False
        picked = self._pick(positions, bounds)
        if picked is None:
            return False
        if self.left <= 0:
            raise OutOfBudget
        self.left -= 1
        fact, answers = picked
        for one in answers:
            if self.finds(self.scout.answer(positions, fact, one.answer)):
                return True
        if not self.scout.rule_set.options[fact].exhaustive:
            raise OutOfBudget
        return False

    def _pick(
        self, positions: Positions, bounds: Sequence["Bounds"]
    ) -> tuple[str, list[AnswerClass]] | None:
        """The next question, of a rule in favour if one is open; its most useful answer first."""
        relevant = [one.relevant() for one in bounds]
        for rules, wanted in ((self.toward, True), (~self.toward, False)):
            tests = self.scout.open_tests(positions, [mask & rules for mask in relevant])
            for fact, test in tests:
                answers = list(self.answers_to(fact))
                return fact, sorted(answers, key=lambda one: (test in one.accepted_by) != wanted)
        return None


def shades(rule_set: RuleSet, answers: dict[str, Value | Gap], heard: Heard, date: str) -> Shades:
    true = unknown = still_open = 0
    for number, rule in enumerate(rule_set.book.rules):
        if not rule.in_force(date):
            continue
        truth = rule.when.truth(answers, heard)
        if truth is Truth.TRUE:
            true |= 1 << number
        elif truth is Truth.OPEN:
            still_open |= 1 << number
        elif truth is Truth.UNKNOWN:
            unknown |= 1 << number
    return Shades(true, unknown, still_open)
