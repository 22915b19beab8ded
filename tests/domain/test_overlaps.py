"""Rules that another rule makes pointless: found where it is so, and only there."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.domain.small_rules import LEVELS, VOCABULARY, is_, rule, rule_set, where
from triage.domain.assessment import assess
from triage.domain.calls import CallInput
from triage.domain.conditions import ALWAYS, AtLeast, Every, Mentions, NoneOf, Some
from triage.domain.overlaps import overlaps
from triage.domain.possibility import Possibilities
from triage.domain.ruleset import Rule, RuleSet

ARMED = is_(weapon="in_hand")
ARMED_AND_VIOLENT = is_(weapon="in_hand", violence="yes")


def found(*rules: Rule) -> list[str]:
    return [one.message for one in overlaps(rule_set(*rules), Possibilities(VOCABULARY.facts))]


def broad(kind: Any = "require", **more: Any) -> Rule:
    return rule("broad", kind, ARMED, **({"responses": ("police",)} | more))


def narrow(kind: Any = "require", **more: Any) -> Rule:
    return rule("narrow", kind, ARMED_AND_VIOLENT, **({"responses": ("police",)} | more))


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ((broad(), narrow()), "narrow is shadowed by broad, which requires police"),
        ((broad(), narrow("also")), "narrow is shadowed by broad, which requires police"),
        (
            (broad("also", responses=("ems", "police")), narrow("also")),
            "narrow is shadowed by broad, which brings police as well",
        ),
        (
            (broad("exclude", responses=("line", "police")), narrow("exclude")),
            "narrow is shadowed by broad, which excludes police as well",
        ),
        (
            (
                broad("level", responses=(), level="now"),
                narrow("level", responses=(), level="soon"),
            ),
            "narrow is shadowed by broad, which gives level now",
        ),
        ((broad(), narrow("exclude")), "narrow never matters: broad requires police all the same"),
        (
            (broad("exclude", entirely=True), narrow("also")),
            "narrow never matters: broad excludes police entirely",
        ),
        (
            (broad(), narrow("score", responses=(), points=(("ems", 5),))),
            "narrow never matters: broad requires a response, points or not",
        ),
    ],
)
def test_a_rule_that_another_makes_pointless(rules: tuple[Rule, Rule], told: str) -> None:
    assert found(*rules) == [told]
    assert found(*reversed(rules)) == [told]


@pytest.mark.parametrize(
    "rules",
    [
        # A narrower condition with a stronger effect is what rules are for.
        (broad("also"), narrow()),
        (broad("exclude"), narrow("exclude", entirely=True)),
        (broad("level", responses=(), level="soon"), narrow("level", responses=(), level="now")),
        (broad("exclude"), narrow("also")),
        (broad(responses=("ems",)), narrow()),
        # The narrower one also fires on unknown, or makes the call wait.
        (broad(), narrow(if_unknown="holds")),
        (broad(), narrow(if_unknown="ask")),
        # The broader one is not in force on all its days.
        (broad(valid_until="2026-06-30"), narrow()),
        (broad(valid_from="2026-06-30"), narrow(valid_from="2026-01-01")),
        # Plans add up, and so do points.
        (broad("plan", responses=()), narrow("plan", responses=())),
        (
            broad("score", responses=(), points=(("ems", 5),)),
            narrow("score", responses=(), points=(("ems", 5),)),
        ),
    ],
)
def test_a_rule_that_still_matters(rules: tuple[Rule, Rule]) -> None:
    assert found(*rules) == []


def test_true_for_every_answer_is_not_true_while_nobody_asked() -> None:
    either_way = Some((is_(violence="yes"), is_(violence="no")))

    assert found(replace(broad(), when=either_way), narrow()) != []
    assert found(replace(broad(), when=either_way), replace(narrow(), when=ARMED)) == []


def test_what_fires_on_unknown_is_shadowed_only_by_what_does_so_too() -> None:
    holds = {"if_unknown": "holds"}

    assert found(broad(**holds), narrow(**holds)) == [
        "narrow is shadowed by broad, which requires police"
    ]
    assert found(broad(**holds), narrow()) == ["narrow is shadowed by broad, which requires police"]
    assert found(replace(broad(), when=ALWAYS), narrow(**holds)) != []


def test_words_are_given_the_benefit_of_the_doubt() -> None:
    said = Every((ARMED, Mentions(("knife",))))

    assert found(broad(), replace(narrow(), when=said)) == []
    assert found(replace(broad(), when=said), narrow()) == []


def test_of_two_rules_that_always_fire_together_the_later_is_named() -> None:
    same = rule("same", "require", where("weapon", "at_least", "in_hand"), responses=("police",))

    assert found(broad(), same) == ["same is shadowed by broad, which requires police"]
    assert found(same, broad()) == ["broad is shadowed by same, which requires police"]


# Few facts and effects, so that rules often meet: most of the sets hold a pointless rule.
TESTS = st.sampled_from(
    [
        where("weapon", "is", "in_hand"),
        where("weapon", "at_most", "seen_none"),
        where("weapon", "known", "yes"),
        where("violence", "is", "yes"),
        where("violence", "is", "no"),
        where("violence", "known", "no"),
        where("hours", "at_least", "3"),
        where("hours", "between", "2", "4"),
    ]
)
CONDITIONS = st.recursive(
    TESTS,
    lambda parts: st.one_of(
        st.builds(lambda some: Every(tuple(some)), st.lists(parts, min_size=1, max_size=2)),
        st.builds(lambda some: Some(tuple(some)), st.lists(parts, min_size=1, max_size=2)),
        st.builds(lambda some: NoneOf(tuple(some)), st.lists(parts, min_size=1, max_size=2)),
        st.builds(lambda some: AtLeast(2, tuple(some)), st.lists(parts, min_size=2, max_size=3)),
    ),
    max_leaves=3,
)
EFFECTS = st.sampled_from(
    [
        {"kind": "require", "responses": ("police",)},
        {"kind": "also", "responses": ("police",)},
        {"kind": "exclude", "responses": ("line",)},
        {"kind": "exclude", "responses": ("police",), "entirely": True},
        {"kind": "score", "points": (("ems", 10),)},
        {"kind": "level", "level": "now"},
    ]
)


@st.composite
def rule_sets(draw: st.DrawFn) -> RuleSet:
    rules = tuple(
        rule(
            f"r{number}",
            when=draw(CONDITIONS),
            if_unknown=draw(st.sampled_from(("holds", "does_not_hold", "ask"))),
            **draw(EFFECTS),
        )
        for number in range(draw(st.integers(2, 5)))
    )
    return rule_set(*rules, levels=LEVELS)


ANSWERS: dict[str, tuple[object, ...]] = {
    "weapon": (None, "unknown", "none", "in_hand"),
    "violence": (None, "unknown", "yes", "no"),
    "hours": (None, "unknown", 1, 3, 5),
}


def decided(rules: RuleSet, call: CallInput) -> tuple[object, ...]:
    """Everything but the points, which decide nothing where somebody is required."""
    one = assess(rules, call, ahead=False).decision
    return one.needed, one.eligible, one.response, one.cause, one.level, one.also, one.excluded


@settings(max_examples=120, deadline=None)
@given(rule_sets())
def test_taking_a_pointless_rule_away_changes_no_decision(rules: RuleSet) -> None:
    found = overlaps(rules, Possibilities(VOCABULARY.facts))
    pointless = {one.message.split()[0] for one in found}
    assume(pointless)
    fewer = replace(rules, rules=tuple(one for one in rules.rules if one.id not in pointless))
    for answers in product(*ANSWERS.values()):
        facts = {k: v for k, v in zip(ANSWERS, answers, strict=True) if v is not None}
        call = VOCABULARY.read_call({"facts": facts})
        assert decided(rules, call) == decided(fewer, call)
