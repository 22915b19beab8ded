"""The vocabulary and county-default as shipped: what must stand in them, and scenes they decide.

Their safety is in test_rule_safety, the published programmes in test_published_protocols.
"""

from dataclasses import replace

import pytest
import yaml

from tests.domain.shipped import FIELD, comes, decide, rule_set, text_of, vocabulary
from triage.adapters.rule_files import RuleFiles
from triage.domain.assessment import Assessment, assess
from triage.domain.errors import RuleFileError
from triage.domain.facts import Fact
from triage.domain.ruleset import Example, Rule, RuleSet

COUNTY = "county-default"
ASKED = tuple(fact for fact in vocabulary().facts.values() if not fact.is_situation)
GATE_SECONDS = 20
WORDS_A_SECOND = 2.5
"""A call-taker who speaks calmly; the answer is one key."""


def everything_asked() -> set[str]:
    return {fact.name for fact in ASKED}


def outcome(assessment: Assessment) -> tuple[str, str, set[str]]:
    decision = assessment.decision
    return decision.response, decision.level.id, set(decision.also)


# ---- the vocabulary ----------------------------------------------------------------


def test_the_gate_is_place_problem_life_weapon_violence_and_attempt():
    assert [fact.name for fact in vocabulary().gate] == [
        "location_known",
        "problem_type",
        "consciousness",
        "breathing",
        "weapon",
        "violence_now",
        "attempt_in_progress",
    ]


@pytest.mark.parametrize("person", ["first", "third"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_the_gate_is_read_aloud_in_twenty_seconds(person, language):
    words = sum(len(fact.question(person, language).split()) for fact in vocabulary().gate)
    assert words / WORDS_A_SECOND <= GATE_SECONDS


@pytest.mark.parametrize("fact", ASKED, ids=lambda fact: fact.name)
def test_every_question_stands_in_both_persons_and_languages_one_at_a_time(fact: Fact):
    for person in ("first", "third"):
        english, spanish = fact.question(person, "en"), fact.question(person, "es")
        assert english != spanish
        for said in (english, spanish):
            assert said[-1] in "?."
            assert said.count("?") <= 1
            assert len(said.split()) <= 18
        assert spanish.count("¿") == spanish.count("?")


CHOSEN = tuple(fact for fact in ASKED if fact.type in ("choice", "multi"))


@pytest.mark.parametrize("fact", CHOSEN, ids=lambda fact: fact.name)
def test_who_cannot_speak_freely_can_answer_every_choice_by_yes_or_no(fact: Fact):
    assert fact.yes_no is not None
    english, spanish = fact.yes_no.say("en"), fact.yes_no.say("es")
    assert english != spanish
    assert (english[-1], spanish[0], spanish[-1]) == ("?", "¿", "?")


@pytest.mark.parametrize("fact", ASKED, ids=lambda fact: fact.name)
def test_every_answer_has_a_key_of_its_own_and_both_languages(fact: Fact):
    keys = [value.key for value in fact.values]
    assert len(set(keys)) == len(keys)
    assert "u" not in keys
    for value in fact.values:
        assert value.label.say("en")
        assert value.label.say("es")


def test_what_is_never_needed_before_somebody_is_sent_is_asked_last():
    late = {"housing", "veteran_or_service"}
    late |= {name for name in everything_asked() if name.startswith("dv_")}
    assert len(late) == 13
    last = max(fact.order for fact in ASKED)
    for name in late:
        assert vocabulary().facts[name].ask == "when_it_matters"
        assert vocabulary().facts[name].order == last


def test_only_a_person_who_sees_can_say_that_no_weapon_is_seen():
    assert vocabulary().facts["weapon"].sight_values == {"none_seen"}


def test_identifying_and_health_facts_never_stand_in_a_text():
    in_texts = {fact.name for fact in vocabulary().facts.values() if fact.in_texts}
    assert in_texts == {"in_traffic", "fire_gas_chemical", "animals"}


def test_facts_beyond_the_published_calls_are_there():
    assert everything_asked() >= {
        "dangerous_place", "dangerous_place_type", "held_or_cannot_leave", "barricaded",
        "firearm_access", "other_armed_person", "subject_driving", "vehicle", "plate",
        "fire_gas_chemical", "restrained", "exhausted", "pregnancy", "children_alone", "animals",
        "infectious_risk", "access_details", "mobility_or_communication_aid", "description",
        "direction", "protection_order", "detention_paper", "subject_preference",
        "can_speak_freely", "safe_to_call", "safe_to_text", "safe_to_leave_message",
    }  # fmt: skip
    roles = set(vocabulary().facts["caller_role"].value_names)
    assert roles >= {"police", "ambulance", "hospital", "other_centre"}


def test_the_situation_is_supplied_and_never_asked():
    assert {fact.name for fact in vocabulary().situation} >= {
        "mobile_team_available", "contacts_last_30_days", "feels_like_f", "precipitation",
        "dispatch_code", "local_date", "local_time", "weekday", "zone", "contact_channel",
        "dv_primary_yes", "dv_secondary_yes",
    }  # fmt: skip
    for fact in vocabulary().situation:
        assert fact.ask == "never"
        assert not fact.question("third", "en")


def test_responses_beyond_the_published_calls_are_there():
    assert set(vocabulary().responses) >= {
        "fire_rescue", "police_negotiator", "police_staged", "telehealth", "transport",
        "stabilisation_centre", "dv_advocate", "poison_control", "mutual_aid", "no_response",
    }  # fmt: skip


@pytest.mark.parametrize("field", [
    "race_ethnicity",
    "gender",
    "preferred_language",
    "disability_or_deaf",
    "area_deprivation_index",
    "lgbtq",
    "insurance_or_tribal_status",
])  # fmt: skip
def test_a_vocabulary_cannot_declare_what_rules_may_not_read(field):
    text = text_of("vocabulary")
    declared = text.replace("  housing:\n", f"  {field}:\n", 1)
    assert declared != text
    with pytest.raises(RuleFileError, match=field):
        RuleFiles().read_vocabulary(declared)


@pytest.mark.skipif(not FIELD.is_dir(), reason="the field notes are not beside the project")
def test_names_and_values_of_the_field_notes_are_kept():
    notes = yaml.safe_load((FIELD / "facts.yaml").read_text("utf-8"))
    facts = vocabulary().facts
    types = {"integer": {"number"}, "number": {"number"}, "string": {"code"}}
    for field in notes["fields"]:
        fact = facts[field["name"]]
        assert fact.type in types.get(field["type"], {"choice", "yes_no"}), fact.name
        if field["type"] == "enum":
            assert set(fact.value_names) >= set(field["values"]) - {"unknown"}, fact.name
        elif fact.type == "number":
            assert (fact.low or 0) <= field["values"].get("min", 0), fact.name
            assert (fact.high or 0) >= field["values"].get("max", 0), fact.name
    assert not {field["name"] for field in notes["equity_only_fields"]} & set(facts)
    assert set(vocabulary().responses) >= set(notes["responses"])


# ---- county-default: its own examples -----------------------------------------------


def holds(rules: RuleSet, one: Example) -> bool:
    decision = assess(rules, one.call, ahead=False).decision
    return (
        decision.response == (one.response or decision.response)
        and decision.level.id == (one.level or decision.level.id)
        and set(one.also) <= set(decision.also)
        and not set(one.must_not) & {decision.response, *decision.also}
    )


@pytest.fixture(scope="module")
def examples_by_rule() -> dict[str, list[Example]]:
    """The examples in which each rule fires."""
    fired: dict[str, list[Example]] = {}
    for one in rule_set(COUNTY).examples:
        for reason in assess(rule_set(COUNTY), one.call, ahead=False).because:
            fired.setdefault(reason.rule, []).append(one)
    return fired


def test_every_problem_type_has_an_example():
    problems = {one.call.asked.get("problem_type") for one in rule_set(COUNTY).examples}
    assert problems >= set(vocabulary().facts["problem_type"].value_names)


@pytest.mark.parametrize("rule", rule_set(COUNTY).rules, ids=lambda rule: rule.id)
def test_every_rule_has_an_example_and_every_hard_one_is_missed(rule: Rule, examples_by_rule):
    """Without a hard rule some example comes out differently. The weights are left free, so that
    a supervisor can change them without rewriting the examples."""
    fired_in = examples_by_rule.get(rule.id, [])
    assert fired_in
    if rule.kind in ("score", "plan"):
        return
    county = rule_set(COUNTY)
    without = replace(county, rules=tuple(one for one in county.rules if one is not rule))
    assert not all(holds(without, one) for one in fired_in)


# ---- county-default: a threshold -----------------------------------------------------

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
    changed_text = text_of(COUNTY).replace("  co_responder: 50\n", f"  co_responder: {points}\n", 1)
    changed = RuleFiles().read_rule_set(changed_text, vocabulary())
    call = vocabulary().read_call({"facts": WEIGHED})
    assert assess(changed, call, ahead=False).response == response


# ---- county-default: scenes ------------------------------------------------------------


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
    assert decide(COUNTY, facts).response == response


@pytest.mark.parametrize("facts", [
    {"psychosis": "present"},
    {"psychosis": "severe_or_commanding"},
    {"cognitive_condition": "developmental_or_autism"},
    {"psychosis": "present", "violence_now": "verbal_only", "accepts_help": "no"},
], ids=str)  # fmt: skip
def test_an_illness_without_a_threat_brings_no_police(facts):
    calm = {
        "problem_type": "mental_health_crisis",
        "violence_now": "none",
        "threat_to_others": "none",
        "suicidal_ideation": "none",
        "crime_suspected": "none",
        "weapon": "none_seen",
        "attempt_in_progress": "no",
    }
    assessment = decide(COUNTY, calm | facts, {"mobile_team_available": "yes"})
    assert comes(assessment) == {"mobile_crisis"}


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
    assert decide(COUNTY, facts).response == "crisis_line"
    facts["suicide_plan"] = "yes"
    assert decide(COUNTY, facts).response == "mobile_crisis"
    facts |= {"suicide_intent": "yes", "suicide_means": "at_hand"}
    assert comes(decide(COUNTY, facts)) >= {"ems", "co_responder", "crisis_line"}
    facts["attempt_in_progress"] = "yes"
    assert decide(COUNTY, facts).response == "ems"
    facts["weapon"] = "in_hand"
    assert decide(COUNTY, facts).response == "police_cit"
    assert comes(decide(COUNTY, facts)) >= {"ems", "co_responder", "crisis_line"}


@pytest.mark.parametrize(("consciousness", "response"), [
    ("alert", "community_responder"),
    ("drowsy_or_confused", "ems"),
    ("unconscious", "ems"),
    ("unknown", "ems"),
])  # fmt: skip
def test_somebody_asleep_on_a_bench_is_left_only_to_people_who_look(consciousness, response):
    facts = {
        "problem_type": "person_down",
        "location_type": "public_outdoor",
        "weapon": "none_seen",
        "violence_now": "none",
        "consciousness": consciousness,
    }
    assert decide(COUNTY, facts).response == response


def test_without_a_mobile_team_a_crisis_goes_to_co_response_not_to_patrol():
    facts = {
        "problem_type": "mental_health_crisis",
        "weapon": "none_confirmed",
        "violence_now": "none",
    }
    assessment = decide(COUNTY, facts, {"mobile_team_available": "no"})
    assert (assessment.decision.needed, assessment.response) == ("mobile_crisis", "co_responder")
    assert assessment.decision.cause == "none_on_shift"


def test_everybody_is_called_back_unless_that_is_unsafe():
    usual = decide(COUNTY, {"problem_type": "unwanted_person"})
    assert [one.kind for _, one in usual.follow_ups] == ["call_back"]
    unsafe = decide(COUNTY, {"problem_type": "family_dispute", "safe_to_call": "no"})
    assert "call_back" not in [one.kind for _, one in unsafe.follow_ups]


def test_calling_often_brings_a_plan_and_nothing_else():
    facts = {"problem_type": "wants_to_talk", "suicidal_ideation": "none", "violence_now": "none"}
    often = decide(COUNTY, facts, {"contacts_last_30_days": 6})
    assert "care_plan" in [one.kind for _, one in often.follow_ups]
    assert outcome(often) == outcome(decide(COUNTY, facts))


@pytest.mark.parametrize(("facts", "narrative", "first"), [
    ({"problem_type": "mental_health_crisis"}, "Huele a gas y no abre.", "fire_gas_chemical"),
    ({"problem_type": "mental_health_crisis", "violence_now": "none"},
     "Her ex husband is outside.", "domestic_violence"),
    ({"problem_type": "noise_or_neighbour_dispute"}, "He talks of suicide.", "suicidal_ideation"),
    ({"problem_type": "noise_or_neighbour_dispute"}, "El viejo tiene demencia.",
     "cognitive_condition"),
])  # fmt: skip
def test_what_the_narrative_says_is_asked_although_such_calls_are_seldom_about_it(
    facts, narrative, first
):
    call = vocabulary().read_call({"facts": facts, "narrative": narrative})

    assert assess(rule_set(COUNTY), call).outlook.ask_next[0].fact.name == first


GATE = {
    "consciousness": "alert",
    "breathing": "normal",
    "weapon": "none_seen",
    "violence_now": "none",
    "attempt_in_progress": "no",
}


@pytest.mark.parametrize(
    ("told", "then"),
    [
        ({"problem_type": "suicidal_thoughts"}, "suicidal_ideation"),
        (
            {"problem_type": "suicidal_thoughts", "suicidal_ideation": "active"},
            "suicide_means suicide_intent suicide_plan suicide_behaviour",
        ),
        ({"problem_type": "welfare_check"}, "specific_reason_to_fear"),
        ({"problem_type": "family_dispute"}, "domestic_violence"),
        ({"problem_type": "mental_health_crisis"}, "psychosis"),
        ({"problem_type": "neglect_or_abuse_report"}, "neglect_or_abuse children_alone"),
    ],
)
def test_after_the_gate_comes_what_the_call_is_about(told: dict[str, str], then: str) -> None:
    facts = {**GATE, "caller_role": "subject_self", **told}
    call = vocabulary().read_call({"facts": facts})

    asked = [one.fact.name for one in assess(rule_set(COUNTY), call).outlook.ask_next]
    first = asked[: len(then.split()) + 2]  # what was swallowed and a gun come with suicide

    assert set(then.split()) <= set(first)
