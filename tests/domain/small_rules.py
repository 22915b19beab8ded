"""A small vocabulary, and small rule sets made of values, for tests of the rules."""

from itertools import chain, combinations
from typing import Any

from triage.domain.answers import Value
from triage.domain.comparisons import compare
from triage.domain.conditions import ALWAYS, Condition, Every
from triage.domain.facts import Fact, FactValue, Response, Vocabulary
from triage.domain.ruleset import AskFirst, Default, Kind, Level, Rule, RuleSet, Source
from triage.domain.words import Words


def words(text: str) -> Words:
    return Words.of({"en": text, "es": f"{text} (es)"})


def choice(name: str, *values: str, **more: Any) -> Fact:
    """A choice; values ending in ~ need sight."""
    read = tuple(
        FactValue(value.rstrip("~"), str(key), words(value.rstrip("~")), value.endswith("~"))
        for key, value in enumerate(values, start=1)
    )
    more = {"ask": "when_it_matters", "type": "choice", "group": "safety"} | more
    question = words(f"{name}?")
    return Fact(name=name, first=question, third=question, values=read, **more)


def response(name: str, **more: Any) -> Response:
    more = {"reached_by": "cad"} | more
    return Response(id=name, labels=words(name.title()), about=words(""), **more)


FACTS = (
    choice(
        "weapon",
        "none",
        "seen_none~",
        "in_hand",
        danger=("none", "seen_none", "in_hand"),
        ask="gate",
    ),
    choice("violence", "no", "yes", type="yes_no"),
    choice("problem", "drunk", "lost", "sad"),
    choice("caller_proximity", "with_person", "remote"),
    choice("hazards", "fire", "gas", type="multi"),
    choice("hours", type="number", low=0, high=100),
    choice("code", type="code"),
    choice("team_on", "yes", "no", type="yes_no", ask="never", group="situation"),
    choice("cold", "yes", "no", type="yes_no", ask="never", group="situation"),
)
RESPONSES = (
    response("police", public_safety=True, armed=True),
    response("ems"),
    response("mobile", reached_by="page", roles=("clinician",), availability_fact="team_on"),
    response("line", reached_by="transfer"),
    response("nobody", reached_by="record"),
)
VOCABULARY = Vocabulary(
    version="1",
    title="Small",
    about="",
    groups=("safety", "situation"),
    facts={fact.name: fact for fact in FACTS},
    responses={one.id: one for one in RESPONSES},
    partners=("shelter",),
    sha256="v" * 64,
)
LEVELS = (
    Level("now", 1, "IMMEDIATE", 10, 1),
    Level("soon", 2, "URGENT", 30, 2),
    Level("later", 3, "ROUTINE", 240),
)


def where(fact: str, comparison: str, *operand: str) -> Condition:
    return compare(VOCABULARY.facts[fact], comparison, operand)


def is_(**facts: str) -> Condition:
    """All of these facts have these values."""
    parts = tuple(where(fact, "is", value) for fact, value in facts.items())
    return parts[0] if len(parts) == 1 else Every(parts) if parts else ALWAYS


def rule(rule_id: str, kind: Kind, when: Condition, **more: Any) -> Rule:
    more = {"if_unknown": "does_not_hold"} | more
    return Rule(
        id=rule_id,
        kind=kind,
        when=when,
        because=f"Because of {rule_id}.",
        source="us",
        standing="local_policy",
        **more,
    )


def rule_set(*rules: Rule, **more: Any) -> RuleSet:
    given: dict[str, Any] = {
        "name": "small",
        "version": "1",
        "title": "Small",
        "about": "",
        "scope": "complete",
        "protocol": "",
        "vocabulary": VOCABULARY,
        "vocabulary_version": "1",
        "sources": (Source("us", "Our policy", "here", "2026-11", "local_policy"),),
        "responses": tuple(one.id for one in RESPONSES),
        "default": Default("line", "Nothing else decides."),
        "levels": LEVELS,
        "default_level": "soon",
        "ask": AskFirst(5, "mobile"),
        "thresholds": (("default", 10),),
        "rules": rules,
        "sha256": "r" * 64,
    }
    return RuleSet(**(given | more))


def every_answer(fact: Fact, codes: tuple[str, ...] = ("A", "B", "other")) -> list[Value]:
    """Answers to a fact, dense enough to meet every class that a test could tell apart."""
    if fact.type == "number":
        return [n / 2 for n in range(0, 201, 1) if n in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 200)]
    if fact.type == "code":
        return list(codes)
    if fact.type == "multi":
        sizes = range(len(fact.values) + 1)
        return list(chain.from_iterable(combinations(fact.value_names, n) for n in sizes))
    return list(fact.value_names)
