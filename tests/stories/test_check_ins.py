"""Whoever is on the way or on scene is asked whether all is well. Silence is an alarm."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tests.stories.test_alarms import findings, on_a_call, signs_in, untaken, words
from tests.stories.test_call_page import act
from tests.stories.test_calls import CALM
from tests.stories.test_lost_phones import lose
from tests.world import Phone, World
from triage.domain import safety_wording
from triage.domain.alarms import AlarmKind
from triage.domain.delivery import Whose
from triage.domain.lifecycle import MessageState, SlotState
from triage.domain.phone_network import Refused
from triage.services import alarms, dispatches
from triage.storage.calls import Call
from triage.storage.dispatches import Slot
from triage.storage.messages import Message
from triage.storage.safety import Alarm, CheckIn
from triage.storage.teams import Responder
from triage.storage.timers import Timer

ASKED = "Roster check"


def on_scene(world: World) -> tuple[Phone, Call]:
    phone, call = on_a_call(world)
    phone.text(f"{call.code} SCENE")
    phone.expect("you are on scene")
    return phone, call


def outcomes(world: World) -> list[str | None]:
    with world.context.reading() as uow:
        rows = uow.session.scalars(select(CheckIn).order_by(CheckIn.created_at))
        return [one.outcome for one in rows]


def test_on_scene_they_are_asked_after_twenty_minutes_and_answer(world: World) -> None:
    phone, call = on_scene(world)

    world.wait(minutes=19)
    phone.expect_silence()
    world.wait(minutes=1, seconds=5)
    assert phone.expect(ASKED) == f"Roster check {call.code}. Reply OK."
    phone.text("ok")
    assert phone.expect("noted") == f"{call.code}: thank you, noted."

    world.wait(minutes=10)
    phone.expect_silence()
    world.wait(minutes=11)
    phone.expect(ASKED)
    assert outcomes(world) == ["answered", None]
    assert untaken(world) == []


@pytest.mark.parametrize("body", ["OK", "bien", "{code} ok", "1", "{code} 1", "all good", "SCENE"])
def test_many_words_answer_it_and_none_tells_the_place(world: World, body: str) -> None:
    phone, call = on_scene(world)
    world.wait(minutes=21)
    phone.expect(ASKED)

    phone.text(body.format(code=call.code))

    answer = phone.inbox[-1]
    assert "Pier" not in answer
    assert outcomes(world) == ["answered"]
    world.wait(minutes=6)
    assert untaken(world) == []


def test_silence_is_asked_once_more_and_is_then_an_alarm(world: World) -> None:
    phone, call = on_scene(world)
    world.wait(minutes=20, seconds=5)
    phone.expect(ASKED)

    world.wait(minutes=2, seconds=1)
    phone.expect("second text")
    assert untaken(world) == []
    world.wait(minutes=2, seconds=1)

    (alarm,) = untaken(world)
    assert alarm.kind is AlarmKind.MISSED_CHECK_IN
    assert alarm.call_id == call.id
    world.desk.expect_ring("does not answer whether all is well")
    told = words(world.client("dispatcher"), "/board")
    assert "CIT 1 (clinician) DOES NOT ANSWER whether all is well" in told
    phone.expect_silence()
    world.wait(minutes=20, seconds=5)
    world.desk.expect_ring("Alarm. CIT 1")
    phone.expect(ASKED)  # and so on, until somebody knows


def test_an_answer_to_the_second_text_is_in_time(world: World) -> None:
    phone, _ = on_scene(world)
    world.wait(minutes=20, seconds=5)
    phone.expect("Roster check")
    world.wait(minutes=2, seconds=1)
    phone.expect("second text")
    phone.text("bien")
    phone.expect("thank you, noted")

    world.wait(minutes=3)

    assert untaken(world) == []
    assert outcomes(world) == ["answered"]


def test_on_the_way_they_are_asked_after_the_eta(world: World) -> None:
    phone, call = on_a_call(world)
    phone.text(f"{call.code} ETA 30")
    phone.expect("you arrive in 30 min")

    world.wait(minutes=49)
    phone.expect_silence()
    world.wait(minutes=2)
    phone.expect(ASKED)


def test_an_eta_of_ten_hours_puts_it_off_for_an_hour_at_most(world: World) -> None:
    phone, call = on_a_call(world)
    phone.text(f"{call.code} ETA 600")
    phone.expect("you arrive")

    world.wait(minutes=81)

    phone.expect(ASKED)


def test_news_of_theirs_begins_the_time_anew_by_whatever_way(world: World) -> None:
    phone, call = on_scene(world)
    dispatcher = world.client("dispatcher")
    world.wait(minutes=15)
    path = f"/calls/{call.reference}"
    page = dispatcher.get(path).get_data(as_text=True)
    heard = re.search(r'action="([^"]+/heard)"', page)
    assert heard
    dispatcher.submit(path, {}, to=heard[1])

    world.wait(minutes=15)
    phone.expect_silence()
    world.wait(minutes=6)
    phone.expect(ASKED)
    told = words(dispatcher, path)
    assert "Asked whether all is well" in told
    dispatcher.submit(path, {}, to=heard[1])
    assert "all is well (radio)" in words(dispatcher, path)
    assert outcomes(world) == ["answered"]


def test_who_has_cleared_is_asked_no_more(world: World) -> None:
    phone, call = on_scene(world)
    world.wait(minutes=20, seconds=5)
    phone.expect(ASKED)

    phone.text(f"{call.code} CLEAR")
    phone.expect("you are free")

    world.wait(hours=3)
    phone.expect_silence()
    assert untaken(world) == []


def test_who_accepts_and_says_nothing_more_is_asked_as_if_on_the_way(world: World) -> None:
    phone, call = on_a_call(world)

    world.wait(minutes=19)
    phone.expect_silence()
    world.wait(minutes=2)
    phone.expect(ASKED)
    phone.text("ok")
    assert phone.expect("noted") == f"{call.code}: thank you, noted."

    world.wait(minutes=21)
    phone.expect(ASKED)
    world.wait(minutes=2, seconds=1)
    phone.expect(ASKED)
    world.wait(minutes=2, seconds=1)
    assert [alarm.kind for alarm in untaken(world)] == [AlarmKind.MISSED_CHECK_IN]
    world.desk.expect_ring("does not answer whether all is well")


def test_whoever_is_named_by_the_desk_is_asked_too(world: World) -> None:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    phone.text(f"{call.code} 2")
    phone.expect(call.code)
    world.desk.expect("nobody is left to ask")
    with world.context.reading() as uow:
        member = uow.session.scalars(select(Responder)).one().id
    act(world.client("dispatcher"), call, "/assign", {"member": str(member)})
    phone.expect("given to you by dispatch")

    world.wait(minutes=21)

    phone.expect(ASKED)


def test_who_gives_it_back_is_asked_no_more(world: World) -> None:
    phone, call = on_a_call(world)
    phone.text(f"{call.code} NO")
    phone.expect(call.code)
    world.desk.expect("nobody is left to ask")

    world.wait(hours=1)

    world.desk.ignores("the call waits, and is told again and again")

    phone.expect_silence()
    assert untaken(world) == []
    assert findings(world) == set()


def test_ok_accepts_nothing(world: World) -> None:
    (phone,) = world.team("CIT 1")
    call = world.call(CALM)
    phone.expect("Reply")

    phone.text("ok")
    phone.text(f"{call.code} ok")

    assert world.dispatch(call, "mobile_crisis").state.value == "seeking"
    phone.expect("nothing was changed")
    phone.expect("Not understood")


def test_ok_beside_another_page_says_that_it_still_waits(world: World) -> None:
    (phone,) = world.team("CIT 1", calls_at_once=2)
    one = world.call(CALM)
    phone.text(f"{one.code} 1")
    phone.expect("accepted, it is yours")
    two = world.call(CALM)
    phone.expect(f"Reply {two.code}")

    phone.text("ok")

    assert f"{two.code} still waits" in phone.expect(f"{one.code}: thank you, noted.")


def waiting_question(world: World) -> tuple[Phone, Call]:
    """On scene, and asked while the provider takes no texts."""
    phone, call = on_scene(world)
    world.phones.no_texts = Refused("20003", Whose.PROVIDER)
    world.wait(minutes=20, seconds=5)
    return phone, call


def cancel(world: World, call: Call) -> None:
    with world.context.unit_of_work("test") as uow:
        (dispatch,) = dispatches.of_call(uow, uow.get(Call, call.id))
        dispatches.cancel(uow, world.centre, dispatch, "unsafe")
    world.settle()


@pytest.mark.parametrize("ends", ["CLEAR", "OK", "WITHDRAW", "lost"])
def test_a_question_that_has_not_left_is_taken_back_when_it_is_not_theirs_any_more(
    world: World, ends: str
) -> None:
    phone, call = waiting_question(world)

    if ends == "lost":
        lose(world, phone)
    else:
        phone.text(f"{call.code} {ends}")
    world.phones.no_texts = None
    world.wait(seconds=10)
    if ends in ("WITHDRAW", "lost"):
        world.desk.expect_ring("Alarm. CIT 1")
    if ends == "WITHDRAW":
        world.desk.expect("nobody is left to ask")

    assert [text for text in phone.inbox if ASKED in text] == []
    with world.context.reading() as uow:
        texts = uow.session.scalars(select(Message).where(Message.kind == "check_in")).all()
        assert [text.state for text in texts] == [MessageState.WITHDRAWN]


def test_one_on_the_way_to_a_call_that_is_cancelled_is_taken_back(world: World) -> None:
    phone, call = on_a_call(world)
    phone.text(f"{call.code} ETA 1")
    phone.expect("you arrive in 1 min")
    world.phones.no_texts = Refused("20003", Whose.PROVIDER)
    world.wait(minutes=26)
    cancel(world, call)
    world.phones.no_texts = None
    world.wait(seconds=10)

    phone.expect("Stand down")
    assert [text for text in phone.inbox if ASKED in text] == []


def test_after_stop_the_desk_is_told_when_the_question_is_due_and_again(world: World) -> None:
    phone, call = on_scene(world)
    phone.text("STOP")
    world.wait(minutes=19)
    assert untaken(world) == []

    world.wait(minutes=1, seconds=5)

    (alarm,) = untaken(world)
    assert (alarm.kind, alarm.call_id) == (AlarmKind.MISSED_CHECK_IN, call.id)
    world.desk.expect_ring("does not answer whether all is well")
    told = words(world.client("dispatcher"), f"/calls/{call.reference}")
    assert "cannot be asked by text whether all is well" in told
    phone.expect_silence()
    assert outcomes(world) == ["out_of_reach"]
    with world.context.unit_of_work("test") as uow:
        alarms.take(uow, world.centre, uow.get(Alarm, alarm.id), "screen")
    world.wait(minutes=20, seconds=5)
    world.desk.expect_ring("Alarm. CIT 1")
    assert len(untaken(world)) == 1  # and so on: nothing but the radio reaches them
    assert "no_check_in" not in findings(world)


@pytest.mark.parametrize("why", ["stop", "lost"])
def test_whoever_is_asked_and_then_cannot_answer_is_an_alarm_at_once(
    world: World, why: str
) -> None:
    phone, call = on_scene(world)
    world.wait(minutes=20, seconds=5)
    phone.expect(ASKED)

    if why == "stop":
        phone.text("STOP")
    else:
        lose(world, phone)

    (alarm,) = untaken(world)
    assert (alarm.kind, alarm.call_id) == (AlarmKind.MISSED_CHECK_IN, call.id)
    world.wait(minutes=3)
    world.desk.expect_ring("Alarm. CIT 1")
    assert len(untaken(world)) == 1
    assert "no_check_in" not in findings(world)


def test_nobody_answers_for_whoever_had_the_place_before(world: World) -> None:
    first, call = on_scene(world)
    (second,) = world.team("CIT 2")
    world.wait(minutes=20, seconds=5)
    first.expect(ASKED)
    first.text(f"{call.code} WITHDRAW")
    world.desk.expect_ring("Alarm. CIT 1")
    second.expect("UNSAFE, a team left")
    second.expect_ring("Prompt page")
    first.expect("you are withdrawn")
    with world.context.unit_of_work("test") as uow:
        asked = uow.session.scalars(select(CheckIn)).one()
        place = uow.get(Slot, asked.slot_id)
        assert asked.closed_at is None or asked.outcome != "answered"
        assert place.state is SlotState.WITHDRAWN
    second.text(f"{call.code} 1")
    second.expect("accepted, it is yours")
    second.text(f"{call.code} OK")
    second.expect("thank you, noted")
    assert "answered" not in outcomes(world)


def test_a_place_given_to_another_member_is_asked_anew_and_the_first_has_not_answered(
    world: World,
) -> None:
    first, call = on_a_call(world)
    (second,) = world.team("CIT 2")
    first.text(f"{call.code} ETA 1")
    first.expect("you arrive in 1 min")
    world.wait(minutes=22)
    first.expect(ASKED)
    first.text(f"{call.code} 2")  # gives it back
    first.expect("you have given it back")
    second.expect(f"Reply {call.code}")

    second.text(f"{call.code} 1")
    second.expect("accepted, it is yours")
    second.text(f"{call.code} SCENE")
    second.expect("you are on scene")
    second.text("OK")
    second.expect("thank you, noted")

    assert outcomes(world) == ["over"]
    world.wait(minutes=20, seconds=5)
    second.expect(ASKED)
    first.text("OK")
    first.expect("Taken by CIT 2")
    assert outcomes(world) == ["over", None]
    second.text("1")
    second.expect("thank you, noted")
    assert outcomes(world) == ["over", "answered"]


@pytest.mark.parametrize("said", ["{code} OK", "OK", "{code} bien"])
def test_ok_to_a_call_that_was_cancelled_learns_that_it_is_over(world: World, said: str) -> None:
    phone, call = on_a_call(world)
    cancel(world, call)

    phone.text(said.format(code=call.code))

    assert (
        phone.inbox[-1] == f"{call.code}: team called off, the call may go on. Nothing was changed."
    )


def test_ok_after_clearing_learns_that_it_is_over_too(world: World) -> None:
    phone, call = on_scene(world)
    phone.text(f"{call.code} CLEAR")

    phone.text(f"{call.code} OK")

    assert (
        phone.inbox[-1]
        == f"{call.code}: team has cleared, the call may go on. Nothing was changed."
    )
    phone.text(f"{call.code} 1")
    assert "your answer is kept" in phone.inbox[-1]


@pytest.mark.parametrize("again", [False, True])
def test_the_text_reveals_nothing_to_somebody_who_reads_it(again: bool) -> None:
    """The same words for everybody, whatever the call is about: only the code differs."""
    one, other = (safety_wording.check_in(code, again=again) for code in ("K7QM", "7K4M"))

    assert one.replace("K7QM", "7K4M") == other
    allowed = {"roster", "check", "reply", "ok", "o", "bien", "second", "text", "k7qm"}
    assert set(re.findall(r"\w+", one.lower())) <= allowed


def test_texts_of_all_states_differ_in_nothing_but_the_code(
    world: World,
) -> None:
    said = set()
    for name, reply, told in (("A", "ETA 1", "you arrive"), ("B", "SCENE", "you are on scene")):
        phone, call = on_a_call(world, name)
        phone.text(f"{call.code} {reply}")
        phone.expect(told)
        world.wait(minutes=26)
        said.add(phone.expect(ASKED).replace(call.code, "CODE"))
        phone.text("ok")
        phone.expect("thank you, noted")
        phone.ignores("its next check-in, while the other team is asked")

    assert said == {"Roster check CODE. Reply OK."}


def test_everybody_in_the_field_has_a_timer_and_is_found_where_there_is_none(
    world: World,
) -> None:
    phone, _ = on_scene(world)
    assert findings(world) == set()
    world.wait(minutes=21)
    phone.expect("Roster check")
    assert findings(world) == set()
    phone.text("ok")
    phone.expect("thank you, noted")
    with world.context.unit_of_work("test") as uow:
        slot = uow.session.scalars(select(Slot).where(Slot.state == SlotState.ON_SCENE)).one()
        for timer in uow.session.scalars(select(Timer).where(Timer.subject_id == slot.id)):
            if timer.state == "waiting":
                timer.state = "cancelled"

    assert findings(world) == {"no_check_in"}

    world.context.do(
        "test",
        lambda uow: dispatches.advance(
            uow, world.centre, uow.get(Slot, slot.id), SlotState.TRANSPORTING, "radio"
        ),
    )
    assert findings(world) == set()


def test_no_is_no_answer_that_all_is_well(world: World) -> None:
    phone, call = on_scene(world)
    world.wait(minutes=20, seconds=5)
    phone.expect(ASKED)

    phone.text("2")
    phone.expect("you are on scene")
    assert outcomes(world) == [None]
    phone.text("no")

    phone.expect("ALARM RAISED")
    (alarm,) = untaken(world)
    assert (alarm.kind, alarm.call_id) == (AlarmKind.HELP, call.id)
    world.desk.expect_ring("needs help")
    assert outcomes(world) == [None]
    phone.text("ok")
    phone.expect("thank you, noted")
    phone.text("no")  # nothing is asked now
    phone.expect("you are on scene")
    assert len(untaken(world)) == 1


def test_their_own_page_tells_whoever_reads_along_no_more_than_the_text(world: World) -> None:
    phone, call = on_scene(world)
    browser, page = signs_in(world, phone), f"/calls/{call.reference}"
    world.wait(minutes=20, seconds=5)
    phone.expect(ASKED)
    shown = words(browser, page)
    shown = shown.split("CIT 1, clinician", 1)[1].split("Place and what happens", 1)[0]

    assert "Roster check: please answer." in shown
    for tells in ("all well", "all is well", "alarm", "do not answer"):
        assert tells not in shown.lower()
    browser.submit(page, {"action": "safe"}, to=f"{page}/mine")
    assert outcomes(world) == ["answered"]
    phone.text("yes")
    assert "well" not in phone.expect("roster check").lower()
