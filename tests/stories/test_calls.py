"""A call comes in, is decided, changes, and is closed."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.typical_calls import CALM
from tests.world import World
from triage.domain.errors import InvalidCall, Refused
from triage.services import cad, callers, calls, closing, follow_ups, openings, sending
from triage.services.follow_ups import Attempt
from triage.services.sending import Choice
from triage.storage.calls import AssessmentRecord, Call, Caller, Override
from triage.storage.follow_ups import FollowUp
from triage.storage.messages import Message


def add(world: World, call: Call, **facts: Any) -> None:
    world.context.do(
        "test",
        lambda uow: calls.add_answers(uow, world.centre, uow.get(Call, call.id), facts),
    )


def responses(world: World, call: Call) -> list[str]:
    return [dispatch.response for dispatch in world.dispatches(call)]


def state(world: World, call: Call) -> str:
    with world.context.reading() as uow:
        return uow.get(Call, call.id).state.value


def close(world: World, call: Call, disposition: str) -> None:
    """Whoever may has agreed to it: who has to is told in test_cancellations.py."""
    world.context.do(
        "test",
        lambda uow: closing.close_call(
            uow, world.centre, uow.get(Call, call.id), disposition, "All is well", agreed=True
        ),
    )


def test_a_calm_call_gets_an_unarmed_team_and_a_follow_up(world: World) -> None:
    (phone,) = world.team("MCT 1")

    call = world.call(CALM, location="Pier 3, by the crane", caller_phone="(202) 555-0143")

    assert responses(world, call) == ["mobile_crisis"]
    assert phone.expect("Reply")
    with world.context.reading() as uow:
        stored = uow.get(Call, call.id)
        assert (stored.zone, stored.zone_source) == ("Harbor", "gazetteer")
        assert stored.location == "Pier 3, by the crane"
        assert uow.session.scalars(select(Caller)).one().phone == "+12025550143"
        assert uow.session.scalar(select(func.count()).select_from(FollowUp))


def test_unconscious_and_armed_is_an_ambulance_and_police(world: World) -> None:
    call = world.call({"consciousness": "unconscious", "weapon": "in_hand"})

    sent = set(responses(world, call))
    assert "ems" in sent
    assert sent & {"police", "police_cit"}
    assert {d.state.value for d in world.dispatches(call)} == {"hand_over"}
    assert world.phones.sent == []


def test_without_answers_more_are_asked_and_then_somebody_goes_all_the_same(world: World) -> None:
    pair = world.pair("CIT 1")
    call = world.call({}, narrative="something is wrong next door")
    assert state(world, call) == "asking"
    assert responses(world, call) == []

    world.wait(minutes=30)
    for member in pair:
        member.expect("URGENT, within 30 min")

    assert state(world, call) == "open"
    assert responses(world, call) == ["co_responder"]


def test_answers_in_time_decide_a_call_that_was_asking(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call({}, narrative="something is wrong next door")

    add(world, call, **CALM)

    assert state(world, call) == "open"
    assert responses(world, call) == ["mobile_crisis"]
    assert phone.expect("Reply")
    world.wait(minutes=30)
    world.desk.expect("nobody is left to ask")
    assert responses(world, call) == ["mobile_crisis"]


def test_new_answers_assess_again_and_a_person_sends_the_difference(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)

    add(world, call, consciousness="unconscious")

    assert responses(world, call) == ["mobile_crisis"]
    with world.context.reading() as uow:
        records = uow.session.scalars(
            select(AssessmentRecord).order_by(AssessmentRecord.number)
        ).all()
        assert [record.response for record in records] == ["mobile_crisis", "ems"]
        assert records[0].rule_set_sha256 == records[1].rule_set_sha256
    world.context.do(
        "test", lambda uow: sending.send_missing(uow, world.centre, uow.get(Call, call.id))
    )
    assert "ems" in responses(world, call)
    phone.expect("PROMPT")


def test_an_override_costs_a_coded_reason_and_is_kept(world: World) -> None:
    pair = world.pair("CIT 1")
    world.team("MCT 1")
    with pytest.raises(Refused, match="Choose a reason"):
        world.call(CALM, choice=Choice("co_responder", "because"))
    with pytest.raises(Refused, match="Say which other reason"):
        world.call(CALM, choice=Choice("co_responder", "other"))
    with pytest.raises(Refused, match="who is to be sent"):
        world.call(CALM, choice=Choice("information_only", "supervisor"))
    assert world.audited("call.opened") == 0  # nothing half-written

    call = world.call(CALM, choice=Choice("co_responder", "known_history"))

    assert responses(world, call) == ["co_responder"]
    with world.context.reading() as uow:
        override = uow.session.scalars(select(Override)).one()
        assert (override.recommended, override.chosen) == ("mobile_crisis", "co_responder")
    for phone in pair:
        phone.expect("officer + clinician")


def test_wrong_input_names_every_mistake_and_writes_nothing(world: World) -> None:
    with pytest.raises(InvalidCall) as refusal:
        world.call({"wepon": "in_hand", "breathing": "maybe", "last_contact_hours": "soon"})

    paths = {problem.path for problem in refusal.value.problems}
    assert {"facts.wepon", "facts.breathing", "facts.last_contact_hours"} <= paths
    assert "weapon" in str(refusal.value)
    with pytest.raises(Refused, match="20,000 fit"):
        world.call(CALM, narrative="x" * 20_001)
    with world.context.reading() as uow:
        tomorrow = uow.now + timedelta(days=1)
    with pytest.raises(Refused, match="in the future"):
        world.call(CALM, received_at=tomorrow)
    assert world.audited("call.opened") == 0


def test_an_illustration_cannot_decide_calls(world: World) -> None:
    with pytest.raises(Refused, match="cannot decide calls"):
        world.call(CALM, rule_set="portland-street-response")


def test_rules_that_cannot_be_applied_send_somebody_at_the_highest_level(world: World) -> None:
    """A fact was withdrawn from the vocabulary while its answers stand in open calls."""
    pair = world.pair("CIT 1")
    call = world.call({}, narrative="x")
    from triage.storage.calls import Answer

    def stray(uow: Any) -> None:
        uow.add(Answer(call_id=call.id, fact="no_such_fact", value='"yes"', given_by="test"))
        calls.add_answers(uow, world.centre, uow.get(Call, call.id), {"weapon": "none_seen"})

    world.context.do("test", stray)

    with world.context.reading() as uow:
        record = uow.session.scalars(
            select(AssessmentRecord).order_by(AssessmentRecord.number.desc())
        ).first()
        assert record is not None
        assert (record.outcome, record.level_rank) == ("not_scored", 1)
    assert responses(world, call) == ["co_responder"]
    for phone in pair:
        phone.expect("IMMEDIATE")


def test_nobody_on_shift_falls_back_and_says_why(world: World) -> None:
    pair = world.pair("CIT 1")

    call = world.call(CALM)  # there is no mobile team at all

    with world.context.reading() as uow:
        record = uow.session.scalars(select(AssessmentRecord)).one()
        assert record.needed == "mobile_crisis"
        assert record.response != "mobile_crisis"
        assert record.cause == "none_on_shift"
    assert responses(world, call)[0] == record.response
    for phone in pair:
        phone.expect("officer + clinician")


def test_closing_needs_a_disposition_and_nobody_still_owed(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")
    with pytest.raises(Refused, match="how the call ended"):
        close(world, call, "went_fine")
    with pytest.raises(Refused, match="still owed"):
        close(world, call, "resolved_on_scene")

    close(world, call, "no_response")

    assert state(world, call) == "closed"
    phone.expect("Stand down")
    phone.text(f"{call.code} 1")
    phone.expect("closed")
    assert world.dispatch(call, "mobile_crisis").state.value == "cancelled"


def test_a_wrong_number_is_closed_at_once_with_nobody_sent(world: World) -> None:
    world.team("MCT 1")

    call = world.call({}, narrative="pocket dial", disposition="wrong_number")

    assert state(world, call) == "closed"
    assert responses(world, call) == []
    assert world.phones.sent == []


def test_a_second_caller_is_added_to_the_same_call(world: World) -> None:
    call = world.call(CALM, caller_phone="202-555-0150")

    world.context.do(
        "test",
        lambda uow: callers.add(
            uow, world.centre, uow.get(Call, call.id), "Kim", "202 555 0151", "He left the house"
        ),
    )

    with world.context.reading() as uow:
        rung = uow.get(Call, call.id).callers
        assert [caller.phone for caller in rung] == ["+12025550150", "+12025550151"]
        assert rung[1].said == "He left the house"


def test_an_opening_is_audited_once_and_again_after_a_while(world: World) -> None:
    call = world.call(CALM)

    def look(who: str) -> None:
        world.context.do(
            who, lambda uow: openings.note_opening(uow, world.centre, uow.get(Call, call.id))
        )

    for who in ("account:1", "account:1", "account:2"):
        look(who)
    assert world.audited("call.looked_at") == 2
    world.wait(minutes=16)
    world.desk.expect("dispatch it in CAD now")
    look("account:1")
    assert world.audited("call.looked_at") == 3


def test_a_follow_up_falls_due_reminds_its_owner_and_is_done(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM | {"suicidal_ideation": "passive"})
    phone.expect("Reply")
    phone.text("1")
    phone.expect("accepted")
    with world.context.reading() as uow:
        planned, _ = follow_ups.open_ones(uow)
        mine = [f for f in planned if f.owner_role == "clinician"]
        assert mine
        hours = max((f.due_at - uow.now).total_seconds() / 3600 for f in mine)

    world.wait(hours=hours + 0.1)

    phone.ignores("being asked whether all is well")
    (text,) = (one for one in phone.inbox if "Follow-up due" in one)
    assert call.reference in text
    assert "suicid" not in text.lower()
    for one in mine:
        world.context.do(
            "test",
            lambda uow, one=one: follow_ups.record_attempt(
                uow, world.centre, uow.get(FollowUp, one.id), Attempt("done", "Talked for a while")
            ),
        )
    world.wait(hours=25)
    world.desk.expect("Follow-up due")
    assert [one for one in phone.inbox if "Follow-up due" in one] == [text]


def test_partners_are_told_that_something_waits_and_nothing_more(world: World) -> None:
    with world.context.reading():
        kinds = world.centre.vocabulary.partners or ("social_services",)
    told = {kind: world.partner(f"Partner {kind}", kind) for kind in kinds}
    call = world.call(CALM | {"neglect_or_abuse": "immediate_danger", "age_band": "child_under_12"})

    world.settle()
    world.desk.expect("nobody is left to ask")
    world.desk.expect("nobody is left to ask")

    with world.context.reading() as uow:
        notices = uow.session.scalars(select(Message).where(Message.kind == "notice")).all()
        assert notices
        for notice in notices:
            assert call.reference in (notice.body or "")
            for word in ("child", "abuse", "neglect", "mental", "crisis call"):
                assert word not in (notice.body or "").lower()
    assert sum(len(phone.inbox) for phone in told.values()) == len(notices)


def test_dispatches_cannot_be_cancelled_from_under_a_team_on_scene(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM)
    phone.expect("Reply")
    phone.text("1")
    phone.expect("accepted, it is yours")
    phone.text("SCENE")
    phone.expect("on scene")

    from triage.domain.errors import Conflict

    with pytest.raises(Conflict, match="on scene"):
        close(world, call, "no_response")
    dispatch = world.dispatch(call, "mobile_crisis")
    assert dispatch.state.value == "on_scene"


def test_an_answer_that_does_not_decide_leaves_the_first_deadline_standing(world: World) -> None:
    pair = world.pair("CIT 1")
    call = world.call({}, narrative="something is wrong next door")

    add(world, call, language_barrier="interpreter_needed")
    assert state(world, call) == "asking"
    world.wait(minutes=6)
    for member in pair:
        member.expect("URGENT, within 30 min")

    assert state(world, call) == "open"
    assert responses(world, call) == ["co_responder"]


def test_sending_a_call_that_still_asks_takes_the_default_route_at_once(world: World) -> None:
    pair = world.pair("CIT 1")
    call = world.call({}, narrative="something is wrong next door")

    world.context.do(
        "test", lambda uow: sending.send_missing(uow, world.centre, uow.get(Call, call.id))
    )
    world.wait(minutes=10)
    for member in pair:
        member.expect("URGENT, within 30 min")

    assert responses(world, call) == ["co_responder"]


def test_a_wrong_number_tells_no_partner_and_plans_nothing(world: World) -> None:
    world.partner("Crisis Line", "crisis_line")
    world.call(CALM | {"suicidal_ideation": "active"}, disposition="test_call")
    later = world.call(CALM)
    close(world, later, "wrong_number")
    world.settle()

    with world.context.reading() as uow:
        assert follow_ups.open_ones(uow) == ([], False)
        assert uow.session.scalars(select(Message).where(Message.kind == "notice")).all() == []


def test_a_dispatchers_follow_up_reminds_the_desk(world: World) -> None:
    call = world.call(CALM)
    world.wait(hours=49)

    world.desk.expect("dispatch it in CAD now")
    assert call.reference in world.desk.expect("Follow-up due")


def test_a_zone_that_the_centre_does_not_have_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="no zone called"):
        world.call(CALM, zone="John Smith 12 Elm St")


def test_choosing_what_is_recommended_is_no_override(world: World) -> None:
    world.team("MCT 1")
    with pytest.raises(Refused, match="recommended already"):
        world.call(CALM, choice=Choice("mobile_crisis", "supervisor"))


def test_choosing_another_response_stands_the_first_team_down(world: World) -> None:
    (phone,) = world.team("MCT 1")
    pair = world.pair("CIT 1")
    call = world.call(CALM)
    phone.expect("Reply")

    world.context.do(
        "test",
        lambda uow: sending.decide_otherwise(
            uow, world.centre, uow.get(Call, call.id), Choice("co_responder", "scene_changed")
        ),
    )

    phone.expect("Stand down, another response was chosen")
    for member in pair:
        member.expect("PROMPT, within 60 min")
    states = {d.response: d.state.value for d in world.dispatches(call)}
    assert states == {"mobile_crisis": "cancelled", "co_responder": "seeking"}


def test_closing_ends_what_cad_has(world: World) -> None:
    call = world.call(CALM, choice=Choice("police", "supervisor"))
    dispatch = world.dispatch(call, "police")
    from triage.storage.dispatches import Dispatch

    world.context.do(
        "test",
        lambda uow: cad.confirm(
            uow, world.centre, uow.get(Dispatch, dispatch.id), "P7", "26-000123"
        ),
    )
    close(world, call, "resolved_on_scene")
    assert world.dispatch(call, "police").state.value == "cleared"
