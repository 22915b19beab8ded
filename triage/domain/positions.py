"""Positions a call could get into by answering more questions. Terms and rules as bits."""

from collections.abc import Mapping
from functools import cached_property, reduce
from itertools import accumulate
from operator import and_, or_

from triage.domain.answers import UNKNOWN
from triage.domain.call_reading import NO_SIGHT, SIGHT_FACT
from triage.domain.decision import Availability
from triage.domain.moves import Choice, Move, fact_asked, with_prompts
from triage.domain.narrative import Heard
from triage.domain.readings import Reading
from triage.domain.ruleset import RuleSet


class Position:
    """One reading of the call with some more questions answered. Terms and rules as bits.

    alive -- terms that no answer contradicts.
    unknown -- terms that can no longer become true, because an answer is unknown.
    left -- the questions that are still open.
    open, open_twice -- terms that read an open question, and those that read more than one.
    waiting -- terms that hold until something is known, once an open question has an answer.
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
        before: "Position | None" = None,
    ) -> None:
        self.rule_set, self.alive, self.unknown = rule_set, alive, unknown
        self.left, self.teams = left, teams
        self.prompted = self.remote = False
        self._reads = [choice.reads for choice in left.values()]
        self.open = reduce(or_, self._reads, 0)
        self._true = 0
        self._weigh(before)

    @cached_property
    def open_twice(self) -> int:
        """Worked out when asked for: a search passes through many positions without."""
        reads = self._reads
        return reduce(or_, map(and_, accumulate(reads, or_), reads[1:]), 0)

    @cached_property
    def waiting(self) -> int:
        """Worked out when asked for, too: most positions have no such term that could be true."""
        return reduce(or_, [choice.waits for choice in self.left.values()], 0)

    @cached_property
    def waiting_twice(self) -> int:
        """Terms that are not true before several open questions are answered."""
        waits = [choice.waits for choice in self.left.values()]
        return reduce(or_, map(and_, accumulate(waits, or_), waits[1:]), 0)

    def _weigh(self, before: "Position | None") -> None:
        """How the rules stand. What was true before some answers is true after them.

        A rule that has an effect only when true matters while it can become true; one that counts
        while it is undecided matters while it can become false.
        """
        book, ahead, fold = self.rule_set.book, self.rule_set.ahead, self.rule_set.book.index.fold
        hopeful, counting = self.alive & ~self.unknown, self.alive & ahead.counting
        true = fold(hopeful & ~self.open & (before.open if before else -1))
        true |= before._true if before else 0
        undecided = ahead.fold(counting) & ~true
        may_hold = fold(hopeful & self.open) & ~true
        self.may_change = may_hold & ~book.holds
        if undecided:
            self.may_change |= undecided & ~ahead.fold(counting & self.unknown & ~self.open)
        self._true = true
        lifted = hopeful & book.index.lifted
        until_known = fold(lifted & ~self.waiting) if lifted else 0
        self.fired = true | until_known | undecided & book.holds
        self.may_fire = self.fired | may_hold
        self.asking = undecided & book.asks & ~until_known

    def after(self, path: Mapping[str, Move]) -> tuple[int, int]:
        """The rules that fire, and those that ask, after several more answers."""
        left, alive, unknown, closed = self.left, self.alive, self.unknown, 0
        blind = SIGHT_FACT in path and path[SIGHT_FACT].answers.answer == NO_SIGHT
        for fact, move in path.items():
            if (choice := left.get(fact)) is not None:
                here = (choice.unseen if blind else choice).same(move)
                alive &= ~here.contradicts
                unknown |= here.leaves_unknown
                closed |= choice.reads
        closed &= alive & ~unknown
        if closed & self.open_twice:
            closed &= ~reduce(or_, [one.reads for one in left.values() if one.fact not in path], 0)
        lifted = alive & ~unknown & self.rule_set.book.index.lifted
        if lifted & self.waiting:
            lifted &= ~reduce(or_, [one.waits for one in left.values() if one.fact not in path], 0)
        return self._standing(alive, closed, lifted)

    def after_answer(self, choice: Choice, move: Move) -> tuple[int, int]:
        """The same after one more answer to an open question."""
        alive, unknown = self.alive & ~move.contradicts, self.unknown | move.leaves_unknown
        hopeful = alive & ~unknown
        closed = hopeful & choice.reads & ~self.open_twice
        lifted = hopeful & self.rule_set.book.index.lifted & ~self._waits_for_others(choice)
        return self._standing(alive, closed, lifted)

    def around(self, choice: Choice) -> tuple[int, ...]:
        """What becomes of the rules that read a question depends on this, whatever is answered."""
        rules, terms = self.rule_set.ahead.around(choice)
        standing = self.alive, self.unknown, self.open_twice, self._waits_for_others(choice)
        return self._true & rules, *[one & terms for one in standing]

    def _waits_for_others(self, choice: Choice) -> int:
        """The terms that are not true before another open question is answered."""
        return self.waiting & ~choice.waits | self.waiting_twice

    def _standing(self, alive: int, closed: int, lifted: int) -> tuple[int, int]:
        """The rules that fire and those that ask, where these terms are alive, those that have all
        their answers are true, and so are those that hold until more is known."""
        book, ahead = self.rule_set.book, self.rule_set.ahead
        # No answer to come undoes what is true already.
        true = self._true | ahead.fold(closed | lifted) if closed | lifted else self._true
        undecided = ahead.fold(alive & ahead.counting) & ~true
        return true | undecided & book.holds, undecided & book.asks

    def narrowed(self, terms: int) -> "Position":
        """The position where answers to come will make one of these terms true."""
        alive, unknown, left = self.alive, self.unknown, dict(self.left)
        narrowed = self.rule_set.ahead.narrowed
        for fact, choice in self.left.items():
            if not choice.reads & terms:
                continue
            found = narrowed(choice, terms)
            if found is None:
                return self
            alive &= ~found.lost
            unknown |= found.unclear
            if found.left:
                left[fact] = found.left
            else:
                del left[fact]
        return Position(self.rule_set, alive, unknown, left, self.teams, self)

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
        return Position(self.rule_set, alive, unknown, left, self.teams, self)


Positions = tuple[Position, ...]
"""One for each reading; the most protective decision among them stands."""


def unseen(choices: Mapping[str, Choice]) -> dict[str, Choice]:
    """What is left to answer for a caller who cannot see the person."""
    return {name: choice.unseen for name, choice in choices.items()}


def position_of(
    rule_set: RuleSet,
    reading: Reading,
    heard: Heard,
    local_date: str,
    state: int | None = None,
) -> Position:
    """Where one reading of a call stands, plans left aside.

    state -- of the terms, where that is known already.
    """
    book, answers = rule_set.book, reading.answers
    index = book.index
    in_force = book.in_force(local_date) & ~book.of_kind.get("plan", 0)
    state = index.state(answers, heard) if state is None else state
    alive = state >> index.width & rule_set.ahead.unfold(in_force)
    unknown = 0
    by_unknown = rule_set.ahead.unknown
    for name, answer in answers.items():
        if answer is UNKNOWN and name in by_unknown:
            unknown |= by_unknown[name]
    left: Mapping[str, Choice] = rule_set.ahead.choices
    prompts = []
    if heard and index.prompts:
        prompts = [
            (literal, terms)
            for words, literal, terms in index.prompts
            if not heard.isdisjoint(words) and fact_asked(literal) not in answers
        ]
    if prompts:
        left = with_prompts(left, prompts)
        for literal, terms in prompts:
            unknown |= terms if literal.wanted else 0
    left = {n: one for n, one in left.items() if one.reads & alive and n not in answers}
    remote = answers.get(SIGHT_FACT) == NO_SIGHT
    if remote:
        left = unseen(left)
    position = Position(rule_set, alive, unknown, left, reading.teams)
    position.prompted, position.remote = bool(prompts), remote
    return position
