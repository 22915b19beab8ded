"""How often each answer was given before: what makes a question worth putting sooner.

Habits order questions and do nothing else: no decision, no `settled` and no `could_become` depends
on them.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from triage.domain.answer_classes import AnswerClass
from triage.domain.answers import LEFT, UNKNOWN, Answer

if TYPE_CHECKING:
    from triage.domain.facts import Vocabulary

MOST_TRUSTED = 0.98
"""No answer counts as surer than this, however often it was given: the rare one may matter most."""


@dataclass(frozen=True)
class Habits:
    """Answers counted over past calls, by fact and value ("unknown" among the values).

    sha256 -- of what was counted, part of what makes an assessment repeatable.
    """

    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    sha256: str = ""

    def share(self, fact: str, answers: AnswerClass, classes: int) -> float:
        """The share of past calls with one of these answers, 0 to 1, of `classes` kinds of answers.

        Each kind counts once more than it was given, so that what never happened still may.
        """
        if answers.answer is LEFT:
            return 0.0
        counted = self.counts.get(fact, {})
        given = sum(counted.get(name, 0) for name in _names(answers))
        return min((given + 1) / (sum(counted.values()) + classes), MOST_TRUSTED)


NO_HABITS = Habits()
FEWEST = 5
"""What fewer calls than this answered is not kept: so small a count could point at a person, and it
says nothing about habits."""


def count_answers(calls: Iterable[Mapping[str, Answer]]) -> dict[str, dict[str, int]]:
    """The answers of many calls, counted by fact and value; contradictions are left out."""
    counts: dict[str, dict[str, int]] = {}
    for answers in calls:
        for fact, answer in answers.items():
            if isinstance(answer, str) or answer is UNKNOWN:
                name = answer if isinstance(answer, str) else UNKNOWN.value
                by_value = counts.setdefault(fact, {})
                by_value[name] = by_value.get(name, 0) + 1
    return counts


def countable(vocabulary: "Vocabulary") -> tuple[str, ...]:
    """The facts whose answers are counted: questions with one of a few values for an answer."""
    return tuple(
        fact.name
        for fact in vocabulary.facts.values()
        if fact.type in ("choice", "yes_no") and not fact.is_situation
    )


def habits_from(counts: Mapping[str, Mapping[str, int]]) -> Habits:
    """Habits to keep: counts without those of fewer than FEWEST calls."""
    common = {
        fact: {value: n for value, n in sorted(by_value.items()) if n >= FEWEST}
        for fact, by_value in sorted(counts.items())
    }
    kept = {fact: by_value for fact, by_value in common.items() if by_value}
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    return Habits(kept, hashlib.sha256(text.encode()).hexdigest())


def _names(answers: AnswerClass) -> tuple[str, ...]:
    return (UNKNOWN.value,) if answers.answer is UNKNOWN else answers.values
