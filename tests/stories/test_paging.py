"""Teams are paged, answer, keep silent, and come."""

import os
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.typical_calls import CALM
from tests.world import Phone, World
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import SlotState
from triage.services import asked_again, assignments, cad, dispatches, sending
from triage.services.dispatches import Urgency
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.teams import Responder, Shift
from triage.storage.unit_of_work import UnitOfWork

URGENT = Urgency("URGENT", 2, 30, 2)


@pytest.fixture
def call(world: World) -> Call:
    """A call that nobody was sent to yet: the dispatches are the test's own."""
    return nobody_sent(world, location="Dockside Apartments, back door", disposition=None)


def nobody_sent(world: World, **more: Any) -> Call:
    """A call for which a line was chosen, and is not wanted any more."""
    call = world.call(
        {"problem_type": "other"}, choice=sending.Choice("crisis_line", "supervisor"), **more
    )
    key = world.dispatch(call, "crisis_line").id
    world.context.do(
        "test",
        lambda uow: dispatches.cancel(uow, world.centre, uow.get(Dispatch, key), "duplicate"),
    )
    return call


def send(world: World, call: Call, response: str = "mobile_crisis") -> Dispatch:
    def work(uow: UnitOfWork) -> None:
        dispatches.open_dispatch(
            uow, world.centre, uow.get(Call, call.id), response, URGENT, "by_hand"
        )

    world.context.do("test", work)
    return world.dispatch(call, response)


def state(world: World, call: Call, response: str = "mobile_crisis") -> str:
    return world.dispatch(call, response).state.value


def test_a_page_says_how_urgent_and_what_to_reply_and_nothing_personal(
    world: World, call: Call
) -> None:
    (phone,) = world.team("MCT 1")
    send(world, call)

    text = phone.expect("URGENT, within 30 min")
    assert text.endswith(f"Reply {call.code} 1=accept 2=decline")
    assert "Dockside" not in text
    assert len(text) <= 160


def test_accepting_is_confirmed_with_the_place_as_it_was_said(world: World, call: Call) -> None:
    (phone,) = world.team("MCT 1")
    send(world, call)

    phone.expect("Reply")
    phone.text(f"{call.code} 1")

    phone.expect("Go to: Dockside Apartments, back door")
    assert state(world, call) == "accepted"


def test_what_stands_behind_a_place_is_not_turned_round_by_it(world: World) -> None:
    (phone,) = world.team("MCT 1")
    call = world.call(CALM, location="\u202e21 Mill Lane")
    phone.text(f"{call.code} 1")

    assert "Go to: 21 Mill Lane" in phone.expect("If you need help")


def test_a_silent_team_is_passed_over_in_time(world: World, call: Call) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    send(world, call)
    alpha.expect("Reply")
    bravo.expect_silence()

    world.wait(seconds=110)  # and what the test itself took
    bravo.expect_silence()
    world.wait(seconds=11)

    bravo.expect("Reply")
    bravo.text(f"{call.code} 1")
    bravo.expect("accepted, it is yours")
    alpha.expect("Taken by Bravo, stand down")
    alpha.text(f"{call.code} 1")
    alpha.expect("Taken by Bravo")
    assert state(world, call) == "accepted"


def test_a_late_yes_counts_while_nobody_else_has_it(world: World, call: Call) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    send(world, call)
    alpha.expect("Reply")
    world.wait(minutes=3)
    bravo.expect("Reply")

    alpha.text(f"{call.code} 1")

    alpha.expect("accepted")
    bravo.expect("Taken by Alpha, stand down")


def test_a_no_moves_on_at_once(world: World, call: Call) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    send(world, call)

    alpha.text("2")

    alpha.expect("declined")
    bravo.expect("Reply")


def test_when_nobody_is_left_nobody_is_coming_and_all_can_be_asked_again(
    world: World, call: Call
) -> None:
    (alpha,) = world.team("Alpha")
    dispatch = send(world, call)
    alpha.expect("Reply")
    world.wait(minutes=3)
    world.desk.expect("nobody is left to ask")
    assert state(world, call) == "unfilled"
    assert world.audited("slot.unfilled") == 1

    world.context.do(
        "test",
        lambda uow: asked_again.ask_again(uow, world.centre, uow.get(Dispatch, dispatch.id)),
    )
    alpha.expect("Reply")
    alpha.text("1")
    alpha.expect("accepted")
    assert state(world, call) == "accepted"


def again(world: World, dispatch: Dispatch) -> str:
    told: str = world.context.do(
        "test",
        lambda uow: str(asked_again.ask_again(uow, world.centre, uow.get(Dispatch, dispatch.id))),
    )
    return told


def test_whoever_was_asked_before_may_still_come_when_all_are_asked_again(
    world: World, call: Call
) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    dispatch = send(world, call)
    alpha.expect("Reply")
    world.wait(minutes=3)
    bravo.expect("Reply")
    world.wait(minutes=3)
    world.desk.expect("nobody is left to ask")

    assert again(world, dispatch).endswith("Alpha first.")
    alpha.expect("Reply")
    bravo.expect_silence()
    bravo.text(f"{call.code} 1")  # to what they were asked before
    bravo.expect("accepted, it is yours")
    alpha.expect("Taken by Bravo, stand down")
    assert state(world, call) == "accepted"


def test_each_round_asks_every_team_once(world: World, call: Call) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    dispatch = send(world, call)
    for phone in (alpha, bravo):
        phone.text(f"{call.code} 2")
    world.desk.expect("nobody is left to ask")
    for _ in range(3):
        again(world, dispatch)
        for phone in (alpha, bravo):
            assert len([text for text in phone.inbox if "Reply" in text]) >= 1
            phone.expect_silence()
            phone.text(f"{call.code} 2")
            phone.expect("declined.")
        world.desk.expect("nobody is left to ask")
        assert world.dispatch(call, "mobile_crisis").cause == "declined_by_all"
    with world.context.reading() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Page)) == 8


def test_a_no_of_whoever_was_passed_over_counts_in_the_new_round(world: World, call: Call) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    dispatch = send(world, call)
    alpha.expect("Reply")
    world.wait(minutes=3)
    bravo.expect("Reply")
    world.wait(minutes=3)
    world.desk.expect("nobody is left to ask")
    again(world, dispatch)
    alpha.expect("Reply")

    bravo.text(f"{call.code} 2")
    bravo.expect("declined. Somebody else is being asked")
    assert world.audited("page.declined") == 1
    bravo.text(f"{call.code} 2")
    bravo.expect("declined. Somebody else is being asked")
    assert world.audited("page.declined") == 1
    alpha.text(f"{call.code} 2")
    alpha.expect("declined.")
    bravo.expect_silence()
    world.desk.expect("nobody is left to ask")


def test_it_says_that_no_team_is_free_where_only_the_partner_is_asked(
    world: World, call: Call
) -> None:
    clinician, officer = world.pair("CIT 1")
    dispatch = send(world, call, "co_responder")
    officer.expect("Reply")
    clinician.expect("Reply")
    clinician.text(f"{call.code} 2")
    clinician.expect("declined.")
    world.desk.expect("nobody is left to ask")
    clinician.text("STOP")
    clinician.ignores("what STOP is answered is another story")
    assert again(world, dispatch).startswith("No team is free to be asked again.")


def test_without_any_team_the_call_is_unfilled_at_once(world: World, call: Call) -> None:
    send(world, call)

    assert state(world, call) == "unfilled"
    world.desk.expect("nobody is left to ask")


def test_a_pair_answers_each_and_half_a_pair_is_a_state(world: World, call: Call) -> None:
    clinician, officer = world.pair("CIT 1")
    send(world, call, "co_responder")

    assert "with officer" in clinician.expect("Reply").lower()
    officer.expect("URGENT, within 30 min")
    clinician.text("1")
    assert "no officer yet" in clinician.expect("accepted")
    assert state(world, call, "co_responder") == "half_formed"

    officer.text("1")
    clinician.expect("officer CIT 1 has accepted too and comes with you")
    assert "clinician CIT 1" in officer.expect("accepted")
    assert state(world, call, "co_responder") == "accepted"


def test_the_silent_half_of_a_pair_is_sought_elsewhere(world: World, call: Call) -> None:
    clinician, silent = world.pair("CIT 1")
    other_clinician, other_officer = world.pair("CIT 2")
    send(world, call, "co_responder")
    clinician.text("1")
    silent.expect("URGENT, within 30 min")
    clinician.expect("accepted, it is yours")

    world.wait(minutes=3)

    other_clinician.expect_silence()
    other_officer.expect("Reply")
    other_officer.text("1")
    silent.expect("Taken by CIT 2")
    clinician.expect("officer CIT 2 has accepted too and comes with you")
    other_officer.expect("accepted, it is yours")
    assert state(world, call, "co_responder") == "accepted"


def test_on_the_way_there_and_done(world: World, call: Call) -> None:
    (phone,) = world.team("MCT 1")
    send(world, call)
    phone.text("1")
    phone.expect("accepted, it is yours")
    phone.text(f"ETA 10 {call.code}")
    phone.expect("10 min")
    assert state(world, call) == "en_route"
    phone.text(f"{call.code.lower()} scene")
    phone.expect("on scene")
    assert state(world, call) == "on_scene"
    phone.text("clear")
    phone.expect("1=right team")
    assert state(world, call) == "cleared"
    phone.text(f"{call.code} 3")
    phone.expect("thank you")
    with world.context.reading() as uow:
        assert uow.session.scalar(select(Page.verdict)) == 3


def test_who_gives_it_back_makes_room_for_the_next(world: World, call: Call) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    send(world, call)
    alpha.text("1")
    alpha.expect("accepted, it is yours")

    alpha.text("2")

    alpha.expect("you have given it back")
    bravo.expect("Reply")


def test_cancelling_tells_everybody_who_was_asked(world: World, call: Call) -> None:
    (phone,) = world.team("MCT 1")
    dispatch = send(world, call)
    phone.expect("Reply")

    world.context.do(
        "test",
        lambda uow: dispatches.cancel(
            uow, world.centre, uow.get(Dispatch, dispatch.id), "caller_cancelled"
        ),
    )

    phone.expect("Stand down, caller canceled")
    phone.text("1")
    phone.expect("team called off, the call may go on")
    assert state(world, call) == "cancelled"


def test_a_team_on_a_call_is_not_paged_for_another(world: World, call: Call) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    send(world, call)
    alpha.expect("Reply")
    alpha.text("1")
    alpha.expect("accepted")
    other = world.call(
        {"problem_type": "other"}, choice=sending.Choice("mobile_crisis", "supervisor")
    )

    bravo.expect("Reply")
    alpha.expect_silence()
    assert other.code != call.code


def test_off_duty_and_opted_out_people_are_left_alone(world: World, call: Call) -> None:
    (off_duty,) = world.team("Off duty")
    (stopped,) = world.team("Stopped")
    with world.context.unit_of_work("test") as uow:
        shift = uow.session.scalar(select(Shift).where(Shift.responder_id == off_duty.responder_id))
        assert shift is not None
        shift.ends_at = uow.now - timedelta(minutes=1)
    stopped.text("STOP")

    send(world, call)

    off_duty.expect_silence()
    world.desk.expect("nobody is left to ask")
    stopped.expect_silence()
    assert state(world, call) == "unfilled"
    stopped.text("START")
    stopped.expect("on again")
    stopped.expect("URGENT, within 30 min")
    stopped.expect("Reply READY")
    with world.context.reading() as uow:
        assert stopped.responder_id
        assert uow.get(Responder, stopped.responder_id).opted_out_at is None


def test_police_are_a_hand_over_that_turns_red_and_is_confirmed(world: World, call: Call) -> None:
    dispatch = send(world, call, "police")
    assert state(world, call, "police") == "hand_over"
    assert world.phones.sent == []

    world.wait(seconds=50)  # and what the test itself took
    assert world.dispatch(call, "police").late_at is None
    world.wait(seconds=11)
    assert world.dispatch(call, "police").late_at is not None

    def confirm(cad_number: str | None) -> None:
        world.context.do(
            "test",
            lambda uow: cad.confirm(
                uow, world.centre, uow.get(Dispatch, dispatch.id), "Unit 12", cad_number
            ),
        )

    with pytest.raises(Refused, match="CAD number"):
        confirm(None)
    confirm("26-000123")
    assert state(world, call, "police") == "handed_over"
    with pytest.raises(Conflict):
        confirm("26-000123")


def test_a_dispatcher_writes_down_an_answer_by_radio(world: World, call: Call) -> None:
    (alpha,) = world.team("Alpha")
    send(world, call)
    alpha.expect("Reply")

    def answer(uow: UnitOfWork) -> None:
        page = uow.session.scalars(select(Page)).one()
        dispatches.record_answer(uow, world.centre, page, True, "radio")

    world.context.do("test", answer)

    assert state(world, call) == "accepted"
    alpha.expect_silence()


def test_a_slot_is_assigned_by_hand_and_who_was_asked_is_told(world: World, call: Call) -> None:
    (alpha,) = world.team("Alpha")
    send(world, call)
    alpha.expect("Reply")

    def assign(uow: UnitOfWork) -> None:
        slot = uow.session.scalars(
            select(Slot).join(Dispatch).where(Dispatch.response == "mobile_crisis")
        ).one()
        assignments.assign(uow, world.centre, slot, None, "County Mobile 7")

    world.context.do("test", assign)

    assert state(world, call) == "accepted"
    alpha.expect("Taken by County Mobile 7, stand down")


def test_a_page_that_cannot_be_delivered_asks_the_next_at_once(world: World, call: Call) -> None:
    (alpha,) = world.team("Alpha")
    (bravo,) = world.team("Bravo")
    world.phones.dead.add(alpha.number)
    send(world, call)

    bravo.expect("Reply")
    assert world.audited("page.undeliverable") == 1


ROUNDS = int(os.environ.get("RACE_ROUNDS", "20"))
"""`make test-races` runs 1,000."""


def test_of_two_who_accept_at_once_exactly_one_has_it(world: World) -> None:
    one, other = world.team("One"), world.team("Other")
    for _ in range(ROUNDS):
        call = world.call(
            {"problem_type": "other"}, choice=sending.Choice("mobile_crisis", "supervisor")
        )
        world.settle()
        world.wait(minutes=3)  # the first was passed over: both may answer now
        barrier = threading.Barrier(2)

        def answer(
            number: str, code: str = call.code, barrier: threading.Barrier = barrier
        ) -> None:
            barrier.wait()
            world.receive(f"{code}-{number}", number, f"{code} 1")

        threads = [threading.Thread(target=answer, args=(p[0].number,)) for p in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        world.settle()
        with world.context.reading() as uow:
            accepted = uow.session.scalar(
                select(func.count())
                .select_from(Page)
                .join(Slot)
                .join(Dispatch)
                .where(Dispatch.call_id == call.id, Page.state == "accepted")
            )
        assert accepted == 1
        dispatch = world.dispatch(call, "mobile_crisis")
        assert dispatch.state.value == "accepted"
        told = one[0].inbox[-1], other[0].inbox[-1]
        assert sum("it is yours" in text for text in told) == 1, told
        assert sum("Taken by" in text for text in told) == 1, told
        world.context.do(
            "test",
            lambda uow, d=dispatch: dispatches.advance(
                uow, world.centre, uow.session.get(Slot, d.slots[0].id), SlotState.CLEARED, "radio"
            ),
        )


def test_a_free_colleague_of_the_same_team_is_asked_before_nobody_comes(
    world: World, call: Call
) -> None:
    first, officer, second = world.team(
        "CIT 1", ("co_responder",), ("clinician", "officer", "clinician")
    )
    send(world, call, "co_responder")
    asked, other = (first, second) if first.inbox else (second, first)
    officer.expect("Reply")

    asked.text("2")
    asked.expect("declined.")

    other.expect("Reply")
    assert state(world, call, "co_responder") != "unfilled"


def test_one_phone_has_one_question_for_each_call(world: World, call: Call) -> None:
    (phone,) = world.team("MCT 1", ("mobile_crisis", "youth_mobile_crisis"), calls_at_once=5)
    send(world, call)
    send(world, call, "youth_mobile_crisis")

    assert len(phone.inbox) == 1
    world.desk.expect("nobody is left to ask")
    assert state(world, call, "youth_mobile_crisis") == "unfilled"


def accepts_arrives_and_clears(phone: Phone, call: Call) -> None:
    for word, told in (("1", "it is yours"), ("SCENE", "on scene"), ("CLEAR", "you are free")):
        phone.text(f"{call.code} {word}")
        phone.expect(told)


def test_a_team_sent_again_to_the_same_call_can_accept_again(world: World, call: Call) -> None:
    (phone,) = world.team("MCT 1", ("mobile_crisis", "youth_mobile_crisis"))
    send(world, call)
    phone.expect("Reply")
    accepts_arrives_and_clears(phone, call)
    phone.text(f"{call.code} 1")  # the verdict: right team
    phone.expect("thank you")
    send(world, call, "youth_mobile_crisis")
    phone.expect("Reply")

    phone.text(f"{call.code} 1")

    phone.expect("it is yours")
    assert state(world, call, "youth_mobile_crisis") == "accepted"


def test_a_member_assigned_by_hand_is_told_and_can_answer(world: World, call: Call) -> None:
    (alpha,) = world.team("Alpha")
    world.team("Bravo")
    send(world, call)
    (officer,) = world.team("Officers", (), ("officer",))

    def assign(key: object) -> None:
        def work(uow: UnitOfWork) -> None:
            slot = uow.session.scalars(
                select(Slot).join(Dispatch).where(Dispatch.response == "mobile_crisis")
            ).one()
            member = uow.session.get(Responder, key)
            assignments.assign(uow, world.centre, slot, member, None)

        world.context.do("test", work)

    with pytest.raises(Refused, match="who is a clinician"):
        assign(officer.responder_id)
    assign(alpha.responder_id)

    alpha.expect("given to you by dispatch. Go to: Dockside Apartments")
    alpha.text(f"{call.code} SCENE")
    alpha.expect("on scene")


def test_partners_of_a_pair_hear_of_each_other(world: World, call: Call) -> None:
    clinician, officer = world.pair("CIT 1")
    send(world, call, "co_responder")
    clinician.expect("Reply")
    officer.expect("URGENT, within 30 min")
    clinician.text("1")
    clinician.expect("it is yours")

    officer.text("1")
    officer.expect("accepted, it is yours")
    clinician.expect("officer CIT 1 has accepted too")
    officer.text("2")
    officer.expect("you have given it back")
    world.desk.expect("nobody is left to ask")
    clinician.expect("your officer has given it back")


def test_after_clearing_a_second_yes_is_told_that_it_is_over(world: World, call: Call) -> None:
    (phone,) = world.team("MCT 1")
    send(world, call)
    phone.expect("Reply")
    accepts_arrives_and_clears(phone, call)

    phone.text(f"{call.code} ACCEPT")

    phone.expect(f"{call.code}: team has cleared")
