"""Rules over columns of past calls: the same decisions as call by call, and what a change does."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.small_rules import (
    FACTS,
    LEVELS,
    RESPONSES,
    VOCABULARY,
    choice,
    every_answer,
    rule,
    rule_set,
)
from tests.domain.test_outlook import conditions, response_ids
from triage.domain.answers import UNKNOWN, Answer, Conflicting, Report
from triage.domain.assessment import assess
from triage.domain.bitmaps import holds_at, unpack
from triage.domain.calls import CallInput
from triage.domain.column_decisions import ColumnRules, Decisions
from triage.domain.conditions import Condition, Mentions
from triage.domain.facts import Fact
from triage.domain.history import History
from triage.domain.ruleset import ASK_MORE, Default, Kind, Rule, RuleSet

COMPARED = int(os.environ.get("BACKTEST_CALLS", "20000"))
"""Calls decided both ways in one run."""
CALLS_AT_ONCE = 150
WORDS = ("knife", "gas smell", "cuchillo", "é")
TEXTS = ("", "He has a knife.", "A KNIFE, and a gas-smell!", "cuchillo", "knifes", "Café é")
NOWS = ("", "2026-03-01T23:59:00-05:00", "2026-03-02T00:00:00-05:00", "2026-07-04T12:30:00-04:00")

# The vocabulary of the small rules, with what only a situation has.
SUPPLIED = (
    choice("local_date", type="code", ask="never", group="situation"),
    choice("local_time", type="number", ask="never", group="situation"),
    choice("weekday", "sunday", "monday", "saturday", ask="never", group="situation"),
)
WIDE = replace(VOCABULARY, facts={fact.name: fact for fact in (*FACTS, *SUPPLIED)})


# --- the same as call by call -------------------------------------------------------------------


def situational() -> st.SearchStrategy[Condition]:
    return st.sampled_from(
        [
            where_wide("local_time", "at_least", "720"),
            where_wide("local_date", "is", "2026-03-02"),
            where_wide("weekday", "in", "sunday", "saturday"),
            where_wide("weekday", "known", "yes"),
        ]
    )


def where_wide(fact: str, comparison: str, *operand: str) -> Condition:
    from triage.domain.comparisons import compare

    return compare(WIDE.facts[fact], comparison, operand)


def any_condition() -> st.SearchStrategy[Condition]:
    names = [fact.name for fact in FACTS]
    spoken = st.builds(
        Mentions,
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=2, unique=True).map(tuple),
        st.sampled_from([None, "weapon", "cold"]),
    )
    return st.one_of(conditions(names), conditions(names), spoken, situational())


@st.composite
def any_rule(draw: st.DrawFn, number: int, pool: list[str]) -> Rule:
    """About the few responses of the pool: that is where rules meet."""
    response_ids = st.sampled_from(pool)
    kinds: list[Kind] = ["require", "exclude", "score", "score", "also", "level", "plan"]
    kind = draw(st.sampled_from(kinds))
    more: dict[str, object] = {
        "if_unknown": draw(st.sampled_from(["holds", "does_not_hold", "ask"]))
    }
    several = st.lists(response_ids, min_size=1, max_size=2, unique=True).map(tuple)
    if kind in ("exclude", "also"):
        more["responses"] = draw(several)
        more["entirely"] = kind == "exclude" and draw(st.booleans())
    if kind == "require":
        more["responses"] = (draw(response_ids | st.just(ASK_MORE)),)
    if kind == "score":
        points = st.tuples(response_ids, st.sampled_from([-100, -10, -3, 0, 1, 5, 10, 15, 100]))
        more["points"] = tuple(dict(draw(st.lists(points, min_size=1, max_size=3))).items())
    if kind == "level":
        more["level"] = draw(st.sampled_from(["now", "soon", "later"]))
    more["valid_from"] = draw(st.sampled_from(["", "", "", "2026-03-02"]))
    more["valid_until"] = draw(st.sampled_from(["", "", "", "2026-03-02"]))
    return rule(f"r{number}", kind, draw(any_condition()), **more)


@st.composite
def any_rule_set(draw: st.DrawFn) -> RuleSet:
    pool = draw(st.lists(response_ids, min_size=2, max_size=3, unique=True))
    rules = [draw(any_rule(n, pool)) for n in range(draw(st.integers(3, 14)))]
    chains = st.lists(response_ids, max_size=3, unique=True).map(tuple)
    threshold = st.sampled_from([-20, 0, 5, 10])
    own = st.dictionaries(response_ids, threshold, max_size=2)
    thresholds = draw(own) | draw(st.just({}) | threshold.map(lambda n: {"default": n}))
    ids = [one.id for one in RESPONSES]
    return rule_set(
        *rules,
        vocabulary=WIDE,
        responses=tuple(draw(st.permutations([*ids, ASK_MORE]) | st.permutations(ids[:3]))),
        default=Default(draw(st.sampled_from(["line", pool[0]])), "Nothing else decides."),
        fallbacks=tuple((one, draw(chains)) for one in ids),
        thresholds=tuple(thresholds.items()),
        default_level=draw(st.sampled_from(["now", "soon", "later"])),
        levels=draw(st.sampled_from([LEVELS, (*LEVELS[:2], replace(LEVELS[2], within_min=None))])),
    )


def an_answer(fact: Fact, chance: Random) -> Answer:
    """Mostly one answer; sometimes two that contradict each other, one of them perhaps unknown."""
    values = [*every_answer(fact), UNKNOWN]
    answer: Answer = chance.choice(values)
    if chance.random() < 0.05:
        other = Report(chance.choice(values), "neighbour")
        answer = Conflicting((Report(answer, "caller"), other))
    return answer


def a_call(chance: Random) -> CallInput:
    stated = (fact for fact in WIDE.facts.values() if fact not in SUPPLIED)
    asked = {fact.name: an_answer(fact, chance) for fact in stated if chance.random() < 0.5}
    situation = {name: value for name, value in asked.items() if WIDE.facts[name].is_situation}
    facts = {name: value for name, value in asked.items() if name not in situation}
    away = {one.id: "all_committed" for one in RESPONSES if chance.random() < 0.15}
    minutes = {
        one.id: chance.choice([0, 10, 20.5, 100, 300]) for one in RESPONSES if chance.random() < 0.3
    }
    return CallInput(
        facts=tuple(sorted(facts.items())),
        narrative=chance.choice(TEXTS),
        situation=tuple(sorted(situation.items())),
        unavailable=tuple(sorted(away.items())) if chance.random() < 0.5 else (),
        minutes_to=tuple(sorted(minutes.items())) if chance.random() < 0.5 else (),
        now=chance.choice(NOWS),
    )


def kept(calls: Iterable[CallInput], vocabulary: object = WIDE) -> History:
    history = History(vocabulary)  # type: ignore[arg-type]
    for call in calls:
        history.add(call)
    return history


def one_by_one(rules: RuleSet, call: CallInput) -> tuple[object, ...]:
    made = assess(rules, call, ahead=False)
    decision = made.decision
    return decision.needed, decision.eligible, made.response, decision.level.id, decision.also


def must_be_the_same(rules: RuleSet, calls: Sequence[CallInput], decided: Decisions) -> None:
    unknown = unpack(decided.police_because_unknown, len(calls))
    for row, call in enumerate(calls):
        made = assess(rules, call, ahead=False)
        one = made.decision
        expected = (one.needed, one.eligible, made.response, one.level.id, one.also)
        assert decided.of_call(row) == expected
        assert unknown[row] == made.police_because_unknown
        fired = {reason.rule for reason in made.because if reason.rule in decided.fired}
        bit = [rule for rule, bits in decided.fired.items() if holds_at(bits, np.array([row]))[0]]
        assert fired == {*bit}


@settings(
    max_examples=max(1, COMPARED // (2 * CALLS_AT_ONCE)),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.integers(0, 2**32), any_rule_set(), any_rule_set())
def test_columns_decide_as_call_by_call(seed: int, rules: RuleSet, others: RuleSet) -> None:
    """Also for a second rule set on the same history, and for calls that came in since."""
    chance = Random(seed)
    calls = [a_call(chance) for _ in range(CALLS_AT_ONCE)]
    history = kept(calls[:70])
    ColumnRules(rules).decide(history)
    for call in calls[70:]:
        history.add(call)

    must_be_the_same(rules, calls, ColumnRules(rules).decide(history))
    must_be_the_same(others, calls, ColumnRules(others, words=1).decide(history))
