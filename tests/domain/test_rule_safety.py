"""The safety floor, as properties of every rule set that is fit to be live.

Calls are made up out of whatever the vocabulary and the rule set offer: gate and other answers,
unknown and contradicting ones, callers who see the person and callers who do not, teams that are
missing or late. A rule set of one published programme may fall below the floor, but not silently:
it lists the fact where it does so, with the source.

SAFETY_EXAMPLES says how many calls each property tries; 100 unless told otherwise, and a
quarter of it for an illustration.
"""

import os
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.shipped import (
    COMPLETE,
    ILLUSTRATIONS,
    comes,
    decide,
    is_police,
    rule_set,
    vocabulary,
)
from triage.domain.assessment import Assessment, assess
from triage.domain.conditions import facts_of
from triage.domain.facts import Fact
from triage.domain.ruleset import Rule

EXAMPLES = int(os.environ.get("SAFETY_EXAMPLES", "100"))


def at_most(examples: int) -> settings:
    slow = [HealthCheck.too_slow]
    return settings(max_examples=max(examples, 1), deadline=None, suppress_health_check=slow)


tries, tries_fewer = at_most(EXAMPLES), at_most(EXAMPLES // 4)
complete = pytest.mark.parametrize("name", COMPLETE)
illustrations = pytest.mark.parametrize("name", ILLUSTRATIONS)

RESPONSES = vocabulary().responses
TELEPHONE = {name for name, one in RESPONSES.items() if one.reached_by == "transfer"}
UNARMED = {name for name, one in RESPONSES.items() if one.reached_by == "page" and not one.armed}
NOBODY = {"information_only", "no_response"}
NOT_ENOUGH = TELEPHONE | UNARMED | NOBODY | {"ask_more"}
"""Who may never be the whole answer to a hard danger; with `ask_more` nobody is paged yet."""
HARD_DANGERS = {
    "consciousness": "unconscious",
    "breathing": "none",
    "weapon": "in_hand",
    "attempt_in_progress": "yes",
}
NOT_ABOUT_DANGER = ("contact_channel", "language_barrier", "housing", "contacts_last_30_days")
LABELS = ("suspicious", "crazy", "a frequent flyer", "schizophrenic", "un loco", "a drunk bum")
DANGERS_ASKED_FIRST = ("weapon", "violence_now")
REASONS_FOR_SOMEBODY = (
    {"suicide_intent": "yes"},
    {"suicide_plan": "yes"},
    {"suicide_method_thought": "yes"},
    {"suicide_means": "at_hand"},
    {"suicide_behaviour": "within_3_months"},
    {"psychosis": "present"},
    {"problem_type": "wants_to_talk", "suicidal_ideation": "none"},
    {"problem_type": "school_bullying", "suicidal_ideation": "none", "threat_to_others": "none"},
    {"problem_type": "neglect_or_abuse_report", "neglect_or_abuse": "none"},
    {"problem_type": "family_dispute", "domestic_violence": "no"},
    {"problem_type": "welfare_check", "specific_reason_to_fear": "no"},
)
"""What points toward an unarmed team or a telephone line, where nothing speaks against it."""
COUNTS = {"dv_primary_yes": range(4), "dv_secondary_yes": range(9)}
"""Computed counts of which more is more dangerous."""

Facts = dict[str, Any]
Situation = dict[str, Any]


# ---- what an assessment says -----------------------------------------------------


def required(name: str, assessment: Assessment) -> set[str]:
    """Everybody whom a fired `require` demands."""
    rules = rule_set(name).rule
    fired = (rules[reason.rule] for reason in assessment.because if reason.rule in rules)
    return {rule.responses[0] for rule in fired if rule.kind == "require"}


def outcome(assessment: Assessment) -> tuple[str, str, set[str]]:
    decision = assessment.decision
    return decision.response, decision.level.id, set(decision.also)


def fired(assessment: Assessment) -> set[str]:
    return {reason.rule for reason in assessment.because}


def stands_in_the_way(situation: Situation, response: str, assessment: Assessment) -> bool:
    """Can no team of that response come within the level's target?"""
    within = assessment.decision.level.within_min
    late = situation.get("minutes_to", {}).get(response, 0)
    known = RESPONSES[response].availability_fact
    return (
        response in situation.get("unavailable", {})
        or (within is not None and late > within)
        or (known is not None and situation.get(known) == "no")
    )


def away(situation: Situation) -> list[str]:
    """The responses of which there is nobody."""
    off_shift = {
        r.id for r in RESPONSES.values() if situation.get(r.availability_fact or "") == "no"
    }
    return sorted({*situation.get("unavailable", {}), *off_shift})


# ---- made-up calls ---------------------------------------------------------------


@lru_cache
def asked_facts(name: str) -> tuple[Fact, ...]:
    """Facts with listed values that a rule of the set reads, the gate in any case."""
    read = {fact for rule in rule_set(name).rules for fact in facts_of(rule.when)}
    return tuple(
        fact
        for fact in vocabulary().facts.values()
        if fact.type in ("choice", "yes_no")
        and fact.ask != "never"
        and (fact.name in read or fact.ask == "gate")
    )


@lru_cache
def ordered_facts(name: str) -> tuple[Fact, ...]:
    return tuple(fact for fact in asked_facts(name) if fact.danger)


@st.composite
def answers(draw: st.DrawFn, fact: Fact) -> Any:
    """A value, unknown, or now and then two reports that contradict each other."""
    values = [*fact.value_names, "unknown"]
    if not fact.danger or draw(st.integers(0, 7)):
        return draw(st.sampled_from(values))
    first, second = draw(st.permutations(values))[:2]
    return reports(first, second)


def reports(*values: str) -> Facts:
    return {"values": [{"value": one, "source": f"caller {n}"} for n, one in enumerate(values)]}


@st.composite
def calls(draw: st.DrawFn, name: str, most: int = 8) -> Facts:
    """Some facts answered, among them often the gate."""
    gate, others = gate_and_others(name)
    chosen = draw(st.lists(others, max_size=most, unique=True))
    chosen += draw(st.lists(gate, max_size=7, unique=True))
    return {fact.name: draw(answers(fact)) for fact in chosen}


@lru_cache
def gate_and_others(name: str) -> tuple[st.SearchStrategy[Fact], st.SearchStrategy[Fact]]:
    facts = asked_facts(name)
    return (
        st.sampled_from([fact for fact in facts if fact.ask == "gate"]),
        st.sampled_from([fact for fact in facts if fact.ask != "gate"]),
    )


@st.composite
def situations(draw: st.DrawFn, name: str) -> Situation:
    """Teams that are missing, off shift or far away; the weather."""
    teams = [one for one in rule_set(name).responses if RESPONSES[one].is_somebody]
    missing = draw(st.sets(st.sampled_from(teams), max_size=len(teams)))
    far = draw(st.dictionaries(st.sampled_from(teams), st.integers(0, 300), max_size=6))
    situation: Situation = {
        "unavailable": dict.fromkeys(sorted(missing), "all_committed"),
        "minutes_to": far,
    }
    if draw(st.booleans()):
        situation["mobile_team_available"] = draw(st.sampled_from(("yes", "no", "unknown")))
    if draw(st.booleans()):
        situation["feels_like_f"] = draw(st.integers(-20, 110))
        situation["precipitation"] = draw(st.sampled_from(("yes", "no", "unknown")))
    return situation


@st.composite
def two_dangers(draw: st.DrawFn, name: str) -> tuple[Facts, Facts]:
    """A call, and the same call with one answer more dangerous, or with a report that is."""
    counts = sorted(COUNTS)
    fact = draw(st.sampled_from([*ordered_facts(name), *counts]))
    if isinstance(fact, str):
        key, pairs = fact, tuple(combinations(COUNTS[fact], 2))
        before, worse = draw(st.sampled_from(pairs))
    else:
        key = fact.name
        before, worse = draw(st.sampled_from(tuple(steps(fact))))
        if before and draw(st.integers(0, 3)) == 0:
            worse = reports(before, worse)
    facts = {fact: answer for fact, answer in draw(calls(name)).items() if fact != key}
    known = {} if before is None else {key: before}
    return {**facts, **known}, {**facts, key: worse}


def steps(fact: Fact) -> Iterator[tuple[str | None, str]]:
    """Every step to a more dangerous answer. From not known (None: not asked) only the worst
    answer is surely one."""
    yield None, fact.danger[-1]
    yield "unknown", fact.danger[-1]
    yield from combinations(fact.danger, 2)


# ---- more danger never brings less help --------------------------------------------


@complete
@tries
@given(st.data())
def test_a_more_dangerous_answer_never_removes_anybody_nor_lowers_the_level(name, data):
    calm, worse = data.draw(two_dangers(name))
    situation = data.draw(situations(name))
    before, after = decide(name, calm, situation), decide(name, worse, situation)
    who = comes(after)

    assert required(name, before) <= required(name, after)
    missing = required(name, after) - who
    assert not missing or after.decision.person_must_act
    assert missing <= set(away(situation))  # whoever is only late comes all the same
    left_out = set(before.decision.also) - who - missing
    assert left_out <= {"police_staged"}  # who waited out of sight now comes openly
    assert not left_out or any(is_police(one) for one in who)
    assert after.decision.level.rank <= before.decision.level.rank


@complete
def test_a_need_that_only_one_report_makes_is_told_beside_a_louder_one(name):
    """Whoever comes along anyway is needed by the other report: that is told as well."""
    told = {
        "specific_reason_to_fear": reports("yes", "no"),
        "overdose_or_poison": reports("yes", "unknown"),
        "subject_presence": "missing",
    }

    assert {"co_responder", "ems", "missing_person_search"} <= required(name, decide(name, told))


@complete
def test_no_single_step_toward_danger_lowers_anything(name):
    problems = ("mental_health_crisis", "needs_resources")
    hard = ({fact: value} for fact, value in HARD_DANGERS.items())
    for calm in ({}, *({"problem_type": problem} for problem in problems), *hard):
        for fact in ordered_facts(name):
            for known, worse in steps(fact):
                one = decide(name, {**calm, **({fact.name: known} if known else {})})
                other = decide(name, {**calm, fact.name: worse})
                assert required(name, one) <= required(name, other), (calm, fact.name, worse)
                assert other.decision.level.rank <= one.decision.level.rank, (calm, fact.name)
                left_out = set(one.decision.also) - comes(other) - {"police_staged"}
                assert not left_out, (calm, fact.name, worse)


@complete
@tries
@given(st.data())
def test_a_more_dangerous_answer_never_turns_somebody_who_comes_into_a_question(name, data):
    calm, worse = data.draw(two_dangers(name))
    situation = data.draw(situations(name))

    if decide(name, calm, situation).response != "ask_more":
        assert decide(name, worse, situation).response != "ask_more"


@complete
@pytest.mark.parametrize("problem", ["suicidal_thoughts", "welfare_check", "other"])
def test_no_two_dangers_take_away_who_comes_for_one_of_them(name, problem):
    facts = [fact for fact in ordered_facts(name) if fact.name != "problem_type"]
    for one in facts:
        calm = {"problem_type": problem, one.name: one.danger[-1]}
        if decide(name, calm).response == "ask_more":
            continue
        for other in facts:
            both = {**calm, other.name: other.danger[-1]}
            assert decide(name, both).response != "ask_more", both


@complete
@tries
@given(st.data())
def test_dementia_autism_and_confusion_raise_or_add_but_never_lower(name, data):
    facts = data.draw(calls(name))
    facts.pop("cognitive_condition", None)
    condition = data.draw(st.sampled_from(("dementia", "developmental_or_autism", "new_confusion")))
    before = decide(name, facts)
    after = decide(name, {**facts, "cognitive_condition": condition})

    assert after.decision.level.rank <= before.decision.level.rank
    assert required(name, before) <= required(name, after)
    assert set(before.decision.also) <= comes(after)


# ---- what is not about danger changes nothing ---------------------------------------


def assert_same_unless_a_source_says_so(
    name: str, fact: str, before: Assessment, after: Assessment
) -> None:
    if outcome(before) == outcome(after):
        return
    rules = rule_set(name).rule
    changed = [rules[one] for one in fired(before) ^ fired(after) if one in rules]
    saying = [rule for rule in changed if fact in facts_of(rule.when)]
    assert any(rule.standing in ("verified", "derived") for rule in saying), (fact, saying)


@pytest.mark.parametrize("name", COMPLETE + ILLUSTRATIONS)
@tries_fewer
@given(st.data())
def test_channel_language_housing_and_repeat_calls_change_nothing(name, data):
    fact = vocabulary().facts[data.draw(st.sampled_from(NOT_ABOUT_DANGER))]
    facts, situation = data.draw(calls(name)), data.draw(situations(name))
    facts.pop(fact.name, None)
    said = st.integers(0, 60) if fact.type == "number" else st.sampled_from(fact.value_names)
    before = decide(name, facts, situation)
    after = decide(name, {**facts, fact.name: data.draw(said)}, situation)

    assert_same_unless_a_source_says_so(name, fact.name, before, after)


@pytest.mark.parametrize("name", COMPLETE + ILLUSTRATIONS)
@tries_fewer
@given(st.data())
def test_the_callers_word_for_a_person_changes_nothing(name, data):
    facts, situation = data.draw(calls(name)), data.draw(situations(name))
    label = data.draw(st.sampled_from(LABELS))
    before = decide(name, facts, situation, "He is in the lobby.")
    after = decide(name, facts, situation, f"He is {label} and in the lobby.")

    assert outcome(before) == outcome(after)


@complete
def test_county_rules_read_contacts_and_housing_for_plans_alone(name):
    for rule in rule_set(name).rules:
        read = set(facts_of(rule.when))
        if read & {"contacts_last_30_days", "housing"}:
            assert rule.kind == "plan", rule.id
        if "cognitive_condition" in read:
            assert rule.kind in ("require", "also", "level"), rule.id
        assert not read & {"contact_channel", "language_barrier"}, rule.id


# ---- somebody always answers, and says why ------------------------------------------


@complete
@tries
@given(st.data())
def test_nobody_is_sent_only_where_somebody_said_that_nobody_is_needed(name, data):
    facts, situation = data.draw(calls(name)), data.draw(situations(name))
    assessment = decide(name, facts, situation)
    if assessment.response == "no_response":
        assert facts["problem_type"] == "no_help_needed"
        assert facts["closure_code"] != "unknown"
    elif assessment.response == "information_only":
        assert facts["problem_type"] == "information_request"
    elif assessment.response == "ask_more":
        assert assessment.ask
        assert RESPONSES[assessment.ask.then].reached_by in ("page", "cad")
    else:
        assert RESPONSES[assessment.response].is_somebody


@complete
@tries
@given(st.data())
def test_no_answers_at_all_lead_to_questions_and_then_to_somebody_who_moves(name, data):
    asked = data.draw(st.sets(st.sampled_from([fact.name for fact in asked_facts(name)])))
    assessment = decide(name, dict.fromkeys(asked, "unknown"), data.draw(situations(name)))

    assert assessment.response not in NOBODY | TELEPHONE
    if assessment.response == "ask_more":
        assert assessment.ask
        assert RESPONSES[assessment.ask.then].reached_by in ("page", "cad")
        assert assessment.decision.level.rank <= 2


def put(name: str, facts: Facts) -> Assessment:
    """As `decide`, with the questions that are still worth putting."""
    return assess(rule_set(name), vocabulary().read_call({"facts": facts}))


def asked_in_vain(assessment: Assessment) -> bool:
    """Does the call wait for answers although nobody has anything left to ask?"""
    return assessment.response == "ask_more" and not assessment.outlook.ask_next


@complete
@pytest.mark.parametrize("calm", [True, False], ids=["gate answered", "gate unknown"])
@pytest.mark.parametrize("problem", [*vocabulary().facts["problem_type"].value_names, "unknown"])
def test_when_nothing_is_left_to_ask_somebody_is_chosen(name, problem, calm):
    """Every question is put as it comes up, and answered by nobody."""
    gate = [fact for fact in vocabulary().gate if fact.danger]
    facts = {fact.name: fact.danger[0] if calm else "unknown" for fact in gate}
    facts["problem_type"] = problem
    while ask_next := put(name, facts).outlook.ask_next:
        facts[ask_next[0].fact.name] = "unknown"
    everything = dict.fromkeys((fact.name for fact in asked_facts(name)), "unknown") | facts

    assert not asked_in_vain(put(name, facts))
    assert put(name, everything).response != "ask_more"


@complete
@tries
@given(st.data())
def test_no_call_waits_for_an_answer_that_nobody_is_asked_for(name, data):
    """Most was asked, much of it in vain, and here and there something else was answered."""
    facts: Facts = {
        fact.name: data.draw(st.sampled_from(("unknown", fact.danger[0])))
        for fact in ordered_facts(name)
    }
    facts["problem_type"] = data.draw(answers(vocabulary().facts["problem_type"]))
    facts |= data.draw(calls(name))
    left_out = data.draw(st.sets(st.sampled_from(sorted(facts)), max_size=12))

    assessment = put(name, {fact: facts[fact] for fact in facts if fact not in left_out})

    assert not asked_in_vain(assessment)


@complete
@tries
@given(st.data())
def test_nobody_unarmed_is_chosen_before_weapon_and_violence_were_asked(name, data):
    """Nor a telephone line. Who asks for information or needs nothing is another matter, and so is
    who stands in for a team that is away."""
    facts = data.draw(calls(name)) | data.draw(st.sampled_from(({}, *REASONS_FOR_SOMEBODY)))
    for fact in data.draw(st.sampled_from((("weapon",), ("violence_now",), DANGERS_ASKED_FIRST))):
        facts.pop(fact, None)
    assessment = decide(name, facts, data.draw(situations(name)))

    assert assessment.decision.eligible not in (TELEPHONE | UNARMED) - required(name, assessment)


@pytest.mark.parametrize("name", COMPLETE + ILLUSTRATIONS)
@tries_fewer
@given(st.data())
def test_every_assessment_names_a_reason_that_a_person_can_read(name, data):
    assessment = decide(name, data.draw(calls(name)), data.draw(situations(name)))

    assert assessment.because
    for reason in assessment.because:
        assert len(reason.because.split()) >= 3
        assert reason.because.endswith(".")


# ---- a life in danger ------------------------------------------------------------------


@complete
@pytest.mark.parametrize("danger", HARD_DANGERS)
@tries
@given(st.data())
def test_a_life_in_danger_is_never_left_to_a_telephone_or_an_unarmed_team(name, danger, data):
    facts = {**data.draw(calls(name)), danger: HARD_DANGERS[danger]}
    situation = data.draw(situations(name))
    assessment = decide(name, facts, situation)

    assert assessment.response not in NOT_ENOUGH
    assert assessment.decision.level.rank == 1
    if "ems" in away(situation):
        assert assessment.decision.person_must_act
    else:
        assert "ems" in comes(assessment)
    if danger == "weapon":
        assert any(is_police(one) for one in comes(assessment))
    if stands_in_the_way(situation, assessment.response, assessment):
        assert assessment.decision.person_must_act
        assert assessment.decision.cause


SAID = (
    {"problem_type": "suicidal_thoughts"},
    {"suicidal_ideation": "passive"},
    {"suicide_intent": "yes"},
    {"suicide_plan": "yes"},
)
"""The ways in which a call says that somebody thinks of death."""
WITHIN_REACH = ({"firearm_access": "yes"}, {"weapon": "accessible"}, {"dangerous_place": "near"})
WEAPON_NOT_KNOWN = ({}, *({"weapon": one} for one in ("unknown", "none_seen", "none_confirmed")))


@complete
@pytest.mark.parametrize("said", SAID, ids=lambda said: next(iter(said)))
@pytest.mark.parametrize("means", WITHIN_REACH, ids=lambda means: next(iter(means)))
@tries_fewer
@given(st.data())
def test_whoever_thinks_of_death_near_a_gun_or_an_edge_is_not_met_by_an_unarmed_team_alone(
    name, said, means, data
):
    assessment = decide(name, {**data.draw(calls(name)), **said, **means})

    assert assessment.response not in NOT_ENOUGH
    assert any(is_police(one) for one in comes(assessment))
    assert assessment.decision.level.rank <= 2


@complete
@pytest.mark.parametrize("weapon", WEAPON_NOT_KNOWN, ids=str)
@pytest.mark.parametrize(("turned_on", "rank"), [("others", 1), ("self", 2)])
@tries_fewer
@given(st.data())
def test_a_weapon_turned_on_somebody_counts_whatever_else_is_said_of_weapons(
    name, weapon, turned_on, rank, data
):
    facts = data.draw(calls(name))
    facts.pop("weapon", None)
    assessment = decide(name, {**facts, **weapon, "weapon_directed_at": turned_on})

    assert assessment.response not in NOT_ENOUGH
    assert any(is_police(one) for one in comes(assessment))
    assert assessment.decision.level.rank <= rank


@complete
@tries
@given(st.data())
def test_whoever_has_a_method_or_means_is_not_left_to_a_telephone(name, data):
    method = {"suicide_method_thought": "yes"}, {"suicide_means": "accessible"}
    facts = data.draw(calls(name)) | data.draw(st.sampled_from(method))
    assessment = decide(name, facts)

    assert assessment.response not in TELEPHONE | NOBODY
    assert assessment.decision.level.rank <= 2


@complete
@pytest.mark.parametrize("sign", [{"suicidal_ideation": "passive"}, {"psychosis": "present"}])
@tries
@given(st.data())
def test_whoever_wishes_to_be_dead_or_hears_voices_never_waits_for_hours(name, sign, data):
    facts = data.draw(calls(name)) | sign
    errands = ["no_help_needed", "neglect_or_abuse_report", "information_request", "panhandling"]
    facts["problem_type"] = data.draw(st.sampled_from(errands))

    assert decide(name, facts).decision.level.within_min <= 60


ERRANDS = (
    {"problem_type": "information_request"},
    {"problem_type": "no_help_needed", "closure_code": "pocket_dial"},
    {"problem_type": "noise_or_neighbour_dispute"},
    {"problem_type": "noise_or_neighbour_dispute", "caller_preference": "wants_police"},
    {"problem_type": "panhandling"},
    {"problem_type": "needs_resources"},
    {"problem_type": "transport_request"},
    {"problem_type": "school_bullying", "threat_to_others": "none", "suicidal_ideation": "none"},
    {"problem_type": "neglect_or_abuse_report", "neglect_or_abuse": "none"},
)
CALM = {"consciousness": "alert", "weapon": "none_seen", "violence_now": "none"}
CALM |= {"attempt_in_progress": "no", "psychosis": "none"}


@lru_cache
def tells(name: str) -> tuple[tuple[str, str], ...]:
    """Answers that may bring somebody along although nothing demands it, none of them hard."""
    weighing = [rule for rule in rule_set(name).rules if rule.kind in ("score", "also")]
    read = {fact for rule in weighing for fact in facts_of(rule.when)} - {"problem_type"}
    told = []
    for fact in (fact for fact in asked_facts(name) if fact.name in read):
        told += [(fact.name, value) for value in fact.danger[1:2] or fact.value_names]
        told += [(fact.name, "unknown")] * (fact.ask == "gate")
    return tuple(told)


@st.composite
def errands(draw: st.DrawFn, name: str) -> Facts:
    """A matter for this afternoon, calm as far as was asked, and a few answers that tell more."""
    asked = draw(st.sets(st.sampled_from(sorted(CALM)), min_size=3))
    more = draw(st.lists(st.sampled_from(tells(name)), max_size=5))
    return {fact: CALM[fact] for fact in asked} | draw(st.sampled_from(ERRANDS)) | dict(more)


def goes_in_person(response: str) -> bool:
    """An officer, a clinician, a crew: whoever is sent for more than an errand."""
    one = RESPONSES[response]
    return one.reached_by == "cad" or bool({"officer", "clinician"} & {*one.roles})


def assert_sent_in_time(name: str, facts: Facts) -> None:
    """Nobody goes in person at the least urgent level. A call that waits for answers counts as
    what it comes to without them; only the officer whom a caller asks for may take their time."""
    assessment = decide(name, facts)
    late = {assessment.ask.then} if assessment.response == "ask_more" and assessment.ask else set()
    asked_for = {"police"} if facts.get("caller_preference") == "wants_police" else set()
    sent = {one for one in comes(assessment) | late if goes_in_person(one)} - asked_for

    slowest = max(level.rank for level in rule_set(name).levels)
    assert not sent or assessment.decision.level.rank < slowest, (facts, sent)


@complete
@tries
@given(st.data())
def test_no_officer_clinician_or_ambulance_is_sent_as_routine(name, data):
    assert_sent_in_time(name, data.draw(st.one_of(errands(name), calls(name))))


@complete
@pytest.mark.parametrize("errand", ERRANDS, ids=str)
def test_no_two_answers_bring_somebody_to_an_errand_as_routine(name, errand):
    for one, other in combinations(tells(name), 2):
        assert_sent_in_time(name, CALM | errand | dict((one, other)))


@complete
@tries
@given(st.data())
def test_whoever_is_visited_is_called_back_if_that_is_safe(name, data):
    facts = data.draw(st.one_of(errands(name), calls(name)))
    facts["safe_to_call"] = data.draw(st.sampled_from(("yes", "no", "unknown")))
    kinds = {one["kind"] for one in decide(name, facts).as_dict()["follow_ups"]}

    assert ("call_back" in kinds) == (facts["safe_to_call"] != "no")


@complete
@tries
@given(st.data())
def test_whoever_answers_show_to_be_in_deadly_danger_at_home_gets_police_and_an_advocate(
    name, data
):
    first = sorted(("dv_weapon_used_or_threatened", "dv_threat_to_kill", "dv_fears_being_killed"))
    further = sorted(
        fact.name
        for fact in asked_facts(name)
        if fact.name.startswith("dv_") and fact.name not in first
    )
    one, four = st.sampled_from(first), st.permutations(further)
    deadly = [data.draw(one)] if data.draw(st.booleans()) else data.draw(four)[:4]
    assessment = decide(name, data.draw(calls(name)) | dict.fromkeys(deadly, "yes"))

    assert len(further) == 8
    assert {"police", "dv_advocate"} <= comes(assessment)


@complete
@tries
@given(st.data())
def test_a_contradiction_takes_nobody_away_whoever_reported_first(name, data):
    facts = data.draw(calls(name))
    fact = data.draw(st.sampled_from([f for f in asked_facts(name) if not f.danger]))
    first, second = data.draw(st.permutations([*fact.value_names, "unknown"]))[:2]
    both = decide(name, {**facts, fact.name: reports(first, second)})
    swapped = decide(name, {**facts, fact.name: reports(second, first)})

    assert both.decision == swapped.decision
    for value in (first, second):
        one = decide(name, {**facts, fact.name: value})
        assert required(name, one) <= comes(both)
        assert both.decision.level.rank <= one.decision.level.rank


@complete
@tries
@given(st.data())
def test_a_report_of_a_hard_danger_counts_although_somebody_denies_it(name, data):
    danger = data.draw(st.sampled_from(sorted(HARD_DANGERS)))
    harmless = vocabulary().facts[danger].danger[0]
    said = data.draw(st.permutations((harmless, HARD_DANGERS[danger])))
    proximity = data.draw(st.sampled_from(vocabulary().facts["caller_proximity"].value_names))
    facts = {**data.draw(calls(name)), danger: reports(*said), "caller_proximity": proximity}

    assert decide(name, facts).response not in NOT_ENOUGH


@complete
@tries
@given(st.data())
def test_an_ambulance_does_not_go_alone_where_somebody_could_be_hurt(name, data):
    ill = [{"overdose_or_poison": "yes"}, {"problem_type": "medical"}]
    ill += [{fact: value} for fact, value in HARD_DANGERS.items()]
    ill += [{"problem_type": "person_down", "consciousness": "unknown"}]
    dangers = (
        {"weapon": "accessible"},
        {"firearm_access": "yes"},
        {"violence_now": "threatening"},
        {"violence_now": "physical"},
        {"domestic_violence": "yes"},
    )
    facts = data.draw(calls(name)) | data.draw(st.sampled_from(ill))
    facts |= data.draw(st.sampled_from(dangers))

    assert any(is_police(one) for one in comes(decide(name, facts)))


@complete
@tries
@given(st.data())
def test_a_crisis_lines_own_call_is_not_sent_back_to_a_crisis_line(name, data):
    facts = {**data.draw(calls(name)), "caller_role": "crisis_line"}
    assessment = decide(name, facts, data.draw(situations(name)))

    assert not comes(assessment) & {"crisis_line", "veterans_line"}


# ---- no more police than the answers call for ---------------------------------------------


@pytest.mark.parametrize("problem", ["fire_or_hazard", "medical"])
def test_a_trained_officer_stands_in_for_a_crew_before_a_patrol_does(problem):
    away = dict.fromkeys(("ems", "fire_rescue", "mutual_aid"), "all_committed")

    assessment = decide("county-default", {"problem_type": problem}, {"unavailable": away})

    assert assessment.response == "police_cit"


POLICE_PROBLEMS = {"violence_or_crime", "missing_person"}
"""What is happening is itself the stated reason."""
CALM_PROBLEMS = sorted(set(vocabulary().facts["problem_type"].value_names) - POLICE_PROBLEMS)


@st.composite
def harmless_or_unknown(draw: st.DrawFn, name: str) -> Facts:
    """Everything asked is unknown or harmless, whatever the problem."""
    facts = {"problem_type": draw(st.sampled_from([*CALM_PROBLEMS, "unknown"]))}
    for fact in draw(st.sets(st.sampled_from(ordered_facts(name)))):
        facts[fact.name] = draw(st.sampled_from((fact.danger[0], "unknown")))
    return facts


@complete
@tries
@given(st.data())
def test_unknown_answers_alone_never_choose_patrol_where_a_better_team_can_come(name, data):
    facts, situation = data.draw(harmless_or_unknown(name)), data.draw(situations(name))
    assessment = decide(name, facts, situation)
    others = {one for one in ("co_responder", "police_cit") if one != assessment.response}

    assert "police" not in assessment.decision.also
    if assessment.response == "police":
        assert assessment.decision.needed != "police"
        assert assessment.decision.cause
        assert all(stands_in_the_way(situation, one, assessment) for one in others)


def for_police(rule: Rule) -> bool:
    speaks_for = rule.responses if rule.kind == "require" else dict(rule.points)
    return "police" in speaks_for


@complete
@tries
@given(st.data())
def test_patrol_by_the_rules_always_rests_on_an_answer_that_somebody_gave(name, data):
    assessment = decide(name, data.draw(calls(name)))
    if assessment.response != "police":
        return
    rules = rule_set(name).rule
    stated = [
        answer
        for reason in assessment.as_dict()["because"]
        if reason["rule"] in rules and for_police(rules[reason["rule"]])
        for answer in reason["facts"].values()
    ]
    assert any(answer not in (None, "unknown") for answer in stated)
    assert not assessment.police_because_unknown


@complete
@pytest.mark.parametrize("problem", [one for one in CALM_PROBLEMS if one != "no_help_needed"])
def test_no_police_at_all_when_every_answer_is_harmless(name, problem):
    facts = {fact.name: fact.danger[0] for fact in ordered_facts(name)} | {"problem_type": problem}
    everybody = comes(decide(name, facts))

    assert not any(is_police(one) for one in everybody), everybody


# ---- illustrations say where they fall below the floor --------------------------------------


def departures(name: str) -> set[str]:
    """The facts on which the set says that it departs from the floor."""
    listed = (dict(departure) for departure in rule_set(name).floor_departures)
    return {fact.strip() for one in listed for fact in one.get("fact", "").split(",")}


def below_the_floor(assessment: Assessment, danger: str) -> bool:
    """Is this call left to nobody, to a telephone or to an unarmed team alone?"""
    unarmed = not any(is_police(one) for one in comes(assessment))
    return assessment.response in NOT_ENOUGH and (
        unarmed if danger == "weapon" else "ems" not in comes(assessment)
    )


@complete
def test_a_complete_set_departs_from_nothing(name):
    assert not rule_set(name).floor_departures


@illustrations
@pytest.mark.parametrize("danger", HARD_DANGERS)
def test_an_illustration_lists_every_hard_danger_it_leaves_below_the_floor(name, danger):
    """Tried alone and added to every call of the set's own examples."""
    hard = {danger: HARD_DANGERS[danger]}
    own = [one.call.as_dict() for one in rule_set(name).examples]
    tried = [({}, {}), *((call["facts"], call["situation"]) for call in own)]
    for facts, situation in tried:
        if below_the_floor(decide(name, {**facts, **hard}, situation), danger):
            assert danger in departures(name), facts


@illustrations
@tries_fewer
@given(st.data())
def test_an_illustration_lists_them_for_made_up_calls_too(name, data):
    danger = data.draw(st.sampled_from(sorted(HARD_DANGERS)))
    facts = {**data.draw(calls(name, most=4)), danger: HARD_DANGERS[danger]}
    if below_the_floor(decide(name, facts, data.draw(situations(name))), danger):
        assert danger in departures(name)


@illustrations
def test_an_illustration_lists_where_a_more_dangerous_answer_takes_somebody_away(name):
    """Step by step, from each of its own examples, over what its requirements read."""
    demands = [rule for rule in rule_set(name).rules if rule.kind == "require"]
    read = {fact for rule in demands for fact in facts_of(rule.when)} - departures(name)
    for one in rule_set(name).examples:
        call = one.call.as_dict()
        for fact in (fact for fact in ordered_facts(name) if fact.name in read):
            known = [
                required(name, decide(name, call["facts"] | {fact.name: value}, call["situation"]))
                for value in fact.danger
            ]
            for calmer, worse in pairwise(known):
                assert calmer <= worse, (one.name, fact.name)


@illustrations
def test_an_illustration_says_so_when_no_answers_at_all_end_in_nobody(name):
    assessment = decide(name, {})
    last = assessment.ask.then if assessment.ask else assessment.response
    if last in NOBODY:
        assert "problem_type" in departures(name)


@illustrations
def test_a_departure_names_facts_of_the_vocabulary_and_a_source(name):
    for departure in rule_set(name).floor_departures:
        said = dict(departure)
        assert said["source"] in rule_set(name).source
        assert said["because"]
    assert departures(name) <= set(vocabulary().facts) | {"", "unknown"}
