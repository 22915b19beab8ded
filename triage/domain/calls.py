"""A call as it is handed to the rules: answers, narrative and situation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from triage.domain.answers import Answer, Conflicting, answer_as_json


@dataclass(frozen=True)
class CallInput:
    """What is known about a call. Immutable; made by `Vocabulary.read_call`.

    facts, situation -- answers sorted by fact; what is missing was not asked, or not supplied.
    unavailable -- responses whose teams cannot come, with the coded cause.
    minutes_to -- minutes until the next team of a response could be there.
    now -- ISO date and time with offset, or "": the clock is never read.
    """

    facts: tuple[tuple[str, Answer], ...] = ()
    narrative: str = ""
    situation: tuple[tuple[str, Answer], ...] = ()
    unavailable: tuple[tuple[str, str], ...] = ()
    minutes_to: tuple[tuple[str, float], ...] = ()
    now: str = ""

    asked: Mapping[str, Answer] = field(init=False, repr=False, compare=False)
    """Every answer by fact, those of the situation included."""
    conflicts: bool = field(init=False, repr=False, compare=False)
    """Does any answer contradict itself?"""

    def __post_init__(self) -> None:
        asked = dict(self.facts + self.situation)
        object.__setattr__(self, "asked", asked)
        object.__setattr__(self, "conflicts", Conflicting in map(type, asked.values()))

    def with_fact(self, name: str, answer: Answer) -> "CallInput":
        """The call with one more, or another, answer. A checked one: `Vocabulary.read_answer`."""
        if name in dict(self.situation):
            return replace(self, situation=_put(self.situation, name, answer))
        return replace(self, facts=_put(self.facts, name, answer))

    def as_dict(self) -> dict[str, object]:
        """The call as JSON that `read_call` accepts and reads back to an equal call."""
        situation = _as_json(self.situation)
        if self.unavailable:
            situation["unavailable"] = dict(self.unavailable)
        if self.minutes_to:
            situation["minutes_to"] = dict(self.minutes_to)
        if self.now:
            situation["now"] = self.now
        return {
            "facts": _as_json(self.facts),
            "narrative": self.narrative,
            "situation": situation,
        }


def _as_json(pairs: Iterable[tuple[str, Answer]]) -> dict[str, object]:
    return {name: answer_as_json(answer) for name, answer in pairs}


def _put(
    pairs: tuple[tuple[str, Answer], ...], name: str, answer: Answer
) -> tuple[tuple[str, Answer], ...]:
    changed = dict(pairs)
    changed[name] = answer
    return tuple(sorted(changed.items(), key=lambda pair: pair[0]))
