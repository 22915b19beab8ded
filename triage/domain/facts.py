"""The vocabulary: what can be asked about a call, and who can answer it.

`Vocabulary.read_call` turns what came in into a `CallInput` or refuses it with every problem at
once. Rule sets, screens and the API know facts, values and responses only through this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from triage.domain.answer_reading import CODE_LENGTH
from triage.domain.answers import UNKNOWN, Answer, Gap, Value
from triage.domain.at_odds import Pair
from triage.domain.call_reading import SIGHT_FACT, read_answer, read_call
from triage.domain.calls import CallInput
from triage.domain.conditions import Condition
from triage.domain.words import LANGUAGES, Named, Words

FactType = Literal["yes_no", "choice", "multi", "number", "code"]
Ask = Literal["gate", "when_it_matters", "never"]
ReadBy = Literal["any", "raising", "plan_and_also"]
ReachedBy = Literal["page", "cad", "transfer", "record"]
Person = Literal["first", "third"]

UNKNOWN_KEY = "u"
UNKNOWN_LABEL = Words((("en", "Not known"), ("es", "No se sabe")))


@dataclass(frozen=True, slots=True)
class FactValue:
    name: str
    key: str
    """One character that chooses this answer on the keyboard."""
    label: Words
    needs_sight: bool = False
    phrase: Words | None = None
    """ "a weapon is in hand": how sentences say it."""


@dataclass(frozen=True, slots=True)
class AnswerLabel:
    """One answer a screen offers."""

    value: str
    key: str
    label: str


@dataclass(frozen=True)
class Fact:
    """Something a call-taker can learn, and the question that gets it."""

    name: str
    group: str
    type: FactType
    ask: Ask
    order: int = 0
    """Place among the gate questions, or the others, ascending."""
    first: Words | None = None
    """The question to somebody about themselves; None where `ask` is never."""
    third: Words | None = None
    yes_no: Words | None = None
    """The question so that yes or no answers it, for a caller who cannot speak freely."""
    values: tuple[FactValue, ...] = ()
    danger: tuple[str, ...] = ()
    """All values, least dangerous first; empty where danger has no order."""
    low: float | None = None
    high: float | None = None
    unit: str = ""
    longest: int = CODE_LENGTH
    """Characters of a code."""
    in_texts: bool = False
    ask_when: Condition | None = None
    ask_first: Condition | None = None
    """While true, the question is put with the gate: it is what the call is about."""
    read_by: ReadBy = "any"
    noun: Words | None = None

    @cached_property
    def value_names(self) -> tuple[str, ...]:
        return tuple(value.name for value in self.values)

    @cached_property
    def by_value(self) -> Mapping[str, FactValue]:
        return {value.name: value for value in self.values}

    @cached_property
    def sight_values(self) -> frozenset[str]:
        """Values that only somebody who sees the person can report."""
        return frozenset(value.name for value in self.values if value.needs_sight)

    @cached_property
    def is_situation(self) -> bool:
        """Supplied by the centre's systems, never asked."""
        return self.ask == "never" or self.group == "situation"

    def called(self, language: str = "en") -> str:
        """The short noun for sentences."""
        return self.noun.say(language) if self.noun else self.name.replace("_", " ")

    @property
    def named(self) -> str:
        """The same, as each reader says it."""
        return Named(self.noun) if self.noun else self.called()

    def question(self, person: Person = "third", language: str = "en") -> str:
        """The question to put; "" for what is never asked."""
        words = self.first if person == "first" else self.third
        return words.say(language) if words else ""

    def answers(self, language: str = "en") -> tuple[AnswerLabel, ...]:
        """What a screen offers, in order; "not known" comes last. No values for number and code."""
        unknown = AnswerLabel("unknown", UNKNOWN_KEY, UNKNOWN_LABEL.say(language))
        offered = (AnswerLabel(v.name, v.key, v.label.say(language)) for v in self.values)
        return (*offered, unknown)

    def clause(self, value: str) -> Named:
        """As `phrase`, as each reader says it."""
        return Named(Words(tuple((each, self.phrase(value, each)) for each in LANGUAGES)))

    def phrase(self, value: str, language: str = "en") -> str:
        """A clause for sentences: "a weapon is in hand", or "weapon is in hand" without one."""
        known = self.by_value.get(value)
        if known is not None and known.phrase is not None:
            return known.phrase.say(language)
        label = known.label.say(language) if known else value.replace("_", " ")
        said = f"{label[:1].lower()}{label[1:]}"
        if self.type == "yes_no":
            form = {"es": "la respuesta sobre {} es {}"}.get(language, "the answer on {} is {}")
        else:
            form = {"es": "{} es {}"}.get(language, "{} is {}")
        return form.format(self.called(language), said)


@dataclass(frozen=True)
class Response:
    """Somebody who can answer a call, or a way to close it."""

    id: str
    labels: Words
    about: Words
    reached_by: ReachedBy
    roles: tuple[str, ...] = ()
    """Slots to fill, e.g. clinician and officer; only for `reached_by: page`."""
    comes: Words | None = None
    """Who appears at the door, for plain scripts."""
    dress: Words | None = None
    """What they wear."""
    armed: bool = False
    public_safety: bool = False
    availability_fact: str | None = None
    """A yes/no fact of the situation; `no` means no such team is on shift."""

    def label(self, language: str = "en") -> str:
        return self.labels.say(language)

    @property
    def is_police(self) -> bool:
        """Police without a clinician."""
        return self.public_safety and "clinician" not in self.roles

    @property
    def is_somebody(self) -> bool:
        """A person takes the call over, rather than a line in the record."""
        return self.reached_by != "record"


@dataclass(frozen=True)
class Vocabulary:
    """All facts by name and responses by id, in the order of the file.

    sha256 -- of the file's UTF-8 bytes, lower-case hex.
    """

    version: str
    title: str
    about: str
    groups: tuple[str, ...]
    facts: Mapping[str, Fact]
    responses: Mapping[str, Response]
    partners: tuple[str, ...] = ()
    seldom_both: tuple[Pair, ...] = ()
    """Answers of which the desk is told that they go badly together."""
    sha256: str = field(default="", compare=False)

    def __hash__(self) -> int:
        return hash((self.version, tuple(self.facts), tuple(self.responses)))

    @cached_property
    def gate(self) -> tuple[Fact, ...]:
        """The questions of every call, in the order in which they are put."""
        gate = (fact for fact in self.facts.values() if fact.ask == "gate")
        return tuple(sorted(gate, key=lambda fact: fact.order))

    @cached_property
    def situation(self) -> tuple[Fact, ...]:
        """The facts that are supplied, never asked."""
        return tuple(fact for fact in self.facts.values() if fact.is_situation)

    @cached_property
    def sight_facts(self) -> tuple[Fact, ...]:
        """The facts with a value that only sight of the person can establish."""
        return tuple(fact for fact in self.facts.values() if fact.sight_values)

    @cached_property
    def availability_facts(self) -> frozenset[str]:
        """Facts that say whether teams of some kind are on shift."""
        named = (response.availability_fact for response in self.responses.values())
        return frozenset(name for name in named if name)

    @cached_property
    def not_supplied(self) -> Mapping[str, Value | Gap]:
        """What counts for each fact of the situation that a call does not state.

        A team's availability not stated means available, everything else is unknown.
        """
        available = self.availability_facts
        return {f.name: "yes" if f.name in available else UNKNOWN for f in self.situation}

    @cached_property
    def place_of(self) -> Mapping[str, int]:
        """The place of each fact in the order of asking: the gate first."""
        ordered = sorted(self.facts.values(), key=lambda f: (f.ask != "gate", f.order))
        return {fact.name: place for place, fact in enumerate(ordered)}

    def person(self, call: CallInput) -> Person:
        """Does the caller speak about themselves? Third person when in doubt."""
        role, proximity = call.asked.get("caller_role"), call.asked.get(SIGHT_FACT)
        return "first" if role == "subject_self" or proximity == "is_subject" else "third"

    def read_call(self, raw: object) -> CallInput:
        """The call in `raw`, decoded JSON of the shape `{facts, narrative, situation}`.

        Raises InvalidCall with all problems at once.
        """
        return read_call(self, raw)

    def read_answer(self, name: str, raw: object) -> Answer:
        """One answer as a form or program states it. Raises InvalidCall."""
        return read_answer(self, name, raw)
