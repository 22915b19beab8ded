"""What each answer to a question does to the terms of a rule set, prepared for looking ahead."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from triage.domain.answer_classes import AnswerClass
from triage.domain.answer_states import AnswerStates
from triage.domain.answers import LEFT, UNKNOWN
from triage.domain.call_reading import NO_SIGHT, SIGHT_FACT
from triage.domain.terms import Literal

if TYPE_CHECKING:
    from triage.domain.ruleset import RuleSet
    from triage.domain.term_index import TermIndex


class Move(NamedTuple):
    """One answer, or several that no rule can tell apart, and what it does (bits of terms)."""

    place: int
    """Among the moves of its choice."""
    answers: AnswerClass
    contradicts: int
    leaves_unknown: int
    """Terms that read the fact and can, after this answer, no longer become true by it."""
    needs_sight: bool

    @property
    def spoils(self) -> int:
        """Terms that this answer keeps from becoming true."""
        return self.contradicts | self.leaves_unknown


Path = dict[str, Move]
"""Answers by question."""


@dataclass(eq=False)
class Choice:
    """A question and everything that can be answered to it. Never changed once made.

    reads -- the terms that read the fact.
    waits -- those of them that hold until something is known, but are not true without an answer.
    exhaustive -- False where there are more answers than are listed.
    """

    fact: str
    reads: int
    moves: tuple[Move, ...]
    exhaustive: bool
    waits: int

    def same(self, move: Move) -> Move:
        """What the answer of a move does here: it may come from another call."""
        if len(self.moves) > move.place and self.moves[move.place].place == move.place:
            return self.moves[move.place]
        return next((one for one in self.moves if one.place == move.place), move)

    def narrowed(self, terms: int) -> "Narrowed | None":
        """What is left of it when an answer must not spoil every one of these terms; None where
        all do."""
        lost, unclear, either, allowed = -1, -1, 0, []
        for move in self.moves:
            spoilt = move.contradicts | move.leaves_unknown
            if terms & ~spoilt:
                allowed.append(move)
                lost &= move.contradicts
                unclear &= move.leaves_unknown
                either |= spoilt
        if not allowed:
            return None
        reads = self.reads & either
        left = None
        if reads:
            left = replace(self, reads=reads, waits=self.waits & reads, moves=tuple(allowed))
        return Narrowed(lost, unclear, left)

    @cached_property
    def satisfying(self) -> tuple[tuple[Move, int], ...]:
        """Each answer with the terms that read the fact and that it does not spoil."""
        return tuple((move, self.reads & ~move.spoils) for move in self.moves)

    @cached_property
    def seeing(self) -> "Choice":
        """The choice of whether the caller sees the person, where they are taken to."""
        cannot = next((one for one in self.moves if one.answers.answer == NO_SIGHT), None)
        if cannot is None:
            return self
        instead = next(one for one in self.moves if one.answers.answer is UNKNOWN)
        instead = instead._replace(place=cannot.place)
        return replace(self, moves=tuple(instead if one is cannot else one for one in self.moves))

    @cached_property
    def unseen(self) -> "Choice":
        """The choice of a caller who cannot see: what needs sight counts as unknown."""
        if not any(move.needs_sight for move in self.moves):
            return self
        unknown = next(one for one in self.moves if one.answers.answer is UNKNOWN)
        return replace(
            self,
            moves=tuple(
                one._replace(contradicts=unknown.contradicts, leaves_unknown=unknown.leaves_unknown)
                if one.needs_sight
                else one
                for one in self.moves
            ),
        )


class Narrowed(NamedTuple):
    """What becomes of a question when some of its answers are out of the question.

    lost, unclear -- terms that every answer left contradicts, or leaves unknown.
    left -- the question with the answers left; None where they all do the same.
    """

    lost: int
    unclear: int
    left: Choice | None


def choices_of(rule_set: "RuleSet") -> dict[str, Choice]:
    """By fact, every question that the rules, plans left out, read."""
    index, facts = rule_set.book.index, rule_set.vocabulary.facts
    choices = {}
    for name, options in rule_set.options.items():
        sight, table = facts[name].sight_values, index.tables.get(name)
        classes = _sight_apart(options.classes) if name == SIGHT_FACT else options.classes
        moves = tuple(
            _move(index, table, place, one, one.answer in sight)
            for place, one in enumerate(classes)
        )
        reads = table.reads if table else 0
        waits = reads & index.lifted & ~table.after(None) if table else 0
        choices[name] = Choice(name, reads, moves, options.exhaustive, waits)
    return choices


def _sight_apart(classes: Iterable[AnswerClass]) -> Iterator[AnswerClass]:
    """Not seeing the person is never like another answer: it changes what others are worth."""
    for one in classes:
        if NO_SIGHT in one.values and len(one.values) > 1:
            others = tuple(value for value in one.values if value != NO_SIGHT)
            yield AnswerClass(others[0], others, one.accepted_by)
            yield AnswerClass(NO_SIGHT, (NO_SIGHT,), one.accepted_by)
        else:
            yield one


def _move(
    index: "TermIndex",
    table: AnswerStates | None,
    place: int,
    answers: AnswerClass,
    needs_sight: bool,
) -> Move:
    if table is None:  # only a mention prompts the question, and no word of it was heard
        return Move(place, answers, 0, 0, needs_sight)
    state = table.after(answers.answer)
    alive, satisfied = state >> index.width, state & index.everything
    return Move(place, answers, index.everything & ~alive, alive & ~satisfied, needs_sight)


def with_prompts(
    choices: Mapping[str, Choice], prompts: Iterable[tuple[Literal, int]]
) -> Mapping[str, Choice]:
    """The choices, where words were heard that stay open until a question has been put."""
    found = dict(choices)
    for literal, terms in prompts:
        fact = fact_asked(literal)
        before = found[fact]
        moves = tuple(_prompted(one, terms, literal.wanted) for one in before.moves)
        reads, waits = before.reads | terms, before.waits | terms
        found[fact] = replace(before, reads=reads, waits=waits, moves=moves)
    return found


def fact_asked(literal: Literal) -> str:
    """The fact that a prompting mention asks for."""
    return getattr(literal.about, "asks", None) or ""


def _prompted(move: Move, terms: int, wanted: bool) -> Move:
    """A word that prompts a question never makes anything true; once it was put it is nothing."""
    if move.answers.answer is LEFT:
        return move._replace(leaves_unknown=move.leaves_unknown | terms)
    return move._replace(contradicts=move.contradicts | terms) if wanted else move
