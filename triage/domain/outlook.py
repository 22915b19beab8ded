"""What may still change: `settled`, `could_become` and the questions worth putting next.

The order of `ask_next`, documented in docs/rule-language.md: questions the narrative prompts, then
the gate; among these by how much an answer changes, weighted by how often it was given before; then
the order of the vocabulary.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from triage.domain.ask_wording import because
from triage.domain.calls import CallInput
from triage.domain.cases import Case
from triage.domain.conditions import FALSE
from triage.domain.decision import Decision
from triage.domain.facts import Fact
from triage.domain.foresight import BUDGET, Effect, Foresight, foresee
from triage.domain.habits import NO_HABITS, Habits
from triage.domain.ruleset import RuleSet

DECIDING_KINDS = ("require", "score", "exclude")
WEIGHTS = {"response": 8.0, "level": 4.0, "companions": 2.0, "exclusions": 1.0}
"""What an answer can change, the most important first, and how much that counts."""
WITH_OTHERS = 0.02
"""What a change counts that needs other answers as well."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question worth putting, in English.

    changes_to -- the responses it could lead to.
    changes -- what it could change, of response, level, companions and exclusions.
    effects -- the answers that do so without any other.
    mention -- the words of the narrative that prompt it, or "".
    weight -- how much its answer is expected to change.
    """

    fact: Fact
    question: str
    changes_to: tuple[str, ...]
    changes: tuple[str, ...]
    effects: tuple[Effect, ...]
    mention: str
    weight: float
    ahead: Foresight
    rule_set: RuleSet

    @property
    def because(self) -> str:
        """ "Goes to patrol if a weapon is in hand." """
        return because(
            self.rule_set, self.fact, self.effects, self.changes_to, self.ahead, self.mention
        )

    def as_dict(self) -> dict[str, object]:
        return {
            "fact": self.fact.name,
            "question": self.question,
            "changes_to": list(self.changes_to),
            "changes": list(self.changes),
            "because": self.because,
        }


@dataclass(frozen=True, slots=True)
class Outlook:
    """settled: no answer to a question not yet put can change the decision; None: not looked at."""

    settled: bool | None
    could_become: tuple[str, ...]
    ask_next: tuple[Question, ...]


NO_OUTLOOK = Outlook(None, (), ())


def look_ahead(
    rule_set: RuleSet,
    call: CallInput,
    cases: Sequence[Case],
    habits: Habits = NO_HABITS,
    budget: int = BUDGET,
) -> Outlook:
    """The outlook of a call whose readings have been assessed."""
    ahead = foresee(rule_set, call, cases, budget)
    questions = _Questions(rule_set, call, cases, ahead, habits)
    return Outlook(ahead.settled, ahead.could_become, tuple(questions.in_order()))


class _Questions:
    def __init__(
        self,
        rule_set: RuleSet,
        call: CallInput,
        cases: Sequence[Case],
        ahead: Foresight,
        habits: Habits,
    ) -> None:
        self._rule_set, self._call, self._cases, self._ahead = rule_set, call, cases, ahead
        self._habits, self._person = habits, rule_set.vocabulary.person(call)
        self._mentioned = dict(self._mentions())
        self._changed: dict[int, tuple[str, ...]] = {}

    def in_order(self) -> list[Question]:
        names = dict.fromkeys((*self._mentioned, *self._ahead.effects))
        facts = (self._rule_set.vocabulary.facts[name] for name in names)
        asked = [self._question(fact) for fact in facts if self._worth_asking(fact)]
        return sorted(asked, key=self._urgency)

    def _urgency(self, question: Question) -> tuple[bool, bool, float, int]:
        fact = question.fact
        place = self._rule_set.vocabulary.place_of[fact.name]
        return not question.mention, fact.ask != "gate", -question.weight, place

    def _mentions(self) -> Iterator[tuple[str, str]]:
        """Facts that the narrative prompts, with the words that do."""
        heard = self._cases[0].heard
        for fact, terms in self._rule_set.prompting if heard else ():
            found = next((term for term in terms if term in heard), None)
            if found is not None and fact not in self._call.asked:
                yield fact, found

    def _worth_asking(self, fact: Fact) -> bool:
        if fact.is_situation:
            return False
        if fact.ask_when is None:
            return True
        truths = (fact.ask_when.truth(c.reading.answers, c.heard) for c in self._cases)
        return any(truth is not FALSE for truth in truths)

    def _question(self, fact: Fact) -> Question:
        effects = self._ahead.effects.get(fact.name, ())
        if effects:
            changes_to, changes = self._changed_by(effects)
            weight = self._weight(fact, effects)
        elif fact.name in self._ahead.effects:
            changes_to, changes = self._changed_with_others(fact)
            weight = WITH_OTHERS * sum(WEIGHTS[one] for one in changes)
        else:
            changes_to, changes, weight = (), (), 0.0
        mention = self._mentioned.get(fact.name, "")
        asked = fact.question(self._person)
        return Question(
            fact, asked, changes_to, changes, effects, mention, weight, self._ahead, self._rule_set
        )

    def _weight(self, fact: Fact, effects: Iterable[Effect]) -> float:
        options = self._rule_set.options.get(fact.name)
        classes = len(options.classes) if options else 1
        return sum(
            self._habits.share(fact.name, one.answers, classes)
            * sum([WEIGHTS[change] for change in self._differences(one.decision)])
            for one in effects
        )

    def _changed_by(self, effects: Iterable[Effect]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        present = self._ahead.present.response
        found = {change for one in effects for change in self._differences(one.decision)}
        responses = {one.decision.response for one in effects} - {present}
        return self._by_precedence(responses), tuple(one for one in WEIGHTS if one in found)

    def _differences(self, other: Decision) -> tuple[str, ...]:
        known = self._changed.get(id(other))
        if known is None:
            known = self._changed[id(other)] = tuple(differences(self._ahead.present, other))
        return known

    def _changed_with_others(self, fact: Fact) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What the open rules that read the fact could bring about."""
        book = self._rule_set.book
        reading = book.readers.get(fact.name, 0) & self._ahead.relevant
        could_become = self._ahead.could_become
        responses = {one for one in could_become if book.speaks_for.get(one, 0) & reading}
        kinds = {kind for kind, rules in book.of_kind.items() if rules & reading}
        if not responses and (not kinds.isdisjoint(DECIDING_KINDS) or reading & book.asks):
            responses = set(could_become)  # by giving way to somebody else
        may_change: Mapping[str, bool] = {
            "response": bool(responses),
            "level": "level" in kinds,
            "companions": "require" in kinds or "also" in kinds,
            "exclusions": "exclude" in kinds,
        }
        return self._by_precedence(responses), tuple(one for one in WEIGHTS if may_change[one])

    def _by_precedence(self, responses: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(responses, key=self._rule_set.precedence.__getitem__))


def differences(present: Decision, other: Decision) -> Iterator[str]:
    """What two decisions differ in, of the keys of WEIGHTS."""
    if other.response != present.response:
        yield "response"
    if other.level.id != present.level.id:
        yield "level"
    if other.also != present.also:
        yield "companions"
    if other.excluded != present.excluded:
        yield "exclusions"
