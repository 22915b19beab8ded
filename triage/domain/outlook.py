"""What may still change: `settled`, `could_become` and the questions worth putting next.

The order of `ask_next`, documented in docs/rule-language.md: questions the narrative prompts, then
the gate and what the call is about; among these by how much an answer changes, weighted by how
often it was given before; then the order of the vocabulary.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from triage.domain.ask_wording import Wording
from triage.domain.calls import CallInput
from triage.domain.cases import Case
from triage.domain.facts import Fact
from triage.domain.foresight import BUDGET, Foresight, foresee
from triage.domain.habits import NO_HABITS, Habits
from triage.domain.ruleset import RuleSet
from triage.domain.scouting import NOTHING_ALONE, Alone, Effect
from triage.domain.words import listed, msgid

PERHAPS = 0.5
"""What a question counts that may turn out to make no sense for the call."""


class Question(NamedTuple):
    """A question worth putting, itself in English.

    effects -- the answers that change something without any other.
    mention -- the words of the narrative that prompt it, or "".
    weight -- how much its answer is expected to change.
    """

    fact: Fact
    effects: tuple[Effect, ...]
    mention: str
    weight: float
    asker: "_Questions"

    @property
    def question(self) -> str:
        return self.fact.question(self.asker.person)

    @property
    def changes_to(self) -> tuple[str, ...]:
        """The responses it could lead to."""
        return self.asker.wording.of(self.fact, self.effects).changes_to

    @property
    def changes(self) -> tuple[str, ...]:
        """What it could change, of response, level, companions and exclusions."""
        return self.asker.wording.of(self.fact, self.effects).changes

    @property
    def because(self) -> str:
        """ "Goes to patrol if a weapon is in hand." """
        because = self.asker.wording.of(self.fact, self.effects).because
        if not self.mention:
            return because
        said = msgid("The narrative says “%(word)s”.", word=self.mention)
        return listed(" ", (said, because)) if because else said

    def as_dict(self) -> dict[str, object]:
        told = self.asker.wording.of(self.fact, self.effects)
        return {
            "fact": self.fact.name,
            "question": self.question,
            "changes_to": list(told.changes_to),
            "changes": list(told.changes),
            "because": self.because if self.mention else told.because,
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
    """Puts the questions of one look ahead in order and knows what they change."""

    def __init__(
        self,
        rule_set: RuleSet,
        call: CallInput,
        cases: Sequence[Case],
        ahead: Foresight,
        habits: Habits,
    ) -> None:
        self.rule_set, self.ahead = rule_set, ahead
        self.person = rule_set.vocabulary.person(call)
        self.wording = Wording(rule_set, ahead)
        self.cases, self._call, self._habits = cases, call, habits
        self._mentioned = dict(self._mentions())

    def in_order(self) -> list[Question]:
        """Those that make sense for the call, or may, and those that its own words bring up."""
        effects, mentioned = self.ahead.effects, self._mentioned
        turns, asked = self.rule_set.ahead.turns, []
        true, undecided = turns.now(self.cases)
        for name in dict.fromkeys((*mentioned, *effects)) if mentioned else effects:
            if name not in turns.of:
                continue
            fact, sense, first, place = turns.of[name]
            if not (true | undecided) & sense and name not in mentioned:
                continue
            alone, mention = effects.get(name, NOTHING_ALONE), mentioned.get(name, "")
            weight = self._weight(fact, alone) if alone.effects else float(name in effects)
            if not true & sense:
                weight *= PERHAPS
            urgency = not mention, not true & first, not alone.effects, -weight, place
            asked.append((urgency, Question(fact, alone.effects, mention, weight, self)))
        asked.sort(key=itemgetter(0))
        return [question for _, question in asked]

    def _mentions(self) -> Iterator[tuple[str, str]]:
        """Facts that the narrative prompts, with the words that do."""
        heard = self.cases[0].heard
        for fact, terms in self.rule_set.prompting if heard else ():
            found = next((term for term in terms if term in heard), None)
            if found is not None and fact not in self._call.asked:
                yield fact, found

    def _weight(self, fact: Fact, alone: Alone) -> float:
        """How much each answer changes, by how often it is given."""
        if not self._habits.counts:
            return alone.weight
        classes = self.rule_set.told_apart(fact.name)
        share = partial(self._habits.share, fact.name, classes=classes)
        return sum([share(one.answers) * one.weight for one in alone.effects])
