"""Positions a call could get into, and what follows from answering one more question there."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import chain, zip_longest
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from triage.domain.answers import UNKNOWN
from triage.domain.call_reading import NO_SIGHT, SIGHT_FACT
from triage.domain.cases import Case, most_protective
from triage.domain.decision import Availability, Conclusions, Decision, keep
from triage.domain.moves import Choice, Move, Path, choices_of, fact_asked, with_prompts
from triage.domain.ruleset import RuleSet

if TYPE_CHECKING:
    from triage.domain.foresight import Foresight


class Ahead:
    """What looking ahead keeps of one rule set.

    paths -- by response, answers that led to it from some call: tried first from the next.
    foreseen -- by where a call stands, what looking ahead found.
    """

    def __init__(self, rule_set: RuleSet) -> None:
        self.choices = choices_of(rule_set)
        self.conclusions = Conclusions(rule_set)
        self.paths: dict[str, list[Path]] = {}
        self._folded: dict[int, int] = {}
        self._index = rule_set.book.index
        self.foreseen: dict[tuple[object, ...], Foresight] = {}

    def fold(self, terms: int) -> int:
        """The rules that have one of these terms; the same few come up in call after call."""
        rules = self._folded.get(terms)
        if rules is None:
            rules = self._index.fold(terms)
            keep(self._folded, terms, rules)
        return rules


class Position:
    """One reading of the call with some more questions answered. Terms and rules as bits.

    alive -- terms that no answer contradicts.
    unknown -- terms that can no longer become true, because an answer is unknown.
    left -- the questions that are still open.
    prompted, remote -- words were heard, or the caller cannot see: answers do other things.
    may_change -- rules whose effect may still change.
    may_fire -- rules that fire, or still may.
    """

    def __init__(
        self,
        rule_set: RuleSet,
        alive: int,
        unknown: int,
        left: Mapping[str, Choice],
        teams: Availability,
        counts: Sequence[int] | None = None,
    ) -> None:
        self.rule_set, self.alive, self.unknown = rule_set, alive, unknown
        self.left, self.teams = left, teams
        self.prompted = self.remote = False
        self._counts = counts or _count(choice.reads for choice in left.values())
        self.open = reduce(or_, self._counts, 0)
        self.open_twice = reduce(or_, self._counts[1:], 0)
        self._weigh()

    def _weigh(self) -> None:
        """How the rules stand.

        A rule that has an effect only when true matters while it can become true; one that counts
        while it is undecided matters while it can become false.
        """
        book, fold = self.rule_set.book, self.rule_set.book.index.fold
        hopeful = self.alive & ~self.unknown
        true = fold(hopeful & ~self.open)
        undecided = fold(self.alive) & ~true
        counting = undecided & (book.holds | book.asks)
        may_hold = undecided & fold(hopeful & self.open)
        self.may_change = may_hold & ~book.holds
        if counting:
            self.may_change |= counting & ~fold(self.alive & self.unknown & ~self.open)
        self.fired = true | undecided & book.holds
        self.may_fire = self.fired | may_hold
        self.asking = undecided & book.asks

    def after(self, path: Mapping[str, Move]) -> tuple[int, int]:
        """The rules that fire, and those that ask, after several more answers."""
        book, fold = self.rule_set.book, self.rule_set.book.index.fold
        left, alive, unknown, reads = self.left, self.alive, self.unknown, []
        if SIGHT_FACT in path and path[SIGHT_FACT].answers.answer == NO_SIGHT:
            left = unseen(left)
        for fact, move in path.items():
            if (choice := left.get(fact)) is not None:
                here = choice.same(move)
                alive &= ~here.contradicts
                unknown |= here.leaves_unknown
                reads.append(choice.reads)
        # A term is still open unless as many of its questions were answered as were open.
        counts = zip_longest(self._counts, _count(reads), fillvalue=0)
        still_open = reduce(or_, [before ^ answered for before, answered in counts], 0)
        true = fold(alive & ~unknown & ~still_open)
        undecided = fold(alive) & ~true
        return true | undecided & book.holds, undecided & book.asks

    def narrowed(self, terms: int) -> "Position":
        """The position where answers to come will make one of these terms true."""
        alive, unknown, left, gone = self.alive, self.unknown, dict(self.left), []
        for fact, choice in self.left.items():
            if not choice.reads & terms:
                continue
            lost, unclear, either = -1, -1, 0
            allowed = []
            for move in choice.moves:
                spoilt = move.spoils
                if terms & ~spoilt:
                    allowed.append(move)
                    lost &= move.contradicts
                    unclear &= move.leaves_unknown
                    either |= spoilt
            if not allowed:
                return self
            alive &= ~lost
            unknown |= unclear
            reads = choice.reads & either
            gone.append(choice.reads & ~either)
            if reads:
                left[fact] = choice._replace(reads=reads, moves=tuple(allowed))
            else:
                del left[fact]
        return self._with(alive, unknown, left, gone)

    def answer(self, fact: str, move: Move) -> "Position":
        """The position after one more answer."""
        left = dict(self.left)
        choice = left.pop(fact, None)
        if choice is None:
            return self
        move = choice.same(move)
        if fact == SIGHT_FACT and move.answers.answer == NO_SIGHT:
            left = unseen(left)
        alive, unknown = self.alive & ~move.contradicts, self.unknown | move.leaves_unknown
        return self._with(alive, unknown, left, [choice.reads])

    def _with(
        self, alive: int, unknown: int, left: Mapping[str, Choice], gone: Iterable[int]
    ) -> "Position":
        """The position where these terms, for each question, no longer wait for it."""
        counts = list(self._counts)
        for terms in gone:
            borrow, place = terms, 0
            while borrow:
                counts[place], borrow = counts[place] ^ borrow, borrow & ~counts[place]
                place += 1
        return Position(self.rule_set, alive, unknown, left, self.teams, counts)


def _count(masks: Iterable[int]) -> list[int]:
    """How often each bit is set, as binary digits: the ones first, then the twos, the fours."""
    digits: list[int] = []
    for mask in masks:
        carry, place = mask, 0
        while carry:
            if place == len(digits):
                digits.append(carry)
                break
            digits[place], carry = digits[place] ^ carry, digits[place] & carry
            place += 1
    return digits


Positions = tuple[Position, ...]
"""One for each reading; the most protective decision among them stands."""


def unseen(choices: Mapping[str, Choice]) -> dict[str, Choice]:
    """What is left to answer for a caller who cannot see the person."""
    return {
        name: choice.unseen() if any(move.needs_sight for move in choice.moves) else choice
        for name, choice in choices.items()
    }


def position_of(rule_set: RuleSet, case: Case, local_date: str) -> Position:
    """Where a call stands, plans left aside."""
    book, answers = rule_set.book, case.reading.answers
    index = book.index
    in_force = book.in_force(local_date) & ~book.of_kind.get("plan", 0)
    state = index.state(answers, case.heard)
    alive = state >> index.width & index.unfold(in_force)
    unknown = 0
    for name, table in index.tables.items():
        if answers.get(name) is UNKNOWN:
            after = table[UNKNOWN]
            unknown |= after >> index.width & ~after
    left: Mapping[str, Choice] = {
        name: one for name, one in rule_set.ahead.choices.items() if name not in answers
    }
    prompts = []
    if case.heard and index.prompts:
        prompts = [
            (literal, terms)
            for words, literal, terms in index.prompts
            if not case.heard.isdisjoint(words) and fact_asked(literal) not in answers
        ]
        left = with_prompts(left, prompts)
        for literal, terms in prompts:
            unknown |= terms if literal.wanted else 0
    remote = answers.get(SIGHT_FACT) == NO_SIGHT
    if remote:
        left = unseen(left)
    reading = {name: choice for name, choice in left.items() if choice.reads & alive}
    position = Position(rule_set, alive, unknown, reading, case.reading.teams)
    position.prompted, position.remote = bool(prompts), remote
    return position


class Answered(NamedTuple):
    """What one answer alone makes of a call."""

    move: Move
    decision: Decision


class Scout:
    """Decides positions, and tries single answers from them."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.rule_set = rule_set
        self._conclude = rule_set.ahead.conclusions.of
        self._decided: dict[tuple[tuple[int, bool], ...], Decision] = {}

    def decision(self, positions: Positions) -> Decision:
        """The decision that stands."""
        return self.decide(positions, tuple((one.fired, one.asking) for one in positions))

    def decide(self, positions: Positions, standing: tuple[tuple[int, int], ...]) -> Decision:
        """The decision when these rules fire and ask in these positions."""
        if len(positions) == 1:
            fired, asking = standing[0]
            return self._conclude(fired, asking > 0, positions[0].teams)
        alike = tuple([(fired, asking > 0) for fired, asking in standing])
        known = self._decided.get(alike)
        if known is None:
            decisions = [
                self._conclude(fired, asking, position.teams)
                for position, (fired, asking) in zip(positions, alike, strict=True)
            ]
            known = self._decided[alike] = most_protective(self.rule_set, decisions)
        return known

    def single_answers(
        self, positions: Positions, relevant: Sequence[int]
    ) -> dict[str, list[Answered]]:
        """By open question, what each answer alone would make of the call, if it changes a rule.

        relevant -- for each position the rules that matter; questions that none of them reads are
        left out.
        """
        trials = [_Trial(one, rules) for one, rules in zip(positions, relevant, strict=True)]
        found: dict[str, list[Answered]] = {}
        for fact in dict.fromkeys(fact for trial in trials for fact in trial.facts()):
            moves = next(one.left[fact].moves for one in positions if fact in one.left)
            changes = [trial.changes(fact) for trial in trials]
            found[fact] = [
                Answered(
                    moves[place],
                    self.decide(
                        positions,
                        tuple([c.get(place, t.here) for c, t in zip(changes, trials, strict=True)]),
                    ),
                )
                for place in dict.fromkeys(chain.from_iterable(changes))
            ]
        return found


class _Trial:
    """Single answers from one position, without going there."""

    def __init__(self, position: Position, relevant: int) -> None:
        book = position.rule_set.book
        self.position, self._fold = position, position.rule_set.ahead.fold
        self._alive = position.alive & book.index.unfold(relevant)
        self._near = self._alive & ~position.unknown & position.open & ~position.open_twice
        counting = relevant & (book.holds | book.asks)
        self._counting = position.alive & book.index.unfold(counting) if counting else 0
        self.here = position.fired, position.asking
        self._known: dict[tuple[int, int], tuple[int, int] | None] = {(0, 0): None}

    def facts(self) -> Iterable[str]:
        """The questions that relevant rules read."""
        alive = self._alive
        return [fact for fact, choice in self.position.left.items() if choice.reads & alive]

    def changes(self, fact: str) -> dict[int, tuple[int, int]]:
        """By place of an answer that changes any, the rules that fire and those that ask."""
        choice = self.position.left.get(fact)
        if choice is None:
            return {}
        near, counting = self._near & choice.reads, self._counting & choice.reads
        if not near and not counting:
            return {}
        known, changes = self._known, dict[int, tuple[int, int]]()
        for place, _, contradicts, leaves_unknown, _ in choice.moves:
            key = near & ~contradicts & ~leaves_unknown, counting & contradicts
            if key not in known:
                known[key] = self._decided(*key)
            if there := known[key]:
                changes[place] = there
        return changes

    def _decided(self, decided: int, failing: int) -> tuple[int, int] | None:
        """When these terms have become true, and these false."""
        fired, asking = self.here
        if decided:
            rules = self._fold(decided)
            fired, asking = fired | rules, asking & ~rules
        if failing:
            kept = self._fold(self._counting & ~failing)
            rules = self._fold(failing) & ~kept
            fired, asking = fired & ~rules, asking & ~rules
        there = fired, asking
        return there if there != self.here else None
