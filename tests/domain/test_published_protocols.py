"""Published programmes: each has its rule set, which decides as the programme says it does.

Where the field notes with sample calls stand beside the project, every sample call is put to the
rule set of its protocol, and to county-default for what would be an error. Calls of our own, in the
manner of programmes that have no rule set here, are put to county-default in any case.
"""

from functools import lru_cache
from typing import Any

import pytest
import yaml

from tests.domain.shipped import (
    FIELD,
    ILLUSTRATIONS,
    RULES,
    SHIPPED,
    comes,
    decide,
    is_police,
    rule_set,
    text_of,
    vocabulary,
)
from triage.adapters.rule_files import RuleFiles
from triage.domain.assessment import assess

PROTOCOL_OF = {
    "county-default": "",
    "portland-street-response": "portland_psr",
    "denver-star": "denver_star",
    "pennsylvania-a-team": "pa_ateam",
    "los-angeles-911-988": "la_911_988",
    "virginia-marcus-alert": "va_marcus",
    "illinois-cessa": "il_cessa",
    "uk-mental-health-triage-scale": "uk_mhts",
    "victoria-mental-health-triage-scale": "vic_mhts",
    "baltimore-911": "baltimore_911",
    "nyc-b-heard": "nyc_bheard",
    "c-ssrs-screen": "cssrs",
    "lifeline-imminent-risk": "lifeline_ir",
    "philadelphia-code-blue": "phila_code_blue",
    "dayton-mediation": "dayton_mru",
}
SET_OF = {protocol: name for name, protocol in PROTOCOL_OF.items() if protocol}
ADMITS = ("not verified", "unverified", "could not be verified", "could not be read")


# ---- the files -------------------------------------------------------------------------


@pytest.mark.parametrize("name", PROTOCOL_OF)
def test_every_named_rule_set_is_shipped_under_its_protocol(name):
    assert name in SHIPPED
    assert rule_set(name).name == name
    assert rule_set(name).protocol == PROTOCOL_OF[name]
    assert rule_set(name).scope == ("complete" if name == "county-default" else "illustration")


@pytest.mark.parametrize("name", SHIPPED)
def test_loads_without_any_finding(name):
    assert RuleFiles().check_rule_set(text_of(name), vocabulary()) == ()


@pytest.mark.parametrize("name", SHIPPED)
def test_every_rule_has_a_source_and_a_standing_and_every_source_is_used(name):
    rules = rule_set(name)
    departures = {dict(one)["source"] for one in rules.floor_departures}
    for rule in rules.rules:
        assert rule.source in rules.source, rule.id
        assert rule.standing in ("verified", "derived", "local_policy"), rule.id
    assert {rule.source for rule in rules.rules} | departures == set(rules.source)
    for source in rules.sources:
        assert source.title
        assert source.where
        assert source.read


@pytest.mark.parametrize("name", SHIPPED)
def test_no_rule_claims_more_than_its_source_bears(name):
    """A rule is verified only where its source was read."""
    rules = rule_set(name)
    for rule in rules.rules:
        if rule.standing == "verified":
            assert rules.source[rule.source].standing == "verified", rule.id


@pytest.mark.parametrize("name", SHIPPED)
def test_about_says_what_was_not_verified_and_that_it_is_no_medical_advice(name):
    about = rule_set(name).about.lower()
    assert any(words in about for words in ADMITS)
    assert "medical advice" in about


@pytest.mark.parametrize("name", ILLUSTRATIONS)
def test_every_response_a_programme_names_is_reached_by_an_example(name):
    """What a rule requires, scores or adds is seen in some example of the file."""
    rules = rule_set(name)
    seen: set[str] = set()
    for one in rules.examples:
        seen |= comes(assess(rules, one.call, ahead=False))
    asked = {one for rule in rules.rules if rule.kind != "exclude" for one in rule.responses}
    assert asked <= seen


ANOTHER_WAY = {
    "turned on others": ({"weapon_directed_at": "others"}, ("weapon",)),
    "turned on oneself": ({"weapon_directed_at": "self"}, ("weapon",)),
    "violence or crime": (
        {"problem_type": "violence_or_crime"},
        ("violence_now", "crime_suspected"),
    ),
}
"""Dangers told by an answer other than the one that asks for them, and the answers left out."""


@pytest.mark.parametrize("name", ILLUSTRATIONS)
@pytest.mark.parametrize(("told", "left_out"), ANOTHER_WAY.values(), ids=ANOTHER_WAY)
def test_a_danger_counts_by_whichever_answer_tells_of_it(name, told, left_out):
    """Added to every example of the set: an unarmed team or a telephone is not all that comes."""
    for one in rule_set(name).examples:
        call = one.call.as_dict()
        facts = {fact: said for fact, said in call["facts"].items() if fact not in left_out}
        assert any(
            is_police(response) or response == "traditional_response"
            for response in comes(decide(name, facts | told))
        ), one.name


def test_nothing_else_lies_among_the_rule_sets():
    expected = {"vocabulary.yaml", *(f"{name}.yaml" for name in PROTOCOL_OF)}
    assert {file.name for file in RULES.iterdir()} == expected


# ---- the sample calls of the field notes --------------------------------------------------


@lru_cache
def sample_calls() -> tuple[dict[str, Any], ...]:
    file = FIELD / "vignettes.yaml"
    return tuple(yaml.safe_load(file.read_text("utf-8"))) if file.is_file() else ()


needs_notes = pytest.mark.skipif(
    not sample_calls(), reason="the field notes with sample calls are not beside the project"
)


def with_id(calls: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("call", calls, ids=lambda call: call["id"])


def put(name: str, call: dict[str, Any]) -> Any:
    return decide(name, call["facts"], {}, call["narrative"])


@needs_notes
@with_id([call for call in sample_calls() if call["protocol"] in SET_OF])
def test_a_sample_call_is_decided_as_its_programme_says(call):
    assessment = put(SET_OF[call["protocol"]], call)
    expected = call["expected"]

    assert assessment.response == expected["response"]
    assert set(expected.get("also", ())) <= set(assessment.decision.also)
    assert not set(expected.get("must_not", ())) & comes(assessment)
    if expected["level"] in rule_set(SET_OF[call["protocol"]]).level:
        assert assessment.decision.level.id == expected["level"]


@needs_notes
@with_id(list(sample_calls()))
def test_county_default_does_nothing_that_the_programme_of_a_sample_call_calls_an_error(call):
    assert not set(call["expected"].get("must_not", ())) & comes(put("county-default", call))


# ---- more calls, in the manner of programmes without a rule set here ------------------------

CALM = {"weapon": "none_seen", "violence_now": "none"}
TELEPHONE = {"crisis_line", "veterans_line", "information_only", "no_response"}
PATROL = {"police", "police_cit", "police_negotiator"}
WITHOUT_POLICE = PATROL | {"co_responder"}
LONELY = {"problem_type": "wants_to_talk", "caller_role": "subject_self", **CALM}
BABY = {"age_band": "child_under_12", "problem_type": "neglect_or_abuse_report"}
OLD = {"age_band": "older_65_plus", "problem_type": "neglect_or_abuse_report"}
PUPIL = {"age_band": "teen_12_17", "problem_type": "school_bullying", **CALM}
WISH = {"problem_type": "suicidal_thoughts", "suicidal_ideation": "active", **CALM}
THOUGHTS = WISH | {
    "caller_role": "subject_self",
    "suicide_intent": "no",
    "suicide_plan": "no",
    "suicide_means": "none",
    "suicide_behaviour": "never",
    "attempt_in_progress": "no",
}

CALLS: dict[str, tuple[dict[str, Any], str, set[str]]] = {
    # sobering
    "drunk, took a blow to the jaw": (
        {"problem_type": "intoxication", "intoxication": "marked", "injury": "head", **CALM},
        "ems", {"sobering", "police"}),
    "drunk, was out for a minute": (
        {"problem_type": "intoxication", "consciousness": "drowsy_or_confused", **CALM},
        "ems", {"sobering", "police"}),
    "drunk boy of fifteen": (
        {"problem_type": "intoxication", "intoxication": "marked", "age_band": "teen_12_17",
         "consciousness": "alert", "breathing": "normal", "injury": "none", **CALM},
        "community_responder", {"sobering", "police"}),
    "drunk and wants to fight": (
        {"problem_type": "intoxication", "intoxication": "marked", "violence_now": "threatening"},
        "police_cit", {"sobering", "community_responder"}),
    # counselor in the 911 room
    "panic, asks for somebody to talk to": (
        {"problem_type": "mental_health_crisis", "attempt_in_progress": "no",
         "medical_red_flag": "no", "suicidal_ideation": "none", **CALM},
        "mobile_crisis", WITHOUT_POLICE),
    "panic and a knife in the hand": (
        {"problem_type": "mental_health_crisis", "weapon": "in_hand"},
        "police_cit", {"mobile_crisis", "crisis_line", "community_responder"}),
    "has a fit while a counselor listens": (
        {"problem_type": "suicidal_thoughts", "medical_red_flag": "yes", **CALM},
        "ems", TELEPHONE),
    # civilian teams
    "sleeps in a doorway and answers": (
        {"problem_type": "person_down", "consciousness": "alert", **CALM},
        "community_responder", PATROL),
    "lies in a doorway and does not answer": (
        {"problem_type": "person_down", "consciousness": "unconscious", **CALM},
        "ems", {"community_responder", "police"}),
    "undressed and muttering outside a shop": (
        {"problem_type": "public_disturbance", "psychosis": "present",
         "crime_suspected": "minor_nonviolent", **CALM},
        "mobile_crisis", PATROL),
    "argues with the shopkeeper, nobody threatened": (
        {"problem_type": "unwanted_person", "weapon": "none_seen", "violence_now": "verbal_only"},
        "community_responder", PATROL),
    "hits a stranger in the street": (
        {"problem_type": "public_disturbance", "violence_now": "physical"},
        "police", {"community_responder", "mobile_crisis"}),
    "pistol on the table": (
        {"problem_type": "mental_health_crisis", "weapon": "accessible", "weapon_type": "firearm"},
        "co_responder", {"community_responder", "mobile_crisis"}),
    "has not been seen at church": (
        {"problem_type": "welfare_check", "specific_reason_to_fear": "no", **CALM},
        "community_responder", PATROL),
    "no food and no bed for tonight": (
        {"problem_type": "needs_resources", "housing": "unhoused", "location_type": "encampment",
         **CALM},
        "homeless_outreach", PATROL),
    # not back to a crisis line
    "hospital: she left the ward and has a plan": (
        {"problem_type": "left_care", "caller_role": "hospital", "suicide_plan": "yes", **CALM},
        "mobile_crisis", TELEPHONE | {"police"}),
    "clinic: a patient thinks of dying": (
        THOUGHTS | {"caller_role": "health_or_care_professional"},
        "mobile_crisis", TELEPHONE | {"police"}),
    "crisis line: he says he has a gun": (
        {"problem_type": "suicidal_thoughts", "caller_role": "crisis_line",
         "suicidal_ideation": "active", "firearm_access": "yes"},
        "co_responder", TELEPHONE | {"mobile_crisis"}),
    # ideas of imminent, intending and ideation
    "on the ledge": (
        {"problem_type": "suicidal_thoughts", "dangerous_place": "at_edge"},
        "police_cit", {"mobile_crisis", "community_responder", "police"}),
    "plan and intent, nothing begun": (
        THOUGHTS | {"suicide_intent": "yes", "suicide_plan": "yes"},
        "mobile_crisis", TELEPHONE | PATROL),
    "thoughts without intent": (THOUGHTS, "crisis_line", WITHOUT_POLICE),
    # real and immediate risk
    "walked out of the clinic, calm, no reason to fear": (
        {"problem_type": "left_care", "specific_reason_to_fear": "no", **CALM},
        "mobile_crisis", PATROL),
    "sent a photo from a bridge": (
        {"problem_type": "welfare_check", "caller_proximity": "remote",
         "suicidal_ideation": "active", "specific_reason_to_fear": "yes"},
        "co_responder", TELEPHONE | {"community_responder"}),
    "does not answer, remote caller, nothing else": (
        {"problem_type": "welfare_check", "caller_proximity": "remote",
         "specific_reason_to_fear": "no", "weapon": "none_seen", "violence_now": "unknown"},
        "community_responder", PATROL),
    # children and dependent adults
    "toddlers alone for hours": (
        BABY | {"children_alone": "yes"}, "police", TELEPHONE),
    "bruises, lives with grandparents now": (
        BABY | {"neglect_or_abuse": "past_or_ongoing_not_immediate", **CALM},
        "social_services", PATROL),
    "nobody can say whether the old man is alive": (
        OLD | {"neglect_or_abuse": "safety_not_established"},
        "co_responder", TELEPHONE | {"police"}),
    "does not eat, refuses the nurse, in no danger": (
        OLD | {"neglect_or_abuse": "past_or_ongoing_not_immediate", "self_care": "failing",
               **CALM},
        "social_services", PATROL),
    # missing
    "wanderer with dementia, out of sight for twenty minutes": (
        {"problem_type": "welfare_check", "subject_presence": "left_scene",
         "cognitive_condition": "dementia"},
        "missing_person_search", TELEPHONE),
    "girl of sixteen gone since last night": (
        {"problem_type": "missing_person", "age_band": "teen_12_17", "last_contact_hours": 14},
        "missing_person_search", TELEPHONE),
    # the young
    "boy cries under a desk": (
        {"problem_type": "child_in_distress", "age_band": "teen_12_17", "location_type": "school",
         **CALM},
        "youth_mobile_crisis", PATROL),
    "girl of thirteen with a plan": (
        WISH | {"age_band": "teen_12_17", "suicide_plan": "yes"},
        "youth_mobile_crisis", TELEPHONE | PATROL),
    "name-calling, reported by a classmate": (
        PUPIL | {"caller_role": "anonymous", "threat_to_others": "none",
                 "suicidal_ideation": "none"},
        "school_team", PATROL),
    "will bring a gun to school tomorrow": (
        PUPIL | {"threat_to_others": "specific", "weapon": "accessible", "weapon_type": "firearm"},
        "police", {"information_only", "crisis_line"}),
    # violence at home
    "he has threatened to kill her": (
        {"problem_type": "family_dispute", "domestic_violence": "yes", "dv_threat_to_kill": "yes"},
        "police", {"mediation", "crisis_line", "community_responder"}),
    "three of the eight, only shouting": (
        {"problem_type": "family_dispute", "domestic_violence": "yes", "dv_primary_yes": 0,
         "dv_secondary_yes": 3, "violence_now": "verbal_only"},
        "co_responder", {"mediation", "crisis_line", "community_responder"}),
    # equal access
    "signs over video relay, life is pointless": (
        THOUGHTS | {"suicidal_ideation": "passive", "contact_channel": "video_relay",
                    "language_barrier": "sign_language_needed"},
        "crisis_line", WITHOUT_POLICE),
    "interpreter not there yet": (
        {"language_barrier": "interpreter_needed", "weapon": "unknown", "violence_now": "unknown"},
        "ask_more", TELEPHONE | PATROL),
    # frequent callers
    "ninth call, only wants company": (
        LONELY | {"suicidal_ideation": "none", "contacts_last_30_days": 9},
        "crisis_line", WITHOUT_POLICE | {"information_only"}),
    "ninth call, this time tablets": (
        LONELY | {"overdose_or_poison": "yes", "contacts_last_30_days": 9},
        "ems", TELEPHONE),
    # contradicting reports
    "one says knife, the other telephone": (
        {"problem_type": "public_disturbance", "psychosis": "present", "violence_now": "none",
         "weapon": {"values": [{"value": "in_hand", "source": "first caller"},
                               {"value": "none_seen", "source": "second caller"}]}},
        "police_cit", {"community_responder", "mobile_crisis", "police"}),
    "one says awake, the other cannot wake him": (
        {"problem_type": "person_down",
         "consciousness": {"values": [{"value": "alert", "source": "first caller"},
                                      {"value": "unconscious", "source": "second caller"}]}},
        "ems", {"community_responder", "police"}),
    # armed and alone
    "gun, alone, threatens nobody else": (
        WISH | {"weapon": "in_hand", "weapon_type": "firearm", "weapon_directed_at": "self",
                "crime_suspected": "none", "threat_to_others": "none"},
        "police_cit", {"police", "community_responder", "mobile_crisis"}),
    "shut in with a gun": (
        {"problem_type": "mental_health_crisis", "barricaded": "yes", "weapon": "in_hand",
         "weapon_type": "firearm", "weapon_directed_at": "nobody"},
        "police_negotiator", {"police", "community_responder", "mobile_crisis"}),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_county_default_answers_calls_of_other_programmes_with_care(name):
    facts, response, must_not = CALLS[name]
    assessment = decide("county-default", facts)

    assert assessment.response == response
    assert not must_not & comes(assessment)


@pytest.mark.parametrize("name", CALLS)
def test_the_same_calls_still_end_in_somebody_while_no_mobile_team_is_on_shift(name):
    facts, _, _ = CALLS[name]
    assessment = decide("county-default", facts, {"mobile_team_available": "no"})

    known = vocabulary().responses[assessment.response]
    assert known.is_somebody or assessment.ask
    assert not {"information_only", "no_response"} & comes(assessment)
