"""Rule sets in words."""

from dataclasses import replace

import pytest

from tests.domain.small_rules import VOCABULARY, is_, rule, rule_set, where, words
from triage.domain.conditions import ALWAYS, AtLeast, Condition, Every, Mentions, NoneOf, Some
from triage.domain.facts import Vocabulary
from triage.domain.ruleset import FollowUp, Notice, Plan, Prompt
from triage.domain.sentences import say_condition, sentences

VIOLENT = "the answer on violence is yes"
ARMED = is_(weapon="in_hand")


def with_phrases() -> Vocabulary:
    weapon = VOCABULARY.facts["weapon"]
    held = replace(weapon.by_value["in_hand"], phrase=words("a weapon is in hand"))
    facts = dict(VOCABULARY.facts) | {"weapon": replace(weapon, values=(*weapon.values[:2], held))}
    return replace(VOCABULARY, facts=facts)


def test_what_holds_a_rule_back_is_said_in_the_same_sentence() -> None:
    def said(rule_id: str, when: Condition) -> str:
        one = rule(rule_id, "require", when, responses=("police",), unless=is_(violence="yes"))
        return sentences(rule_set(one), VOCABULARY)[0].text

    assert said("armed", ARMED) == f"If weapon is in_hand, Police must come, unless {VIOLENT}."
    assert said("always", ALWAYS) == f"In every case Police must come, unless {VIOLENT}."


def test_a_rule_reads_like_a_sentence_with_its_reason_and_source() -> None:
    vocabulary = with_phrases()
    asks = rule("armed", "require", ARMED, responses=("police",), if_unknown="ask")

    said = sentences(rule_set(asks, vocabulary=vocabulary), vocabulary)[0]

    assert (said.kind, said.rule_id) == ("require", "armed")
    assert said.text == "If a weapon is in hand, Police must come."
    assert said.because == "Because of armed."
    assert said.source == "Our policy"
    assert said.unknown_text == "As long as that cannot be said: ask."


@pytest.mark.parametrize(
    ("kind", "effect", "text"),
    [
        ("exclude", {"responses": ("ems", "line")}, "Ems and Line may not be the response."),
        ("exclude", {"responses": ("ems",), "entirely": True}, "Ems may not come at all."),
        ("also", {"responses": ("ems",)}, "Ems: sent or told as well."),
        ("level", {"level": "now"}, "it is IMMEDIATE, within 10 min."),
        ("level", {"level": "later"}, "it is ROUTINE, within 4 h."),
        (
            "score",
            {"points": (("ems", 20), ("line", -1), ("police", 0))},
            "Ems gains 20 points; Line loses 1 point; Police is weighed, without points.",
        ),
        (
            "plan",
            {
                "plan": Plan(
                    (FollowUp("call_back", "case_worker", 24, "Call back", "asked"),),
                    (Notice("shelter", "it"),),
                )
            },
            "afterwards: case worker, after 24 h: Call back (if they agree); Shelter is told: it",
        ),
    ],
)
def test_every_kind_has_its_words(kind, effect, text) -> None:
    said = sentences(rule_set(rule("r", kind, ALWAYS, **effect)), VOCABULARY)[0]

    assert said.text.removesuffix(".") == f"In every case {text.removesuffix('.')}"
    assert said.unknown_text == ""


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (where("weapon", "at_least", "seen_none"), "weapon is seen_none or in_hand"),
        (where("violence", "is", "yes"), "the answer on violence is yes"),
        (where("problem", "not_in", "sad", "lost"), "problem is known and neither sad nor lost"),
        (where("hours", "between", "2", "3.5"), "hours is between 2 and 3.5"),
        (where("hours", "at_least", "24"), "hours is at least 24"),
        (where("hours", "is", "24"), "hours is 24"),
        (where("code", "in", "A", "B"), "code is A or B"),
        (where("hazards", "includes", "gas"), "hazards is gas"),
        (where("weapon", "known", "no"), "weapon is not known"),
        (Mentions(("knife", "gun")), "the narrative says “knife”, “gun”"),
        (
            Every((Some((is_(violence="yes"), ARMED)), is_(code="A"))),
            "(the answer on violence is yes or weapon is in_hand) and code is A",
        ),
        (
            Some((Every((is_(violence="yes"), ARMED)), is_(code="A"))),
            "(the answer on violence is yes and weapon is in_hand) or code is A",
        ),
        (
            NoneOf((is_(violence="yes"), ARMED)),
            "none of this is so: the answer on violence is yes; weapon is in_hand",
        ),
        (
            Every((AtLeast(2, (is_(violence="yes"), ARMED)), is_(code="A"))),
            f"(at least 2 of these 2 are so: {VIOLENT}; weapon is in_hand) and code is A",
        ),
    ],
)
def test_conditions_are_said_so_that_none_can_be_misread(condition: Condition, text: str) -> None:
    assert say_condition(VOCABULARY, condition) == text


def test_what_the_set_says_besides_its_rules_is_said_too() -> None:
    rules = rule_set(
        prompts=(Prompt(("knife",), "weapon"),), fallbacks=(("mobile", ("ems", "line")),)
    )

    said = {one.kind: one.text for one in sentences(rules, VOCABULARY)}

    assert said == {
        "prompt": "If the narrative says “knife”, ask: weapon?",
        "fallback": "When Mobile cannot come in time: Ems, then Line.",
        "ask": "When a question comes first and has no answer after 5 min: Mobile.",
        "default": "When no rule decides: Line. Without another level: URGENT, within 30 min.",
    }


def test_dates_are_said() -> None:
    dated = rule(
        "d", "also", ALWAYS, responses=("ems",), valid_from="2026-11-01", valid_until="2027-03-31"
    )

    text = sentences(rule_set(dated), VOCABULARY)[0].text

    assert text.endswith("In force from 2026-11-01 until 2027-03-31.")
