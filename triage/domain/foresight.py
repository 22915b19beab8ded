"""Looking ahead: can any answer still change the decision, and to what?

Sound: a call is `settled` only when every combination of answers to questions not yet put, unknown
and leaving them unasked among them, was shown to leave response, level, companions and exclusions
alone. Answers that no test tells apart are tried once, rules that can no longer change anything are
not followed, and what the bounds rule out is not searched. The search has a budget; when it runs
out, a call counts as not settled and a response as still possible.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from triage.domain.answer_classes import AnswerClass
from triage.domain.call_reading import NO_SIGHT, SIGHT_FACT
from triage.domain.calls import CallInput
from triage.domain.cases import Case, cases_of
from triage.domain.decision import Decision
from triage.domain.ruleset import RuleSet
from triage.domain.scouting import OutOfBudget, Position, Positions, Scout, Search, shades

BUDGET = 40
"""Positions from which answers are tried, beyond the single answers; each takes some 100 us."""
MOST_READINGS = 4
"""With more ways to read contradicting answers only the bounds are looked at."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What one answer alone would make of the call."""

    answers: AnswerClass
    decision: Decision


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
    effects: Mapping[str, tuple[Effect, ...]]
    present: Decision
    relevant: int


def foresee(
    rule_set: RuleSet, call: CallInput, cases: Sequence[Case], budget: int = BUDGET
) -> Foresight:
    """Look ahead from a call whose readings have been assessed.

    budget -- positions to try beyond the single answers.
    """
    if len(cases) > MOST_READINGS:
        budget = 0
    return _Lookout(rule_set, call, cases, budget).report()


def _positions(rule_set: RuleSet, cases: Iterable[Case], date: str) -> Positions:
    return tuple(
        Position(
            c.reading.answers, shades(rule_set, c.reading.answers, c.heard, date), c.reading.teams
        )
        for c in cases
    )


class _Lookout:
    """One look ahead over one call."""

    def __init__(
        self, rule_set: RuleSet, call: CallInput, cases: Sequence[Case], budget: int
    ) -> None:
        self._rule_set, self._left = rule_set, budget
        self._scout = Scout(rule_set, cases[0].heard)
        self._here = _positions(rule_set, cases, call.now[:10])
        self._present = self._scout.decision(self._here)
        # Learning that the caller cannot see the person makes answers already given unknown. No
        # later answer undoes that, so it is a second starting point rather than one answer more.
        self._remote = self._turned_remote(call)
        self._seen = {self._present.response}
        self._changed = False

    def report(self) -> Foresight:
        here, remote = self._here, self._remote
        relevant = [bounds.relevant() for bounds in self._scout.bounds(here)]
        effects = self._try_single_answers(relevant)
        could_become = self._seen | self._reachable(here)
        changed = self._changed or len(could_become) > 1 or self._can_change(here)
        if remote and self._matters_when_remote(could_become, changed):
            changed = True
            decision = self._scout.decision(remote)
            effects.setdefault(SIGHT_FACT, [])
            if decision.outcome() != self._present.outcome():
                unseen = AnswerClass(NO_SIGHT, (NO_SIGHT,))
                effects[SIGHT_FACT].append(Effect(unseen, decision))
        precedence = self._rule_set.precedence
        others = sorted(could_become - {self._present.response}, key=lambda one: precedence[one])
        found = {fact: tuple(some) for fact, some in effects.items()} if changed else {}
        masks = 0
        for mask in relevant:
            masks |= mask
        return Foresight(not changed, tuple(others), found, self._present, masks)

    def _turned_remote(self, call: CallInput) -> Positions:
        """The call if the caller turned out not to see the person; empty if that cannot matter."""
        vocabulary, options = self._rule_set.vocabulary, self._rule_set.options
        fact = vocabulary.facts.get(SIGHT_FACT)
        if fact is None or fact.is_situation or SIGHT_FACT in call.asked:
            return ()
        if not any(sight.name in options for sight in vocabulary.sight_facts):
            return ()
        return _positions(
            self._rule_set,
            cases_of(self._rule_set, call.with_fact(SIGHT_FACT, NO_SIGHT)),
            call.now[:10],
        )

    def _matters_when_remote(self, could_become: set[str], changed: bool) -> bool:
        """Does a caller who cannot see open what was closed? Adds the responses that may follow."""
        before = len(could_become)
        decision = self._scout.decision(self._remote)
        could_become.add(decision.response)
        could_become |= self._reachable(self._remote, could_become)
        if decision.outcome() != self._present.outcome() or len(could_become) > before:
            return True
        return not changed and self._can_change(self._remote)

    def _answers_to(self, fact: str) -> Iterable[AnswerClass]:
        for one in self._rule_set.options[fact].classes:
            if fact != SIGHT_FACT or not self._remote or NO_SIGHT not in one.values:
                yield one
            elif values := tuple(value for value in one.values if value != NO_SIGHT):
                yield AnswerClass(values[0], values, one.accepted_by)

    def _try_single_answers(self, relevant: Sequence[int]) -> dict[str, list[Effect]]:
        """Each answer to each question that may matter, by itself."""
        tests = self._scout.open_tests(self._here, relevant)
        effects: dict[str, list[Effect]] = {fact: [] for fact, _ in tests}
        if len(self._here) > MOST_READINGS:
            return effects
        decided = self._scout.decided_by_one(self._here, relevant)
        for fact, found in effects.items():
            rules = decided.get(fact, 0)
            for answers in self._answers_to(fact) if rules else ():
                there = self._scout.answer(self._here, fact, answers.answer, rules)
                decision = self._scout.decision(there)
                if decision.outcome() != self._present.outcome():
                    found.append(Effect(answers, decision))
                    self._seen.add(decision.response)
                    self._changed = True
        return effects

    def _reachable(self, start: Positions, seen: Collection[str] = ()) -> set[str]:
        """The responses that further answers can lead to, those already seen left out."""
        possible: set[str] = set()
        for bounds in self._scout.bounds(start):
            possible |= bounds.responses()
        unseen = sorted(possible - self._seen - set(seen))
        found = set()
        for place, response in enumerate(unseen):
            allowance = self._left // (len(unseen) - place)
            if self._finds(start, response, allowance):
                found.add(response)
        return found

    def _finds(self, start: Positions, response: str, allowance: int) -> bool:
        """Can the response come out? True as well when that could not be found out."""
        toward = self._rule_set.book.speaks_for.get(response, 0)
        search = Search(
            self._scout,
            self._answers_to,
            lambda decision: decision.response == response,
            lambda bounds: any(response in one.responses() for one in bounds),
            toward,
            allowance,
        )
        return self._run(search, start)

    def _can_change(self, start: Positions) -> bool:
        """Can the outcome differ from the present one? True as well when that is not certain."""
        outcome = self._present.outcome()
        search = Search(
            self._scout,
            self._answers_to,
            lambda decision: decision.outcome() != outcome,
            lambda _: True,
            0,
            self._left,
        )
        return self._run(search, start)

    def _run(self, search: Search, start: Positions) -> bool:
        before = search.left
        try:
            return search.finds(start)
        except OutOfBudget:
            return True
        finally:
            self._left -= before - search.left
