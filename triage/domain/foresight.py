"""Looking ahead: can any answer still change the decision, and to what?

Sound: a call is `settled` only when every combination of answers to questions not yet put, unknown
and leaving them unasked among them, was shown to leave response, level, companions and exclusions
alone. Answers that no test tells apart are tried once, rules that can no longer change anything are
not followed, and what the bounds rule out is not searched. The search has a budget; when it runs
out, a call counts as not settled and a response as still possible.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from triage.domain.answer_classes import AnswerClass
from triage.domain.bounds import Bounds
from triage.domain.call_reading import NO_SIGHT, SIGHT_FACT
from triage.domain.calls import CallInput
from triage.domain.cases import Case
from triage.domain.conclusions import keep
from triage.domain.decision import Decision
from triage.domain.differences import weight_of
from triage.domain.positions import Position, Positions, position_of
from triage.domain.readings import Reading, out_of_sight
from triage.domain.ruleset import RuleSet
from triage.domain.scouting import NOTHING_ALONE, Alone, Effect, Scout
from triage.domain.searching import Search

BUDGET = 12
"""Positions looked at by one search through all answers. The same for each search, whatever the
others used up, so that the result never depends on what was remembered from other calls."""
MOST_FORESEEN = 500
"""Looks ahead kept for one rule set. Calls begin alike, and the first questions open most."""
MOST_READINGS = 4
"""With more ways to read contradicting answers only the bounds are looked at."""


@dataclass(frozen=True, slots=True)
class Foresight:
    """What looking ahead found.

    could_become -- responses still possible besides the present one, in precedence.
    effects -- by question, the answers that alone change the outcome; none for a question that
        matters only together with others. Empty when settled.
    relevant -- the rules (bits) that may still change the outcome.
    """

    settled: bool
    could_become: tuple[str, ...]
    effects: Mapping[str, Alone]
    present: Decision
    relevant: int


def foresee(
    rule_set: RuleSet, call: CallInput, cases: Sequence[Case], budget: int = BUDGET
) -> Foresight:
    """Look ahead from a call whose readings have been assessed.

    budget -- positions from which all answers are tried, for each response.
    """
    if len(cases) > MOST_READINGS:
        budget = 0
    lookout = _Lookout(rule_set, call, cases, budget)
    here = lookout.whereabouts()
    known = rule_set.ahead.foreseen.get(here) if here else None
    if known is None:
        known = lookout.report()
        if here:
            keep(rule_set.ahead.foreseen, here, known, MOST_FORESEEN)
    return known


class _Lookout:
    """One look ahead over one call."""

    def __init__(
        self, rule_set: RuleSet, call: CallInput, cases: Sequence[Case], budget: int
    ) -> None:
        self._rule_set, self._budget = rule_set, budget
        self._scout, self._date = Scout(rule_set), call.now[:10]
        self._heard = cases[0].heard
        self._here = tuple([self._position(one.reading, one.state) for one in cases])
        self._present = self._scout.decision(self._here)
        # Learning that the caller cannot see the person makes answers already given unknown. No
        # later answer undoes that, so it is a second starting point rather than one answer more.
        self._remote = self._turned_remote(call, cases)
        for position in self._here if self._remote else ():
            if SIGHT_FACT in position.left:
                seeing = position.left[SIGHT_FACT].seeing
                position.left = {**position.left, SIGHT_FACT: seeing}
        self._seen = {self._present.response}
        self._changed = False

    def whereabouts(self) -> tuple[object, ...]:
        """What the report depends on; empty where that is too much to keep."""
        positions = (*self._here, *self._remote)
        if any(one.prompted for one in positions):
            return ()
        return (
            self._budget,
            len(self._here),
            *[
                (one.alive, one.unknown, one.remote, one.teams.key, tuple(one.left))
                for one in positions
            ],
        )

    def report(self) -> Foresight:
        here, remote = self._here, self._remote
        bounds = [Bounds(position) for position in here]
        relevant = [one.relevant() for one in bounds]
        effects = self._try_single_answers(relevant)
        could_become = self._seen | self._reachable(here, bounds)
        changed = self._changed or len(could_become) > 1 or self._can_change(here)
        if remote and self._matters_when_remote(could_become, changed):
            changed = True
            relevant += [Bounds(position).relevant() for position in remote]
            decision = self._scout.decision(remote)
            alone = effects.get(SIGHT_FACT, NOTHING_ALONE)
            if weight := weight_of(self._present, decision):
                unseen = AnswerClass(NO_SIGHT, (NO_SIGHT,))
                seen = Effect(unseen, decision, weight)
                alone = self._scout.alone(SIGHT_FACT, (*alone.effects, seen))
            effects[SIGHT_FACT] = alone
        precedence = self._rule_set.precedence
        others = sorted(could_become - {self._present.response}, key=lambda one: precedence[one])
        masks = 0
        for mask in relevant:
            masks |= mask
        found = effects if changed else {}
        return Foresight(not changed, tuple(others), found, self._present, masks)

    def _position(self, reading: Reading, state: int | None = None) -> Position:
        return position_of(self._rule_set, reading, self._heard, self._date, state)

    def _turned_remote(self, call: CallInput, cases: Sequence[Case]) -> Positions:
        """The call if the caller turned out not to see the person.

        Empty where that makes no answer already given unknown: then it is an answer like others.
        """
        vocabulary, asked = self._rule_set.vocabulary, call.asked
        fact = vocabulary.facts.get(SIGHT_FACT)
        if fact is None or fact.is_situation or SIGHT_FACT in asked:
            return ()
        if not call.conflicts and not any(
            asked.get(sight.name) in sight.sight_values for sight in vocabulary.sight_facts
        ):
            return ()
        unseen = [out_of_sight(vocabulary, one.reading) for one in cases]
        return tuple([self._position(one) for one in unseen])

    def _matters_when_remote(self, could_become: set[str], changed: bool) -> bool:
        """Does a caller who cannot see open what was closed? Adds the responses that may follow."""
        before = len(could_become)
        decision = self._scout.decision(self._remote)
        could_become.add(decision.response)
        bounds = [Bounds(position) for position in self._remote]
        could_become |= self._reachable(self._remote, bounds, could_become)
        if decision.outcome() != self._present.outcome() or len(could_become) > before:
            return True
        return not changed and self._can_change(self._remote)

    def _try_single_answers(self, relevant: Sequence[int]) -> dict[str, Alone]:
        """Each answer to each question that may matter, by itself."""
        effects = self._scout.single_answers(self._here, relevant, self._present)
        self._seen.update(*[one.responses for one in effects.values()])
        self._changed = any(one.effects for one in effects.values())
        return effects

    def _reachable(
        self, start: Positions, bounds: Sequence[Bounds], seen: Collection[str] = ()
    ) -> set[str]:
        """The responses that further answers can lead to, those already seen left out."""
        possible: set[str] = set()
        for one in bounds:
            possible |= one.responses()
        unseen = possible - self._seen - set(seen)
        return {one for one in unseen if self._finds(start, bounds, one)}

    def _finds(self, start: Positions, bounds: Sequence[Bounds], response: str) -> bool:
        """Can the response come out? True as well when that could not be found out."""
        toward, against = self._rule_set.book.ways[response]
        return Search(
            self._scout,
            lambda decision: decision.response == response,
            toward,
            response,
            against,
            self._budget,
            self._rule_set.ahead.paths.setdefault(response, []),
        ).finds(start, bounds)

    def _can_change(self, start: Positions) -> bool:
        """Can the outcome differ from the present one? True as well when that is not certain."""
        outcome = self._present.outcome()
        return Search(
            self._scout,
            lambda decision: decision.outcome() != outcome,
            (-1,),
            "",
            0,
            self._budget,
            [],
        ).finds(start, ())
