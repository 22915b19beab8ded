"""What follows from answering one more question, without going there."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from triage.domain.answer_classes import AnswerClass
from triage.domain.answers import LEFT
from triage.domain.cases import stands
from triage.domain.conclusions import keep, one_of
from triage.domain.decision import Decision
from triage.domain.differences import weight_of
from triage.domain.moves import Choice, Move
from triage.domain.positions import Position, Positions
from triage.domain.ruleset import RuleSet


class Effect(NamedTuple):
    """What one answer alone would make of the call, and how much that changes."""

    answers: AnswerClass
    decision: Decision
    weight: float


class Alone(NamedTuple):
    """What the answers to one question change, each by itself.

    responses -- those that they lead to.
    weight -- how much they change, where each is as likely as another.
    """

    effects: tuple[Effect, ...]
    responses: tuple[str, ...]
    weight: float


NOTHING_ALONE = Alone((), (), 0.0)
MOST_ALONE = 1_000
"""Effects of single questions kept for one way in which the rules stand."""


class Scout:
    """Decides positions, and tries single answers from them."""

    def __init__(self, rule_set: RuleSet) -> None:
        self.rule_set = rule_set
        self._conclusions = rule_set.ahead.conclusions
        self._conclude = self._conclusions.of
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
            known = self._decided[alike] = stands(self.rule_set, decisions)
        return known

    def single_answers(
        self, positions: Positions, relevant: Sequence[int], present: Decision
    ) -> dict[str, Alone]:
        """By open question that changes a rule, the answers that alone change the outcome.

        relevant -- for each position the rules that matter; questions that none of them reads are
        left out.
        """
        trials = [_Trial(one, rules) for one, rules in zip(positions, relevant, strict=True)]
        if len(trials) == 1:
            return self._from_one(positions[0], trials[0], present)
        found: dict[str, Alone] = {}
        for fact in dict.fromkeys(one.fact for trial in trials for one in trial.choices()):
            choices = [one.left[fact] for one in positions if fact in one.left]
            changes = [
                {move.place: there for move, there in trial.changes(trial.position.left[fact])}
                if fact in trial.position.left
                else {}
                for trial in trials
            ]
            effects = []
            for place in dict.fromkeys(chain.from_iterable(changes)):
                there = [c.get(place, t.here) for c, t in zip(changes, trials, strict=True)]
                decision = self.decide(positions, tuple(there))
                if weight := weight_of(present, decision):
                    effects.append(Effect(choices[0].moves[place].answers, decision, weight))
            found[fact] = self.alone(fact, effects)
        return found

    def _from_one(self, position: Position, trial: "_Trial", present: Decision) -> dict[str, Alone]:
        """The same where the call is read in one way only, as nearly every call is.

        One more answer leaves nearly all other questions as they were, so what was found of them
        is kept.
        """
        kept = self.rule_set.ahead.alone_from(self._standing(position))
        found: dict[str, Alone] = {}
        for choice in trial.choices():
            if not choice.reads & trial.acting:
                found[choice.fact] = NOTHING_ALONE
                continue
            # Where words were heard choices live no longer than the call.
            key = () if position.prompted else trial.surroundings(choice)
            alone = kept.get(key) if key else None
            if alone is None:
                alone = self.alone(choice.fact, self._effects(trial, choice, present))
                if key:
                    keep(kept, key, alone, MOST_ALONE)
            found[choice.fact] = alone
        return found

    def _standing(self, position: Position) -> tuple[object, ...]:
        """How the rules stand, as far as it is told from how others stand."""
        sure = self._conclusions.telling(position.fired & ~position.may_change)
        # Whoever is required for certain is not waited for.
        asking = 0 if sure & self._conclusions.requiring else position.asking
        return sure, position.fired & position.may_change, asking, position.teams.key

    def _effects(self, trial: "_Trial", choice: Choice, present: Decision) -> list[Effect]:
        effects, teams = [], trial.position.teams
        for move, (fired, asking) in trial.changes(choice):
            decision = self._conclude(fired, asking > 0, teams)
            if weight := weight_of(present, decision):
                effects.append(self._effect(move.answers, decision, weight))
        return effects

    def _effect(self, answers: AnswerClass, decision: Decision, weight: float) -> Effect:
        """One object for all calls. What it is kept by lives as long as it does."""
        kept, key = self.rule_set.ahead.effects, (id(answers), id(decision), weight)
        return one_of(kept, key, Effect(answers, decision, weight))

    def alone(self, fact: str, effects: Sequence[Effect]) -> Alone:
        """The effects of one question, one object for all calls as well."""
        if not effects:
            return NOTHING_ALONE
        kept, key = self.rule_set.ahead.several, tuple(map(id, effects))
        known = kept.get(key)
        if known is None:
            evenly = 1 / self.rule_set.told_apart(fact)
            known = Alone(
                tuple(effects),
                tuple(dict.fromkeys(one.decision.response for one in effects)),
                sum([evenly * w for one, _, w in effects if one.answer is not LEFT]),
            )
            keep(kept, key, known)
        return known


class _Trial:
    """Single answers from one position, without going there."""

    def __init__(self, position: Position, relevant: int) -> None:
        book = position.rule_set.book
        self.position, self._fold = position, position.rule_set.ahead.fold
        self._alive = position.alive & book.index.unfold(relevant)
        self._near = self._alive & ~position.unknown & position.open & ~position.open_twice
        counting = relevant & (book.holds | book.asks)
        self._counting = position.alive & book.index.unfold(counting) if counting else 0
        self._lifted = self._alive & book.index.lifted
        self.acting = self._near | self._counting | self._lifted
        """Terms of which an answer that reads none changes nothing by itself."""
        self.here = position.fired, position.asking
        self._not_yet = ~position.fired | position.asking
        self._known: dict[tuple[int, int], tuple[int, int] | None] = {}

    def choices(self) -> Iterable[Choice]:
        """The questions that relevant rules read."""
        alive = self._alive
        return [choice for choice in self.position.left.values() if choice.reads & alive]

    def surroundings(self, choice: Choice) -> tuple[int, ...]:
        """What its changes depend on, besides how the rules stand."""
        reads, counting = choice.reads, self._counting
        if reads & self._lifted:
            return id(choice), *self.position.around(choice)
        return id(choice), self._near & reads, counting if counting & reads else 0

    def changes(self, choice: Choice) -> Sequence[tuple[Move, tuple[int, int]]]:
        """Each answer that changes any, with the rules that fire and those that ask then."""
        if choice.reads & self._lifted:  # it may stop a rule that holds until something is known
            after = [(move, self.position.after_answer(choice, move)) for move in choice.moves]
            return [(move, there) for move, there in after if there != self.here]
        near, counting = self._near & choice.reads, self._counting & choice.reads
        if counting:
            return self._counted(choice, near, counting)
        if not near:
            return ()
        fired, asking = self.here
        not_yet, made_true = self._not_yet, self.position.rule_set.ahead.made_true(choice, near)
        return [
            (move, (fired | rules, asking & ~rules)) for move, rules in made_true if rules & not_yet
        ]

    def _counted(
        self, choice: Choice, near: int, counting: int
    ) -> list[tuple[Move, tuple[int, int]]]:
        """The same where rules read it that count while they are undecided."""
        known = self._known
        changes: list[tuple[Move, tuple[int, int]]] = []
        for move, satisfies in choice.satisfying:
            decided, failing = near & satisfies, counting & move.contradicts
            if not decided and not failing:
                continue
            key = decided, failing
            if key not in known:
                known[key] = self._decided(decided, failing)
            if there := known[key]:
                changes.append((move, there))
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
