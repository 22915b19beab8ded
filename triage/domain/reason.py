"""Why a rule fired, as one sentence with its source."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from triage.domain.answers import Answers, answer_as_json
from triage.domain.conditions import Mentions, facts_of, tests_of
from triage.domain.narrative import Heard

if TYPE_CHECKING:
    from triage.domain.ruleset import Rule


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that fired, or something the set says besides its rules.

    rule -- the id, or "default", "ask", "fallback" for what is no rule.
    on_unknown -- it fired because the answer is unknown and the rule says that this counts.
    responses -- whom it is about.
    facts, mentions -- what it reads.
    place -- of the rule in the file, 0 first.
    """

    rule: str
    kind: str
    because: str
    source: str
    standing: str = ""
    on_unknown: bool = False
    entirely: bool = False
    responses: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    mentions: tuple[Mentions, ...] = ()
    place: int = 0

    def as_dict(self, answers: Answers, heard: Heard) -> dict[str, object]:
        return {
            "rule": self.rule,
            "kind": self.kind,
            "because": self.because,
            "source": self.source,
            "standing": self.standing,
            "facts": self.read(answers, heard),
            "on_unknown": self.on_unknown,
        }

    def read(self, answers: Answers, heard: Heard) -> dict[str, object]:
        """The answers it read, None for what was not asked, and the word of the narrative."""
        read = {
            fact: answer_as_json(answers[fact]) if fact in answers else None
            for fact in self.facts
            if self.on_unknown or fact in answers
        }
        said = next((word for test in self.mentions if (word := test.found(heard))), None)
        return {**read, "narrative": said} if said else read


def reasons_of(
    rules: Iterable["Rule"], places: Iterable[int], *, on_unknown: bool
) -> tuple[Reason, ...]:
    """One reason for each rule, ready for the calls in which it fires."""
    return tuple(
        Reason(
            rule=rule.id,
            kind=rule.kind,
            because=rule.because,
            source=rule.source,
            standing=rule.standing,
            on_unknown=on_unknown,
            entirely=rule.entirely,
            responses=rule.responses or tuple(response for response, _ in rule.points),
            facts=facts_of(rule.whole),
            mentions=tuple(test for test in tests_of(rule.when) if isinstance(test, Mentions)),
            place=place,
        )
        for rule, place in zip(rules, places, strict=True)
    )
