"""The questions of a call as a form shows them: answered ones, then what matters next.

The gate comes first, always in the vocabulary's order: dispatchers know it by heart and type ahead,
so no word of the narrative may put another question under their keys. What the narrative prompts
follows at once, marked with the word, then the rest of `ask_next`. A question of the gate that is
prompted keeps its place and has the mark.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from triage.domain.at_odds import at_odds
from triage.domain.contradictions import CALLER, SOURCES, agreed, is_disputed, voice_of
from triage.domain.facts import UNKNOWN_LABEL, Fact, Vocabulary
from triage.domain.place_words import at_such_places
from triage.domain.ruleset import RuleSet
from triage.domain.state_words import unit_name
from triage.domain.words import Named, listed, msgid
from triage.entrypoints.web.languages import spoken
from triage.entrypoints.web.recommendation import Question
from triage.services.centre import Centre

GROUPS = {
    "contact": msgid("Contact"),
    "place": msgid("Place"),
    "call": msgid("Call"),
    "subject": msgid("Person"),
    "medical": msgid("Medical"),
    "safety": msgid("Safety"),
    "suicide": msgid("Suicide"),
    "mental_state": msgid("Mental state"),
    "situation": msgid("Situation"),
}
NEXT = 5
"""Questions beyond the gate and the narrative's that stand ready; others wait behind a heading."""


@dataclass(frozen=True)
class Panel:
    """What the question panel needs, besides what was typed."""

    main: Sequence[Fact]
    others: Sequence[tuple[str, str, Sequence[Fact]]]
    """By group, with its name."""
    consequences: Mapping[str, str]
    next: Sequence[str]
    """What the open questions could change, in the order of the page."""
    person: str
    prompted: Mapping[str, str] = field(default_factory=dict)
    """By question the word of the narrative that prompts it."""
    conflicts: Mapping[str, str] = field(default_factory=dict)
    """By question who says what, where its answers contradict each other or another question's."""
    others_open: bool = False
    """Is anything answered among them?"""
    sources: Sequence[str] = SOURCES[1:]
    """Who may say otherwise."""

    def named_sources(self) -> list[tuple[str, str, str]]:
        """Each as it is written down, as the names of its fields end, and as the page says it."""
        return [(str(source), voice_of(source), spoken(source)) for source in self.sources]

    @property
    def order(self) -> list[str]:
        return [fact.name for fact in self.main]


def panel(
    vocabulary: Vocabulary,
    answered: Mapping[str, Any],
    asked: Sequence[Question],
    prompted: Mapping[str, str],
    *,
    in_place: bool = False,
) -> Panel:
    """answered -- in the order in which they were answered; asked -- `ask_next`; prompted -- see
    `prompted_by`; in_place -- answers stay where their questions stood: they are copied from a
    sheet, from top to bottom."""
    facts = vocabulary.facts
    given = [] if in_place else [name for name in answered if name in facts]
    ahead = [question.fact for question in asked if question.fact not in answered]
    gate = [fact.name for fact in vocabulary.gate if fact.name not in given]
    heard = [name for name in ahead if name in prompted and name not in gate]
    rest = [name for name in ahead if name not in {*heard, *gate}]
    opened = [*gate, *heard, *rest[:NEXT]]
    main = [facts[name] for name in (*given, *opened)]
    consequences = {question.fact: question.consequence for question in asked}
    return Panel(
        main=main,
        others=list(_others(vocabulary, {fact.name for fact in main})),
        consequences=consequences,
        next=[consequences[name] for name in opened if consequences.get(name)],
        person=_person(answered),
        prompted=prompted,
        conflicts=_conflicts(vocabulary, answered),
        others_open=not {*answered}.issubset({fact.name for fact in main}),
    )


def _conflicts(vocabulary: Vocabulary, answered: Mapping[str, Any]) -> Mapping[str, str]:
    told: dict[str, list[str]] = {}
    for one, other in at_odds(vocabulary.seldom_both, answered):
        said = [_said(vocabulary.facts[name], answered[name]) for name in (one, other)]
        asked = msgid("Said: %(one)s. And %(other)s. Which is true?", one=said[0], other=said[1])
        told.setdefault(one, []).append(asked)
        told.setdefault(other, []).append(asked)
    for name, value in answered.items():
        if isinstance(value, dict) and (fact := vocabulary.facts.get(name)):
            told.setdefault(name, []).append(_who_says_what(fact, value))
    return {name: listed(" ", remarks) for name, remarks in told.items()}


def _who_says_what(fact: Fact, value: Any) -> str:
    answers = answer_in_words(fact, value)
    if not is_disputed(value):
        return msgid("Said by somebody else: %(answers)s.", answers=answers)
    counts = (
        msgid("the more dangerous counts") if fact.danger else msgid("each of them is assessed")
    )
    return msgid("Contradicting: %(answers)s; %(counts)s.", answers=answers, counts=counts)


def _said(fact: Fact, value: Any) -> str:
    return listed(": ", [fact.named, answer_in_words(fact, value)])


def prompted_by(rules: RuleSet | None, narrative: str) -> dict[str, str]:
    """The questions that a narrative brings forward, each with the word that does."""
    if rules is None:
        return {}
    heard = rules.listener.hear(narrative)
    said = ((fact, [t for t in terms if t in heard]) for fact, terms in rules.prompting)
    return {fact: terms[0] for fact, terms in said if terms}


def prompted(
    centre: Centre, result: Mapping[str, Any] | None, narrative: str, place: str
) -> dict[str, str]:
    """The same, with the questions about the place that its own name brings forward: words that
    prompt them in a narrative, where they are no street's name. Rules never hear them there."""
    rules = centre.parsed.get(result["sha256"]) if result else None
    if rules is None:
        return {}
    facts = centre.vocabulary.facts
    about = [(fact, terms) for fact, terms in rules.prompting if facts[fact].group == "place"]
    heard = {fact: at_such_places(terms, place) for fact, terms in about}
    return {fact: terms[0] for fact, terms in heard.items() if terms} | prompted_by(
        rules, narrative
    )


def _others(vocabulary: Vocabulary, shown: set[str]) -> Iterable[tuple[str, str, Sequence[Fact]]]:
    for group in vocabulary.groups:
        facts = [
            fact
            for fact in vocabulary.facts.values()
            if fact.group == group and not fact.is_situation and fact.name not in shown
        ]
        yield group, GROUPS.get(group) or group.replace("_", " ").capitalize(), facts


def _person(answered: Mapping[str, Any]) -> str:
    """Whom the questions are put about. Until somebody says so, who wants to talk rings about
    themselves."""
    whose, where = (agreed(answered.get(fact)) for fact in ("caller_role", "caller_proximity"))
    told = whose is not None or where is not None
    itself = whose == "subject_self" or where == "is_subject"
    lonely = not told and agreed(answered.get("problem_type")) == "wants_to_talk"
    return "first" if itself or lonely else "third"


def answer_in_words(fact: Fact | None, value: Any) -> str:
    """A kept answer as a person says it."""
    if isinstance(value, dict):
        reports = value.get("values", ())
        return listed(" / ", [report(fact, one["value"], one["source"]) for one in reports])
    if isinstance(value, list):
        if not value:
            return msgid("none of these")
        return listed(", ", [answer_in_words(fact, one) for one in value])
    if value == "unknown":
        return Named(UNKNOWN_LABEL)
    known = fact.by_value.get(value) if fact and isinstance(value, str) else None
    if known is not None:
        return Named(known.label)
    return listed(" ", [value, unit_name(fact.unit)]) if fact and fact.unit else str(value)


def report(fact: Fact | None, value: Any, source: str) -> str:
    """Who says what."""
    answer = answer_in_words(fact, value)
    return msgid("%(answer)s (%(source)s)", answer=answer, source=source_name(source))


def source_name(source: str) -> str:
    """Who said it, in the page's language."""
    first, later, _ = source.partition(", later")
    named: str = next((one for one in SOURCES if one == first), first)
    caller, _, number = first.partition(" ")
    if caller == CALLER and number.isdigit():
        named = msgid("caller %(number)s", number=number)
    return msgid("%(who)s, later", who=named) if later else named
