"""The situation comes in as values, and what was sent is told apart from what was recommended."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from tests.typical_calls import UNARMED
from tests.world import World
from triage.services import asked_again, assessments, calls, sending
from triage.services.sending import Choice
from triage.storage.calls import AssessmentRecord, Call
from triage.storage.timers import Timer

PHONE = "+1 202 555 0171"
CIT = Choice("co_responder", "known_history")


def latest(world: World, call: Call) -> AssessmentRecord:
    with world.context.reading() as uow:
        found = assessments.latest(uow, uow.get(Call, call.id))
        assert found is not None
        assert found.input
        return found


def situation(world: World, call: Call) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(latest(world, call).input or "{}")["situation"]
    return found


def read(world: World, call: Call) -> Any:
    answer = world.app.test_client().get(
        f"/api/v1/calls/{call.reference}",
        headers={"Authorization": f"Bearer {world.token('calls:read')}"},
    )
    assert answer.status_code == 200
    return answer.json


def shown(world: World, call: Call) -> str:
    page: str = world.client("dispatcher").get(f"/calls/{call.reference}").get_data(as_text=True)
    return " ".join(page.split())


# --- what is supplied -----------------------------------------------------------------------


def test_the_zone_and_the_local_time_are_supplied(world: World) -> None:
    zone = world.centre.gazetteer.zones[0]
    given = situation(world, world.call(UNARMED, zone=zone))

    assert given["zone"] == zone
    assert given["now"][-6] in "+-"
    assert "zone" not in situation(world, world.call(UNARMED))
    assert "minutes_to" not in given  # nobody knows where the teams are


def test_whether_a_mobile_team_can_come_at_all_is_a_fact_for_rules(world: World) -> None:
    assert situation(world, world.call(UNARMED))["mobile_team_available"] == "no"
    told = situation(world, world.call({**UNARMED, "mobile_team_available": "yes"}))
    assert "mobile_team_available" not in told
    (phone,) = world.team("Mobile 1")
    assert situation(world, world.call(UNARMED))["mobile_team_available"] == "yes"
    phone.expect("PROMPT")


def test_what_came_with_the_call_stands(world: World) -> None:
    stated = {"zone": "Elsewhere", "contacts_last_30_days": 9, "minutes_to": {"mobile_crisis": 5}}
    call = world.call(UNARMED, zone=world.centre.gazetteer.zones[0], situation=stated)

    assert situation(world, call).items() >= stated.items()


def test_contacts_from_the_same_number_are_counted_for_thirty_days(world: World) -> None:
    world.desk.ignores("that nobody dispatches in CAD")
    first = world.call(UNARMED, caller_phone=PHONE)
    assert situation(world, first)["contacts_last_30_days"] == 1
    world.call(UNARMED, caller_phone="+1 202 555 0172")
    world.call(UNARMED, caller_phone="(202) 555-0171", disposition="wrong_number")
    world.wait(days=20)
    second = world.call(UNARMED, caller_phone="(202) 555-0171")
    assert situation(world, second)["contacts_last_30_days"] == 2
    world.wait(days=11)

    third = world.call(UNARMED, caller_phone=PHONE)

    assert situation(world, third)["contacts_last_30_days"] == 2
    assert "contacts_last_30_days" not in situation(world, world.call(UNARMED))


def test_a_third_contact_is_offered_an_outreach_worker_and_decides_nothing(world: World) -> None:
    (phone,) = world.team("Mobile 1", calls_at_once=5)
    made = [latest(world, world.call(UNARMED, caller_phone=PHONE)) for _ in range(3)]

    results = [json.loads(record.result or "{}") for record in made]
    assert len({(r["response"], r["level"]["id"]) for r in results}) == 1
    assert len(results[2]["follow_ups"]) + len(results[2]["notices"]) > len(
        results[1]["follow_ups"]
    ) + len(results[1]["notices"])
    for _ in made:
        phone.expect("PROMPT")


def test_the_team_that_comes_is_not_away_for_its_own_call(world: World) -> None:
    (phone,) = world.team("Mobile 1")
    call = world.call(UNARMED)
    assert latest(world, call).response == "mobile_crisis"
    phone.text("1")
    phone.expect("accepted, it is yours")

    with world.context.unit_of_work("test") as uow:
        calls.add_answers(uow, world.centre, uow.get(Call, call.id), {"intoxication": "none"})

    assert latest(world, call).response == "mobile_crisis"
    assert situation(world, world.call(UNARMED))["unavailable"]["mobile_crisis"] == "all_committed"


# --- what was sent --------------------------------------------------------------------------


def test_declined_by_all_is_stored_shown_and_leads_to_who_comes_instead(world: World) -> None:
    (phone,) = world.team("Mobile 1")
    pair = world.pair("CIT 1")
    call = world.call(UNARMED)
    assert read(world, call)["sent"] == {"responses": ["mobile_crisis"], "cause": None}

    phone.text("2")
    phone.expect("declined.")
    world.desk.expect("nobody is left to ask")

    record = latest(world, call)
    assert (record.needed, record.response) == ("mobile_crisis", "co_responder")
    assert record.cause == "declined_by_all"
    told = read(world, call)
    assert [one["cause"] for one in told["dispatches"]] == ["declined_by_all"]
    assert told["sent"] == {"responses": [], "cause": "not_sent"}
    page = shown(world, call)
    assert "Nobody is left to ask: declined by all." in page
    assert "is needed: declined by all." in page
    assert "Recommended, not sent: CIT co-responder" in page
    assert "NOBODY COMING: declined by all." in page

    with world.context.unit_of_work("test") as uow:
        sending.send_missing(uow, world.centre, uow.get(Call, call.id))

    assert read(world, call)["sent"] == {"responses": ["co_responder"], "cause": None}
    for phone in pair:
        phone.expect("officer + clinician")


def test_no_answer_is_a_code_of_its_own(world: World) -> None:
    (silent,) = world.team("Mobile 1")
    call = world.call(UNARMED)
    silent.expect("Reply")
    world.wait(minutes=20)
    world.desk.expect("nobody is left to ask")
    assert world.dispatch(call, "mobile_crisis").cause == "no_answer"


def test_a_text_that_cannot_be_delivered_is_a_code_of_its_own(world: World) -> None:
    (dead,) = world.team("Mobile 1")
    world.phones.dead.add(dead.number)
    call = world.call(UNARMED)
    world.settle()
    world.settle()
    world.desk.expect("nobody is left to ask")

    assert world.dispatch(call, "mobile_crisis").cause == "undeliverable"
    assert latest(world, call).cause == "undeliverable"


def test_a_team_that_falls_apart_place_by_place_and_again_is_told_each_time(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call({"problem_type": "mental_health_crisis"}, choice=CIT)
    clinician.text("2")
    officer.expect("URGENT, within 30 min")
    clinician.expect("declined.")
    world.desk.expect("nobody is left to ask")
    assert world.dispatch(call, "co_responder").cause == "declined_by_all"
    officer.text("1")
    officer.expect("accepted, it is yours")
    officer.text("2")
    officer.expect("you have given it back")
    clinician.text("1")
    clinician.expect("Nothing was changed")
    clinician.text("2")
    clinician.expect("Nothing was changed")

    assert world.dispatch(call, "co_responder").cause == "declined_by_all"
    assert situation(world, call)["unavailable"]["co_responder"] == "declined_by_all"


def test_both_places_left_empty_at_the_same_moment_park_nothing(world: World) -> None:
    pair = world.pair("CIT 1")
    call = world.call({"problem_type": "mental_health_crisis"}, choice=CIT)
    for member in pair:
        member.expect("URGENT, within 30 min")

    world.wait(minutes=30)
    world.desk.expect("nobody is left to ask")

    assert world.dispatch(call, "co_responder").cause == "no_answer"
    with world.context.reading() as uow:
        failures = uow.session.scalars(select(Timer.last_error)).all()
    assert {*failures} == {None}


def test_asking_everybody_again_clears_the_code(world: World) -> None:
    (phone,) = world.team("Mobile 1")
    call = world.call(UNARMED)
    phone.text("2")
    phone.expect("declined.")
    world.desk.expect("nobody is left to ask")
    dispatch = world.dispatch(call, "mobile_crisis")
    assert dispatch.cause == "declined_by_all"

    with world.context.unit_of_work("test") as uow:
        again = uow.session.get(type(dispatch), dispatch.id)
        assert again is not None
        asked_again.ask_again(uow, world.centre, again)

    assert world.dispatch(call, "mobile_crisis").cause is None
    phone.expect("PROMPT")


def test_another_choice_is_overridden_and_the_recommendation_stays(world: World) -> None:
    world.team("Mobile 1")
    call = world.call(UNARMED, choice=Choice("police", "known_history"))

    told = read(world, call)

    assert told["assessment"]["response"] == "mobile_crisis"
    assert told["sent"] == {"responses": ["police"], "cause": "overridden"}
    assert "chosen instead of" in shown(world, call)


def test_answers_that_do_not_come_are_the_reason_for_the_route_taken(world: World) -> None:
    call = world.call({"problem_type": "mental_health_crisis"})
    assert latest(world, call).outcome == "ask_more"
    assert read(world, call)["sent"] == {"responses": [], "cause": None}

    world.wait(minutes=60)

    assert read(world, call)["sent"]["cause"] == "answers_missing"
    assert "More answers were needed: the answers did not come in time." in shown(world, call)


def test_the_default_team_is_away_and_who_stands_in_goes_and_it_is_told(world: World) -> None:
    call = world.call({"problem_type": "mental_health_crisis"})
    assert latest(world, call).outcome == "ask_more"

    world.wait(minutes=60)  # no answers come, and no co-responder is on shift

    record = latest(world, call)
    assert (record.outcome, record.cause) == ("decided", "none_on_shift")
    assert (record.needed, record.eligible) == ("co_responder", "co_responder")
    assert record.response == "police_cit"
    assert [(d.response, d.why) for d in world.dispatches(call)] == [
        ("police_cit", "default_route")
    ]
    told = read(world, call)
    assert told["sent"] == {"responses": ["police_cit"], "cause": "answers_missing"}
    page = shown(world, call)
    assert "The answers that decide who comes were not given in time." in page
    assert "CIT co-responder is needed: no team on shift. CIT officer instead." in page
    desk = world.client("dispatcher")
    desk.submit("/board", {"language": "es"}, to="/language")
    said = desk.get(f"/calls/{call.reference}").get_data(as_text=True)
    assert "Las respuestas que deciden quién va no se dieron a tiempo." in said
    assert "The answers that decide" not in said
    assert "Police are asked to come because some questions got no answer." in said
    assert "Se pide policía porque algunas preguntas quedaron sin respuesta." in said
    assert "More answers were needed: the answers did not come in time." in page


def test_after_the_wait_a_declined_default_leads_to_who_stands_in(world: World) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call({"problem_type": "mental_health_crisis"})
    world.wait(minutes=6)
    clinician.expect("URGENT, within 30 min")
    officer.expect("URGENT, within 30 min")
    assert [d.response for d in world.dispatches(call)] == ["co_responder"]

    clinician.text("2")
    clinician.expect("declined.")
    world.desk.expect("nobody is left to ask")
    officer.text("2")
    officer.expect("declined.")
    world.settle()

    record = latest(world, call)
    assert (record.outcome, record.cause) == ("decided", "declined_by_all")
    assert record.response == "police_cit"
    assert "Recommended, not sent: CIT officer" in shown(world, call)


def test_a_rule_that_keeps_somebody_away_is_told_on_the_page(world: World) -> None:
    (phone,) = world.team("Mobile 1")
    world.team("Outreach 1", ["homeless_outreach"], ["outreach_worker"])
    harmed = {"weapon": "none_seen", "suicide_behaviour": "within_3_months"}
    call = world.call(UNARMED | harmed | {"problem_type": "panhandling"})

    record = latest(world, call)
    assert (record.needed, record.response) == ("homeless_outreach", "mobile_crisis")
    assert record.cause == "excluded"
    assert "is needed: a rule keeps them away. Mobile crisis team" in shown(world, call)
    phone.expect("URGENT")
