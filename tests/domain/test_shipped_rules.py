"""The rule files that are shipped: they load, and county-default keeps its promises.

The promises are those of docs/county-default.md. Calls are made up by hypothesis out of
whatever the vocabulary offers, so a fact added tomorrow is covered tomorrow.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from triage.adapters.rule_files import RuleFiles
from triage.domain.assessment import Assessment, assess
from triage.domain.conditions import facts_of
from triage.domain.facts import Fact, Vocabulary
from triage.domain.ruleset import RuleSet

RULES = Path(__file__).parents[2] / "rules"
SHIPPED = ("county-default", "portland-street-response")

TELEPHONE = {"crisis_line", "veterans_line", "telehealth"}
UNARMED = {
    "youth_mobile_crisis",
    "mobile_crisis",
    "social_services",
    "community_responder",
    "sobering",
    "school_team",
    "mediation",
    "homeless_outreach",
    "transport",
}
NOBODY = {"information_only", "no_response"}
NOT_ABOUT_DANGER = ("contact_channel", "language_barrier", "housing", "contacts_last_30_days")
"""What must never change who comes or how soon."""
LABELS = ("suspicious", "crazy", "a frequent flyer", "schizophrenic", "un loco", "drunk bum")
HARD_DANGERS = (
    {"consciousness": "unconscious"},
    {"breathing": "none"},
    {"weapon": "in_hand"},
    {"attempt_in_progress": "yes"},
)


@lru_cache
def vocabulary() -> Vocabulary:
    return RuleFiles().read_vocabulary((RULES / "vocabulary.yaml").read_text("utf-8"))


@lru_cache
def rule_set(name: str) -> RuleSet:
    return RuleFiles().read_rule_set((RULES / f"{name}.yaml").read_text("utf-8"), vocabulary())


def decide(facts: dict, situation: dict | None = None, narrative: str = "") -> Assessment:
    call = {"facts": facts, "situation": situation or {}, "narrative": narrative}
    return assess(rule_set("county-default"), vocabulary().read_call(call), ahead=False)


def comes(assessment: Assessment) -> set[str]:
    """Everybody who answers, goes along or is told."""
    decision = assessment.decision
    return {decision.response, *decision.also}


def required(assessment: Assessment) -> set[str]:
    """Everybody whom a fired `require` demands."""
    rules = rule_set("county-default").rule
    fired = (rules[reason.rule] for reason in assessment.because if reason.rule in rules)
    return {rule.responses[0] for rule in fired if rule.kind == "require"}


def is_police(response: str) -> bool:
    return vocabulary().responses[response].public_safety


def outcome(assessment: Assessment) -> tuple:
    decision = assessment.decision
    return decision.response, decision.level.id, set(decision.also)


# ---- calls ------------------------------------------------------------------


def read_facts() -> tuple[Fact, ...]:
    """Facts that a rule of county-default reads, and that are asked."""
    rules = rule_set("county-default").rules
    read = {name for rule in rules for name in facts_of(rule.when)} | {"problem_type"}
    return tuple(f for f in all_facts() if f.name in read and f.type in ("choice", "yes_no"))


def all_facts() -> tuple[Fact, ...]:
    return tuple(vocabulary().facts.values())


def values_of(fact: Fact) -> tuple[str, ...]:
    return tuple(value.name for value in fact.values)


def answers_of(fact: Fact) -> st.SearchStrategy[str]:
    return st.sampled_from((*values_of(fact), "unknown"))


def ordered_facts() -> tuple[Fact, ...]:
    return tuple(f for f in read_facts() if f.danger and f.ask != "never")


@st.composite
def calls(draw: st.DrawFn, most: int = 8) -> dict:
    """Some facts answered, among them often the gate."""
    gate = [fact for fact in read_facts() if fact.ask == "gate"]
    others = [fact for fact in read_facts() if fact.ask == "when_it_matters"]
    chosen = draw(st.lists(st.sampled_from(others), max_size=most, unique_by=lambda f: f.name))
    chosen += draw(st.lists(st.sampled_from(gate), max_size=len(gate), unique_by=lambda f: f.name))
    return {fact.name: draw(answers_of(fact)) for fact in chosen}


@st.composite
def teams_missing(draw: st.DrawFn) -> dict:
    names = rule_set("county-default").responses
    gone = draw(st.sets(st.sampled_from(names), max_size=6))
    return {"unavailable": dict.fromkeys(sorted(gone), "all_committed")}


@st.composite
def two_dangers(draw: st.DrawFn) -> tuple[dict, dict]:
    """A call, and the same call with one answer more dangerous."""
    fact = draw(st.sampled_from(ordered_facts()))
    before, worse = draw(st.sampled_from(tuple(steps(fact))))
    facts = {name: answer for name, answer in draw(calls()).items() if name != fact.name}
    known = {} if before is None else {fact.name: before}
    return {**facts, **known}, {**facts, fact.name: worse}


def steps(fact: Fact) -> Iterator[tuple[str | None, str]]:
    """Every step to a more dangerous answer. From not known (None: not asked) only the worst
    answer is surely one."""
    yield None, fact.danger[-1]
    yield "unknown", fact.danger[-1]
    yield from combinations(fact.danger, 2)


# ---- they load ---------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_loads_without_any_finding(name):
    text = (RULES / f"{name}.yaml").read_text("utf-8")
    assert RuleFiles().check_rule_set(text, vocabulary()) == ()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_example_comes_out_as_it_says(name):
    for one in rule_set(name).examples:
        decision = assess(rule_set(name), one.call, ahead=False).decision
        assert decision.response == (one.response or decision.response), one.name
        assert decision.level.id == (one.level or decision.level.id), one.name
        assert set(one.also) <= set(decision.also), one.name
        assert not set(one.must_not) & {decision.response, *decision.also}, one.name


def test_county_default_has_an_example_for_every_problem_and_every_requirement():
    rules = rule_set("county-default")
    examples = [assess(rules, one.call, ahead=False) for one in rules.examples]
    problems = {one.call.asked.get("problem_type") for one in rules.examples}
    assert problems >= set(values_of(vocabulary().facts["problem_type"]))
    fired = {reason.rule for one in examples for reason in one.because}
    hard = {rule.id for rule in rules.rules if rule.kind in ("require", "exclude")}
    assert hard <= fired


def test_spanish_and_both_forms_stand_for_every_question():
    for fact in all_facts():
        if fact.is_situation:
            continue
        for person in ("first", "third"):
            english, spanish = fact.question(person, "en"), fact.question(person, "es")
            assert english
            assert spanish
            assert english != spanish, fact.name


def test_identifying_and_health_facts_never_stand_in_a_text():
    in_texts = {fact.name for fact in all_facts() if fact.in_texts}
    assert in_texts == {"in_traffic", "fire_gas_chemical", "animals"}


# ---- promises: rising danger ---------------------------------------------------


@settings(max_examples=400, deadline=None)
@given(two_dangers())
@example(({"weapon": "accessible"}, {"weapon": "in_hand"}))
@example(({}, {"violence_now": "physical"}))
def test_a_more_dangerous_answer_never_removes_a_required_responder(pair):
    before, after = (decide(facts) for facts in pair)
    assert required(before) <= required(after)
    assert required(after) <= comes(after)


@settings(max_examples=400, deadline=None)
@given(two_dangers())
@example(
    (
        {"problem_type": "needs_resources"},
        {"problem_type": "needs_resources", "self_care": "failing"},
    )
)
def test_a_more_dangerous_answer_never_lowers_the_level(pair):
    before, after = (decide(facts).decision.level.rank for facts in pair)
    assert after <= before


@pytest.mark.parametrize("fact", ordered_facts(), ids=lambda fact: fact.name)
def test_no_single_step_toward_danger_lowers_anything(fact):
    for problem in ("mental_health_crisis", "suicidal_thoughts", "needs_resources", None):
        calm = {} if problem is None else {"problem_type": problem}
        for before, worse in steps(fact):
            known = {} if before is None else {fact.name: before}
            one, other = decide({**calm, **known}), decide({**calm, fact.name: worse})
            assert required(one) <= required(other)
            assert other.decision.level.rank <= one.decision.level.rank


@settings(max_examples=200, deadline=None)
@given(calls(), st.sampled_from(("dementia", "developmental_or_autism", "new_confusion")))
def test_a_cognitive_condition_may_raise_or_add_but_never_lower(facts, condition):
    facts.pop("cognitive_condition", None)
    before, after = decide(facts), decide({**facts, "cognitive_condition": condition})
    assert after.decision.level.rank <= before.decision.level.rank
    assert required(before) <= required(after)
    assert set(before.decision.also) <= comes(after)


# ---- promises: what must not matter --------------------------------------------


@settings(max_examples=200, deadline=None)
@given(calls(), st.sampled_from(NOT_ABOUT_DANGER), st.data())
def test_channel_language_housing_and_contacts_change_nothing(facts, name, data):
    fact = vocabulary().facts[name]
    facts.pop(name, None)
    answer = data.draw(st.integers(0, 60) if fact.type == "number" else answers_of(fact))
    assert outcome(decide({**facts, name: answer})) == outcome(decide(facts))


@settings(max_examples=100, deadline=None)
@given(calls(), st.sampled_from(LABELS))
def test_the_callers_word_for_a_person_changes_nothing(facts, label):
    assert outcome(decide(facts, narrative=f"He is {label}.")) == outcome(decide(facts))


def test_contacts_and_housing_are_read_by_plans_alone():
    for rule in rule_set("county-default").rules:
        if {"contacts_last_30_days", "housing"} & set(facts_of(rule.when)):
            assert rule.kind == "plan", rule.id
        if "cognitive_condition" in facts_of(rule.when):
            assert rule.kind in ("require", "also", "level"), rule.id
        assert not {"contact_channel", "language_barrier"} & set(facts_of(rule.when)), rule.id


# ---- promises: somebody answers --------------------------------------------------


@settings(max_examples=400, deadline=None)
@given(calls(), teams_missing())
def test_somebody_answers_and_says_why(facts, situation):
    assessment = decide(facts, situation)
    response = assessment.response
    assert assessment.because
    assert all(reason.because for reason in assessment.because)
    if response == "no_response":
        assert facts["problem_type"] == "no_help_needed"
        assert facts["closure_code"] != "unknown"
    elif response == "information_only":
        assert facts["problem_type"] == "information_request"
    elif response == "ask_more":
        assert assessment.ask
        assert assessment.ask.then == "co_responder"
    else:
        assert vocabulary().responses[response].is_somebody


def test_no_answers_at_all_lead_to_questions_and_then_to_somebody():
    for facts in ({}, {fact.name: "unknown" for fact in all_facts() if not fact.is_situation}):
        assessment = decide(facts)
        assert assessment.response == "ask_more"
        assert assessment.ask
        assert assessment.ask.then == "co_responder"
        assert assessment.decision.level.rank <= 2


@settings(max_examples=400, deadline=None)
@given(calls(), st.sampled_from(HARD_DANGERS), teams_missing())
def test_a_life_in_danger_is_never_left_to_a_telephone_or_an_unarmed_team(facts, danger, situation):
    assessment = decide({**facts, **danger}, situation)
    assert assessment.response not in TELEPHONE | UNARMED | NOBODY | {"ask_more"}
    assert assessment.decision.level.rank == 1
    everybody = comes(assessment)
    assert "ems" in everybody or assessment.decision.eligible == "ems"
    if "weapon" in danger:
        assert any(is_police(one) for one in everybody)


@settings(max_examples=200, deadline=None)
@given(
    calls(),
    st.sampled_from(({"overdose_or_poison": "yes"}, {"problem_type": "medical"}, *HARD_DANGERS)),
    st.sampled_from(
        (
            {"weapon": "accessible"},
            {"firearm_access": "yes"},
            {"violence_now": "threatening"},
            {"violence_now": "physical"},
            {"domestic_violence": "yes"},
        )
    ),
)
def test_an_ambulance_does_not_go_alone_where_somebody_could_be_hurt(facts, illness, danger):
    assessment = decide({**facts, **illness, **danger})
    assert any(is_police(one) for one in comes(assessment))


# ---- promises: no more police than needed ------------------------------------------

CALM_PROBLEMS = sorted(
    set(values_of(vocabulary().facts["problem_type"])) - {"violence_or_crime", "missing_person"}
    - {"no_help_needed"}
)  # fmt: skip
"""Problems that do not by themselves call for police or a search."""


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_unknown_answers_alone_never_choose_patrol(data):
    """Everything asked is unknown or harmless: no patrol, whatever the problem."""
    facts: dict = {"problem_type": data.draw(st.sampled_from([*CALM_PROBLEMS, "unknown"]))}
    for fact in data.draw(st.sets(st.sampled_from(ordered_facts()))):
        facts[fact.name] = data.draw(st.sampled_from((fact.danger[0], "unknown")))
    assessment = decide(facts)
    assert assessment.response not in ("police", "police_cit")
    assert "police" not in assessment.decision.also
    assert not assessment.police_because_unknown


@settings(max_examples=200, deadline=None)
@given(calls())
def test_patrol_always_has_a_reason_that_somebody_stated(facts):
    assessment = decide(facts)
    if assessment.response == "police":
        assert not assessment.police_because_unknown
        assert assessment.decision.route in ("require", "score")


@pytest.mark.parametrize("problem", CALM_PROBLEMS)
def test_no_police_at_all_when_every_answer_is_harmless(problem):
    facts = {fact.name: fact.danger[0] for fact in ordered_facts()} | {"problem_type": problem}
    assessment = decide(facts)
    assert not any(is_police(one) for one in comes(assessment)), comes(assessment)


@settings(max_examples=200, deadline=None)
@given(calls(), teams_missing())
def test_a_crisis_lines_own_call_is_not_sent_back_to_a_crisis_line(facts, situation):
    assessment = decide({**facts, "caller_role": "crisis_line"}, situation)
    assert not comes(assessment) & {"crisis_line", "veterans_line"}


# ---- thresholds ------------------------------------------------------------------

WEIGHED = {
    "problem_type": "mental_health_crisis",
    "violence_history": "yes",
    "property_destruction": "yes",
    "violence_now": "none",
    "weapon": "none_confirmed",
    "attempt_in_progress": "no",
}


@pytest.mark.parametrize(("points", "response"), [
    (50, "co_responder"),
    (60, "co_responder"),
    (70, "mobile_crisis"),
])  # fmt: skip
def test_a_supervisor_changes_a_threshold_and_the_next_call_is_decided_by_it(points, response):
    text = (RULES / "county-default.yaml").read_text("utf-8")
    changed_text = text.replace("  co_responder: 50\n", f"  co_responder: {points}\n", 1)
    changed = RuleFiles().read_rule_set(changed_text, vocabulary())
    call = vocabulary().read_call({"facts": WEIGHED})
    assert assess(changed, call, ahead=False).response == response


# ---- scenes ----------------------------------------------------------------------


@pytest.mark.parametrize(("weapon", "response"), [
    ("none_confirmed", "mobile_crisis"),
    ("accessible", "co_responder"),
    ("in_hand", "police_cit"),
])  # fmt: skip
def test_a_father_who_hears_voices_is_answered_by_what_he_holds(weapon, response):
    facts = {
        "problem_type": "mental_health_crisis",
        "psychosis": "present",
        "violence_now": "none",
        "attempt_in_progress": "no",
        "weapon": weapon,
    }
    assert decide(facts).response == response


def test_the_suicide_ladder_goes_up_rung_by_rung():
    facts = {
        "problem_type": "suicidal_thoughts",
        "caller_role": "subject_self",
        "suicidal_ideation": "active",
        "suicide_intent": "no",
        "suicide_plan": "no",
        "suicide_means": "none",
        "suicide_behaviour": "never",
        "attempt_in_progress": "no",
        "weapon": "none_confirmed",
        "violence_now": "none",
    }
    assert decide(facts).response == "crisis_line"
    facts["suicide_plan"] = "yes"
    assert decide(facts).response == "mobile_crisis"
    facts |= {"suicide_intent": "yes", "suicide_means": "at_hand"}
    assert comes(decide(facts)) >= {"ems", "co_responder", "crisis_line"}
    facts["attempt_in_progress"] = "yes"
    assert decide(facts).response == "ems"
    facts["weapon"] = "in_hand"
    assert decide(facts).response == "police_cit"
    assert comes(decide(facts)) >= {"ems", "co_responder", "crisis_line"}


def test_without_a_mobile_team_a_crisis_goes_to_co_response_not_to_patrol():
    facts = {
        "problem_type": "mental_health_crisis",
        "weapon": "none_confirmed",
        "violence_now": "none",
    }
    assessment = decide(facts, {"mobile_team_available": "no"})
    assert (assessment.decision.needed, assessment.response) == ("mobile_crisis", "co_responder")
    assert assessment.decision.cause == "none_on_shift"


def test_everybody_is_called_back_unless_that_is_unsafe():
    kinds = [one.kind for _, one in decide({"problem_type": "unwanted_person"}).follow_ups]
    assert kinds == ["call_back"]
    unsafe = decide({"problem_type": "family_dispute", "safe_to_call": "no"})
    assert "call_back" not in [one.kind for _, one in unsafe.follow_ups]


def test_calling_often_brings_a_plan_and_nothing_else():
    facts = {"problem_type": "wants_to_talk", "suicidal_ideation": "none", "violence_now": "none"}
    often = decide(facts, {"contacts_last_30_days": 6})
    assert "care_plan" in [one.kind for _, one in often.follow_ups]
    assert outcome(often) == outcome(decide(facts))


def test_portland_goes_where_no_weapon_was_seen_not_where_none_is_known():
    facts = {"location_type": "public_outdoor", "problem_type": "mental_health_crisis"}
    portland = rule_set("portland-street-response")
    expected = {"unknown": "eligible", "none_seen": "eligible", "accessible": "ineligible"}
    for weapon, level in expected.items():
        call = vocabulary().read_call({"facts": {**facts, "weapon": weapon}})
        assert assess(portland, call, ahead=False).decision.level.id == level
