"""Rules over columns of past calls: the same decisions as call by call, and what a change does."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

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
    is_,
    response,
    rule,
    rule_set,
    where,
)
from tests.domain.test_outlook import conditions, exceptions, response_ids
from triage.domain.answers import UNKNOWN, Answer, Conflicting, Report
from triage.domain.assessment import assess
from triage.domain.backtest import Backtest, Part
from triage.domain.bitmaps import Bitmap, holds_at, rows_in, size, unpack
from triage.domain.calls import CallInput
from triage.domain.column_decisions import ColumnRules, Decisions
from triage.domain.conditions import ALWAYS, Condition, Mentions
from triage.domain.deciding_rules import deciding_rules
from triage.domain.facts import Fact, Vocabulary
from triage.domain.falls import is_less_urgent
from triage.domain.history import History
from triage.domain.ruleset import ASK_MORE, AskFirst, Default, Kind, Level, Rule, RuleSet

COMPARED = int(os.environ.get("BACKTEST_CALLS", "10000"))
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
def any_rule(draw: st.DrawFn, number: int, pool: list[str], odd: int | None) -> Rule:
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
        fives = st.sampled_from([-100, -10, 0, 5, 10, 15, 20, 100])
        points = st.tuples(response_ids, fives if odd is None else fives | st.just(odd))
        more["points"] = tuple(dict(draw(st.lists(points, min_size=1, max_size=3))).items())
    if kind == "level":
        more["level"] = draw(st.sampled_from(["now", "soon", "later"]))
    more["valid_from"] = draw(st.sampled_from(["", "", "", "2026-03-02"]))
    more["valid_until"] = draw(st.sampled_from(["", "", "", "2026-03-02"]))
    more["unless"] = draw(st.none() | st.none() | exceptions(any_condition()))
    return rule(f"r{number}", kind, draw(any_condition()), **more)


@st.composite
def any_rule_set(draw: st.DrawFn) -> RuleSet:
    pool = draw(st.lists(response_ids, min_size=2, max_size=5, unique=True))
    odd = draw(st.sampled_from([None, -3, 1]))
    rules = [draw(any_rule(n, pool, odd)) for n in range(draw(st.integers(3, 14)))]
    chains = st.lists(response_ids, max_size=3, unique=True).map(tuple)
    threshold = st.sampled_from([-20, 0, 7, 10])
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
    away = {one.id: "all_committed" for one in RESPONSES if chance.random() < 0.3}
    minutes = {
        one.id: chance.choice([0, 10, 20.5, 100, 300]) for one in RESPONSES if chance.random() < 0.5
    }
    return CallInput(
        facts=tuple(sorted(facts.items())),
        narrative=chance.choice(TEXTS),
        situation=tuple(sorted(situation.items())),
        unavailable=tuple(sorted(away.items())) if chance.random() < 0.5 else (),
        minutes_to=tuple(sorted(minutes.items())) if chance.random() < 0.5 else (),
        now=chance.choice(NOWS),
    )


def kept(calls: Iterable[CallInput]) -> History:
    history = History(WIDE)
    for call in calls:
        history.add(call)
    return history


def one_by_one(rules: RuleSet, call: CallInput) -> tuple[object, ...]:
    made = assess(rules, call, ahead=False)
    decision = made.decision
    return decision.needed, decision.eligible, made.response, decision.level.id, decision.also


def must_be_the_same(rules: RuleSet, calls: Sequence[CallInput], decided: Decisions) -> None:
    unknown = unpack(decided.police_because_unknown, len(calls))
    going: Counter[str] = Counter()
    for row, call in enumerate(calls):
        made = assess(rules, call, ahead=False)
        one = made.decision
        expected = (one.needed, one.eligible, made.response, one.level.id, one.also)
        assert decided.of_call(row) == expected
        going.update(one.also)
        assert unknown[row] == made.police_because_unknown
        fired = {reason.rule for reason in made.because if reason.rule in decided.fired}
        bit = [rule for rule, bits in decided.fired.items() if holds_at(bits, np.array([row]))[0]]
        assert fired == {*bit}
    assert going == {one: size(bits) for one, bits in decided.also.items() if bits.any()}
    for kind in (decided.needed, decided.eligible, decided.response, decided.level):
        assert sum(map(size, kind.values())) == len(calls)


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


@st.composite
def points_only(draw: st.DrawFn) -> RuleSet:
    """Many rules that give points and none that settles anything: who has most, and enough?"""
    simple = st.sampled_from([fact.name for fact in FACTS if fact.type == "yes_no"]).map(
        lambda name: is_(**{name: "yes"})
    )
    kinds = st.sampled_from(
        [is_(problem="sad"), is_(problem="lost"), is_(weapon="in_hand"), ALWAYS]
    )
    step = draw(st.sampled_from([1, 3, 5]))
    given = st.dictionaries(response_ids, st.integers(-4, 8).map(lambda n: n * step), min_size=1)
    rules = [
        rule(f"r{n}", "score", draw(simple | kinds), points=tuple(draw(given).items()))
        for n in range(draw(st.integers(3, 12)))
    ]
    enough = st.integers(-10, 40)
    thresholds = {one.id: draw(enough) for one in RESPONSES}
    return rule_set(*rules, vocabulary=WIDE, thresholds=tuple(thresholds.items()))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), points_only())
def test_points_are_added_and_compared_as_call_by_call(seed: int, rules: RuleSet) -> None:
    chance = Random(seed)
    calls = [a_call(chance) for _ in range(70)]

    must_be_the_same(rules, calls, ColumnRules(rules).decide(kept(calls)))


# --- what a change does -------------------------------------------------------------------------

ARMED = {"weapon": "in_hand"}
AT_NIGHT, BY_DAY = "2026-03-02T23:10:00-05:00", "2026-03-04T14:00:00-05:00"


def told(now: str = "", **facts: str) -> CallInput:
    return CallInput(facts=tuple(sorted(facts.items())), now=now)


def compared(
    old: RuleSet,
    new: RuleSet,
    *calls: CallInput,
    zones: Sequence[str] = (),
    vocabulary: Vocabulary = VOCABULARY,
) -> Backtest:
    history = History(vocabulary)
    for row, call in enumerate(calls):
        history.add(call, f"C-{row}", {"zone": zones[row]} if zones else {})
    return Backtest(history, ColumnRules(old).decide(history), ColumnRules(new).decide(history))


def rows(calls: Bitmap, made: Backtest) -> list[int]:
    return rows_in(calls, made.calls).tolist()


POLICE = rule("armed", "require", is_(**ARMED), responses=("police",))
MOBILE = rule("armed", "require", is_(**ARMED), responses=("mobile",))
EMS_TOO = rule("hurt", "require", is_(violence="yes"), responses=("ems",))
URGENT = rule("now", "level", is_(**ARMED), level="now")


def test_an_unarmed_team_instead_of_police_is_a_fall_and_the_move_is_counted() -> None:
    made = compared(rule_set(POLICE), rule_set(MOBILE), told(**ARMED), told(), told(**ARMED))

    assert rows(made.moved, made) == rows(made.fallen, made) == [0, 2]
    assert rows(made.falls["armed_no_longer"], made) == [0, 2]
    assert rows(made.falls["required_no_longer"], made) == [0, 2]
    assert rows(made.falls["less_urgent"], made) == []
    moves = {(one.old, one.new): one.calls for one in made.responses()}
    assert moves == {("police", "mobile"): 2, ("line", "line"): 1}


def test_the_other_way_round_nobody_gets_less() -> None:
    made = compared(rule_set(MOBILE), rule_set(POLICE), told(**ARMED), told())

    assert rows(made.moved, made) == [0]
    assert rows(made.falls["armed_no_longer"], made) == []
    assert rows(made.falls["required_no_longer"], made) == [0]  # the clinician no longer goes


def test_a_less_urgent_level_is_a_fall_a_more_urgent_one_is_not() -> None:
    calm, urgent = rule_set(POLICE), rule_set(POLICE, URGENT)

    made = compared(urgent, calm, told(**ARMED), told())
    assert rows(made.falls["less_urgent"], made) == rows(made.other_level, made) == [0]
    made = compared(calm, urgent, told(**ARMED), told())
    assert rows(made.fallen, made) == []
    assert rows(made.other_level, made) == [0]


def test_more_minutes_are_less_fewer_are_not() -> None:
    """Until a team is there, until it answers, and while questions come first."""
    asks = rule("armed", "require", is_(**ARMED), responses=("police",), if_unknown="ask")
    now, soon, later = LEVELS
    changes: list[dict[str, Any]] = [
        {"levels": (now, replace(soon, within_min=31), later)},
        {"levels": (now, replace(soon, within_min=None), later)},
        {"levels": (now, replace(soon, answer_within_min=3), later)},
    ]
    for change in changes:
        made = compared(rule_set(URGENT), rule_set(URGENT, **change), told(**ARMED), told())
        assert rows(made.falls["waits_longer"], made) == rows(made.moved, made) == [1]
        assert rows(made.falls["less_urgent"], made) == rows(made.other_level, made) == []
        back = compared(rule_set(URGENT, **change), rule_set(URGENT), told(**ARMED), told())
        assert rows(back.fallen, back) == []
        assert rows(back.other_time, back) == [1]
    slow = rule_set(asks, ask=AskFirst(9, "mobile"))
    made = compared(rule_set(asks), slow, told(), told(weapon="none"))
    assert rows(made.falls["waits_longer"], made) == [0]


def test_levels_of_two_counties_are_compared_by_their_minutes() -> None:
    theirs = rule_set(
        POLICE, levels=(Level("1", 1, "SOON", 20), Level("2", 2, "LATER", 30)), default_level="2"
    )
    ours = rule_set(POLICE)

    assert is_less_urgent(theirs, "1", ours, "soon")
    assert not is_less_urgent(theirs, "2", ours, "soon")  # ranks differ, the promise does not
    assert is_less_urgent(ours, "now", theirs, "1")


def test_somebody_whom_a_rule_required_as_a_companion_is_missed() -> None:
    call = told(violence="yes", **ARMED)
    made = compared(rule_set(POLICE, EMS_TOO), rule_set(POLICE), call)

    assert rows(made.falls["required_no_longer"], made) == [0]
    assert rows(made.other_companions, made) == [0]
    assert rows(made.other_response, made) == []


def test_an_officer_with_a_clinician_stands_in_for_an_officer_but_not_the_other_way_round() -> None:
    both = response("both", armed=True, public_safety=True, roles=("clinician", "officer"))
    vocabulary = replace(VOCABULARY, responses={**VOCABULARY.responses, "both": both})

    def sets(*names: str) -> RuleSet:
        rules = [replace(POLICE, id=name, responses=(name,)) for name in names]
        return rule_set(*rules, vocabulary=vocabulary)

    def falls(old: RuleSet, new: RuleSet) -> list[int]:
        made = compared(old, new, told(**ARMED), vocabulary=vocabulary)
        assert rows(made.moved, made) == [0]
        return rows(made.fallen, made)

    assert falls(sets("police"), sets("both")) == []
    assert falls(sets("mobile"), sets("both")) == []
    assert falls(sets("both"), sets("police")) == [0]
    assert falls(sets("police", "both"), sets("both")) == [0]  # it came before: two, now one
    assert falls(sets("ems"), sets("both")) == [0]  # nobody is known to stand in for an ambulance


def test_nobody_comes_and_questions_come_first_are_falls_of_their_own() -> None:
    asks = rule("armed", "require", is_(**ARMED), responses=("police",), if_unknown="ask")
    closes = rule("lost", "require", is_(problem="lost"), responses=("nobody",))
    made = compared(rule_set(), rule_set(asks, closes), told(), told(problem="lost", weapon="none"))

    assert rows(made.falls["asked_first"], made) == [0]
    assert rows(made.falls["nobody_comes"], made) == [1]
    assert made.asked_first() == (0, 1)


def test_police_sent_because_answers_are_missing_are_counted() -> None:
    holds = replace(POLICE, if_unknown="holds")
    made = compared(rule_set(POLICE), rule_set(holds), told(), told(**ARMED), told(weapon="none"))

    assert made.police_because_unknown() == (0, 1)


def test_hours_zones_and_groups_say_who_is_concerned() -> None:
    calls = (told(AT_NIGHT, problem="sad", **ARMED), told(BY_DAY, problem="sad"), told(**ARMED))
    made = compared(rule_set(POLICE), rule_set(MOBILE), *calls, zones=("north", "south", "north"))

    at = {part.name: part for part in made.by_hour()}
    assert (at["23"].calls, at["23"].moved, at["23"].police_old, at["23"].police_new) == (
        1,
        1,
        1,
        0,
    )
    assert (at["14"].calls, at["14"].moved) == (1, 0)
    assert sum(part.calls for part in at.values()) == 2  # one call has no time
    zones = {part.name: (part.calls, part.moved, part.fallen) for part in made.by_group("zone")}
    assert zones == {"north": (2, 2, 2), "south": (1, 0, 0)}
    groups = {part.name: (part.calls, part.moved) for part in made.by_group("problem")}
    assert groups == {"sad": (2, 1), "not known": (1, 1)}
    assert made.by_group("hazards") == []


def test_the_share_of_a_small_group_is_uncertain() -> None:
    low, high = Part("x", calls=10, moved=5, fallen=0, police_old=0, police_new=0).moved_between

    assert (round(low, 2), round(high, 2)) == (0.24, 0.76)  # Wilson's interval


def test_the_rota_sees_more_calls_in_the_hours_in_which_they_come() -> None:
    gone = replace(told(AT_NIGHT, **ARMED), unavailable=(("mobile", "all_committed"),))
    calls = (told(AT_NIGHT, **ARMED), told(AT_NIGHT, **ARMED), told(BY_DAY, **ARMED), gone)
    new = rule_set(MOBILE, fallbacks=(("mobile", ("police",)),))
    made = compared(rule_set(POLICE), new, *calls)

    demand = {one.response: one for one in made.demand()}
    mobile, police = demand["mobile"], demand["police"]
    assert (mobile.old, mobile.new, mobile.unserved_new) == (0, 3, 1)
    assert (police.old, police.new, police.unserved_new) == (4, 1, 0)
    monday_night, wednesday = 23, 2 * 24 + 14
    assert (mobile.by_hour_new[monday_night], mobile.by_hour_new[wednesday]) == (2, 1)
    assert sum(mobile.by_hour_old) == 0
    assert made.weeks() == 1


def test_the_rules_that_decide_are_named_and_so_is_what_stands_in_for_rules() -> None:
    points = rule("sad-points", "score", is_(problem="sad"), points=(("ems", 10), ("line", -5)))
    asks = rule(
        "gas", "require", where("hazards", "includes", "gas"), responses=("ems",), if_unknown="ask"
    )
    slower = rule("slower", "level", is_(**ARMED), level="later")  # fires, and decides nothing
    rules = (POLICE, URGENT, slower, points, asks)
    new = rule_set(*rules, fallbacks=(("police", ("ems",)),))
    away = replace(told(**ARMED), unavailable=(("police", "all_committed"),))
    no_gas = CallInput(facts=(("hazards", ()),))
    made = compared(new, new, told(**ARMED), away, told(problem="sad"), told(), no_gas)

    named = deciding_rules(made.new, np.arange(5))
    assert named == [
        ["armed", "now"],
        ["armed", "now", "fallback"],
        ["sad-points"],
        ["ask"],
        ["default"],
    ]
    assert rows(made.moved, made) == []


def test_a_rule_that_is_edited_is_judged_anew_and_the_others_are_not() -> None:
    history = History(VOCABULARY)
    for call in (told(**ARMED), told(), told(violence="yes")):
        history.add(call)
    ColumnRules(rule_set(POLICE, EMS_TOO)).decide(history)
    known = dict(history.judged)
    edited = replace(EMS_TOO, when=is_(violence="no"))

    ColumnRules(rule_set(POLICE, edited)).decide(history)

    added = history.judged.keys() - known.keys()
    assert {key for key in added if not isinstance(key, tuple)} == {edited.when}
    assert all(history.judged[key] is judged for key, judged in known.items())


def test_an_empty_history_is_decided_too() -> None:
    made = compared(rule_set(POLICE), rule_set(MOBILE))

    assert (made.calls, made.responses(), made.demand(), made.weeks()) == (0, [], [], 0)
