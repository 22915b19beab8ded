"""What decided is told apart from what is true as well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.shipped import COMPLETE, decide, rule_set
from tests.domain.test_rule_safety import calls, complete, situations, tries_fewer
from triage.domain.assessment import Assessment
from triage.domain.cases import Case
from triage.domain.decision import Decision, conclude
from triage.domain.outranked import deciding


def decided(assessment: Assessment, kind: str = "") -> list[str]:
    return [one.rule for one in assessment.deciding if kind in ("", one.kind)]


def outranked(assessment: Assessment) -> list[str]:
    return [one.rule for one in assessment.outranked]


CALM = {"weapon": "none_seen", "violence_now": "none", "attempt_in_progress": "no"}
CRISIS = {"problem_type": "mental_health_crisis", **CALM}


def test_whoever_is_required_stands_first_and_points_and_lesser_levels_are_outranked():
    assessment = decide("county-default", {**CRISIS, "breathing": "none"})

    assert decided(assessment)[:2] == ["not-breathing-normally", "life-in-danger"]
    assert {"crisis-team", "calm-crisis"} <= set(outranked(assessment))


def test_the_points_that_tipped_it_are_told_with_their_sum_and_what_was_needed():
    facts = {**CRISIS, "violence_history": "yes", "property_destruction": "yes"}
    assessment = decide("county-default", facts)

    assert assessment.response == "co_responder"
    assert decided(assessment, "score") == ["weigh-history", "weigh-damage"]
    assert "crisis-team" in outranked(assessment)
    told = assessment.as_dict()
    assert told["route"] == "score"
    assert told["by_points"] == {"response": "co_responder", "points": 60, "threshold": 50}


def test_an_exclusion_decides_only_where_it_keeps_somebody_away_who_would_have_come():
    talk = {"problem_type": "wants_to_talk", "suicidal_ideation": "none"}
    kept_away = decide("county-default", {**talk, **CALM, "caller_role": "hospital"})
    no_matter = decide("county-default", {**CRISIS, "caller_role": "hospital"})

    assert kept_away.decision.cause == "excluded"
    assert "professionals-ask-for-a-visit" in decided(kept_away)
    assert "professionals-ask-for-a-visit" in outranked(no_matter)


def test_a_companion_who_comes_anyway_is_outranked():
    facts = {"consciousness": "unconscious", "specific_reason_to_fear": "yes"}
    assessment = decide("county-default", facts | {"weapon": "in_hand"})

    assert "with-weapon-ambulance" in decided(assessment)  # beside the officer
    alone = decide("county-default", {"consciousness": "unconscious", "exposure": "heat"})
    assert "with-weapon-ambulance" not in decided(alone) + outranked(alone)


def test_questions_first_and_who_stands_in_are_among_what_decided():
    asking = decide("county-default", {"problem_type": "mental_health_crisis"})
    away = {"unavailable": {"ems": "all_committed"}}
    instead = decide("county-default", {"breathing": "none"}, away)

    assert decided(asking)[0] == "ask"
    assert asking.as_dict()["by_points"] is None
    assert "fallback" in decided(instead)


@complete
@tries_fewer
@given(st.data())
def test_without_what_was_outranked_the_decision_is_the_same(name, data):
    assessment = decide(name, data.draw(calls(name)), data.draw(situations(name)))
    case, rules = assessment.case, rule_set(name)
    ids = deciding(rules, case)

    assert ids | set(outranked(assessment)) >= {
        one.rule for one in assessment.because if one.rule in rules.rule and not assessment.others
    }
    if not assessment.others:
        assert done(only_these(name, case, ids)) == done(assessment.decision)


def only_these(name: str, case: Case, ids: frozenset[str]) -> Decision:
    """The decision where no other rule fired."""
    book = rule_set(name).book
    fired = sum(1 << number for number, one in enumerate(book.rules) if one.id in ids)
    return conclude(rule_set(name), fired, book.asking(case.tally), case.reading.teams)


def done(decision: Decision) -> tuple[object, ...]:
    """What is done: who would have been sent but for an exclusion is not part of it."""
    one = decision
    return one.eligible, one.response, one.level, one.also, one.person_must_act, one.route


@pytest.mark.parametrize("name", COMPLETE)
def test_what_was_assessed_says_of_every_reason_whether_it_decided(name):
    because = decide(name, {**CRISIS, "breathing": "none"}).as_dict()["because"]

    flags = [one["decided"] for one in because]
    assert flags == sorted(flags, reverse=True)
    assert set(flags) == {True, False}
