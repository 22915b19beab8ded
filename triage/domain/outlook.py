"""What may still change: `settled`, `could_become` and the questions worth putting next.

The order of `ask_next`, documented in docs/rule-language.md: questions the narrative prompts, then
the gate; among these what can change the response, then the level, then companions and exclusions;
an answer that does it alone before one that needs others; then the order of the vocabulary.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from triage.domain.ask_wording import because
from triage.domain.calls import CallInput
from triage.domain.cases import Case
from triage.domain.conditions import FALSE, Mentions, tests_of
from triage.domain.decision import Decision
from triage.domain.facts import Fact
from triage.domain.foresight import BUDGET, Effect, Foresight, foresee
from triage.domain.rule_book import numbers_in
from triage.domain.ruleset import RuleSet

DECIDING_KINDS = {"require", "score", "exclude"}
CHANGES = ("response", "level", "companions", "exclusions")


@dataclass(frozen=True, slots=True)
class Question:
    """A question worth putting, in English.

    changes_to -- the responses it could lead to.
    changes -- what it could change, of response, level, companions and exclusions.
    alone -- some answer to it does so without any other.
    mention -- the words of the narrative that prompt it, or "".
    """

    fact: str
    question: str
    changes_to: tuple[str, ...]
    changes: tuple[str, ...]
    because: str
    alone: bool
    mention: str

    def as_dict(self) -> dict[str, object]:
        return {
            "fact": self.fact,
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
    rule_set: RuleSet, call: CallInput, cases: Sequence[Case], budget: int = BUDGET
) -> Outlook:
    """The outlook of a call whose readings have been assessed."""
    ahead = foresee(rule_set, call, cases, budget)
    questions = _Questions(rule_set, call, cases, ahead)
    return Outlook(ahead.settled, ahead.could_become, tuple(questions.in_order()))


class _Questions:
    def __init__(
        self, rule_set: RuleSet, call: CallInput, cases: Sequence[Case], ahead: Foresight
    ) -> None:
        self._rule_set, self._call, self._cases, self._ahead = rule_set, call, cases, ahead
        self._person = rule_set.vocabulary.person(call)
        self._mentioned = dict(self._mentions())

    def in_order(self) -> list[Question]:
        names = dict.fromkeys((*self._mentioned, *self._ahead.effects))
        facts = (self._rule_set.vocabulary.facts[name] for name in names)
        asked = [self._question(fact) for fact in facts if self._worth_asking(fact)]
        return sorted(asked, key=self._urgency)

    def _urgency(self, question: Question) -> tuple[bool, bool, int, bool, int]:
        vocabulary = self._rule_set.vocabulary
        changes = [CHANGES.index(one) for one in question.changes]
        return (
            not question.mention,
            vocabulary.facts[question.fact].ask != "gate",
            min(changes, default=len(CHANGES)),
            not question.alone,
            vocabulary.place_of[question.fact],
        )

    def _mentions(self) -> Iterator[tuple[str, str]]:
        """Facts that the narrative prompts, with the words that do."""
        heard = self._cases[0].heard
        if not heard:
            return
        prompts = [(prompt.asks, prompt.terms) for prompt in self._rule_set.prompts]
        tests = (test for rule in self._rule_set.rules for test in tests_of(rule.when))
        mentions = (test for test in tests if isinstance(test, Mentions))
        prompts += [(one.asks, one.terms) for one in mentions if one.asks]
        for fact, terms in reversed(prompts):
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
        mention = self._mentioned.get(fact.name, "")
        if effects or fact.name not in self._ahead.effects:
            changes_to, changes = self._changed_by(effects)
        else:
            changes_to, changes = self._changed_with_others(fact)
        return Question(
            fact=fact.name,
            question=fact.question(self._person),
            changes_to=changes_to,
            changes=changes,
            because=because(self._rule_set, fact, effects, changes_to, self._ahead, mention),
            alone=bool(effects),
            mention=mention,
        )

    def _changed_by(self, effects: Iterable[Effect]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        present = self._ahead.present
        responses: set[str] = set()
        changes: set[str] = set()
        for effect in effects:
            changes.update(differences(present, effect.decision))
            if effect.decision.response != present.response:
                responses.add(effect.decision.response)
        return self._by_precedence(responses), tuple(one for one in CHANGES if one in changes)

    def _changed_with_others(self, fact: Fact) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What the open rules that read the fact could bring about."""
        book = self._rule_set.book
        reading = book.readers.get(fact.name, 0) & self._ahead.relevant
        speaks_for = book.speaks_for
        responses = {one for one in self._ahead.could_become if speaks_for.get(one, 0) & reading}
        kinds = {self._rule_set.book.rules[number].kind for number in numbers_in(reading)}
        if not responses and (kinds & DECIDING_KINDS or reading & book.asks):
            responses = set(self._ahead.could_become)  # by giving way to somebody else
        may_change = {
            "response": bool(responses),
            "level": "level" in kinds,
            "companions": bool(kinds & {"require", "also"}),
            "exclusions": "exclude" in kinds,
        }
        return self._by_precedence(responses), tuple(one for one in CHANGES if may_change[one])

    def _by_precedence(self, responses: Iterable[str]) -> tuple[str, ...]:
        return tuple(sorted(responses, key=lambda one: self._rule_set.precedence[one]))


def differences(present: Decision, other: Decision) -> Iterator[str]:
    """What two decisions differ in, of CHANGES."""
    if other.response != present.response:
        yield "response"
    if other.level.id != present.level.id:
        yield "level"
    if other.also != present.also:
        yield "companions"
    if other.excluded != present.excluded:
        yield "exclusions"
