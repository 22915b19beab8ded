"""The help that is sent because of a silent alarm is read by nobody there, and told to no caller:
either may be whoever forces the team."""

from __future__ import annotations

from tests.stories.test_alarms import on_a_call, signs_in, words
from tests.stories.test_call_page import act
from tests.stories.test_calls import CALM, add
from tests.stories.test_duress import WORD, knows
from tests.stories.test_hushed_teams import press
from tests.stories.test_page_links import in_text, open_
from tests.world import World
from triage.domain.alarms import AlarmKind


def test_the_help_for_a_silent_alarm_stands_on_no_screen_of_whoever_is_there(
    world: World,
) -> None:
    (phone,) = world.team("CIT 1")
    call = world.call(CALM, location="Pier 3")
    linked, link = open_(world, in_text(phone.expect("within 60 min")))
    phone.text(f"{call.code} 1")
    world.ignores_texts("the screens alone matter")
    own = signs_in(world, phone), f"/calls/{call.reference}"
    screens = [own, (linked, link), (own[0], f"{own[1]}/live"), (linked, f"{link}/live")]
    dispatcher = world.client("dispatcher")
    knows(world, phone).text(f"ok {WORD}")
    world.wait(seconds=5)

    add(world, call, weapon="accessible", violence_now="physical")
    act(dispatcher, call, "/send", {})
    for where in screens:
        assert "Also" not in words(*where), where[1]
    act(dispatcher, call, "/handed-over", {"unit": "4A12", "cad_number": "26-1"})
    for where in screens:
        told = words(*where)
        assert "Also" not in told, where[1]
        assert "4A12" not in told, where[1]
    assert "4A12" in words(dispatcher, own[1])

    press(dispatcher, world, AlarmKind.DURESS, "take")
    for where in screens:
        assert "4A12" not in words(*where), "taken is not over"
    press(dispatcher, world, AlarmKind.DURESS, "over")
    for where in screens:
        assert "Also coming: Police patrol 4A12 Sent" in words(*where), where[1]


def test_who_was_to_come_before_the_silent_alarm_stays_as_it_was(world: World) -> None:
    phone, call = on_a_call(world)
    world.ignores_texts("the screens alone matter")
    clinician, path = signs_in(world, phone), f"/calls/{call.reference}"
    add(world, call, weapon="accessible", violence_now="physical")
    act(world.client("dispatcher"), call, "/send", {})
    world.wait(seconds=5)

    knows(world, phone).text(f"ok {WORD}")
    assert "Also to come: Police patrol Not sent yet" in words(clinician, path)


def test_the_caller_is_not_to_be_told_of_the_help_while_a_silent_alarm_stands(
    world: World,
) -> None:
    (phone,) = world.team("CIT 1")
    call = world.call(CALM, caller_phone="202-555-0143")
    phone.text(f"{call.code} 1")
    world.ignores_texts("the desk's screens alone matter")
    dispatcher, path = world.client("dispatcher"), f"/calls/{call.reference}"
    act(dispatcher, call, "/told", {"answer": "told"})
    knows(world, phone).text(f"ok {WORD}")
    add(world, call, weapon="accessible", violence_now="physical")
    act(dispatcher, call, "/send", {})
    act(dispatcher, call, "/handed-over", {"unit": "4A12", "cad_number": "26-1"})
    world.wait(minutes=65)
    world.settle()

    urged = ("tell the caller again", "CALL BACK NOW", "Say what stands under", "Told again")
    may_be = "The caller may be whoever forces the team"
    for where in ("/board", path):
        told = words(dispatcher, where)
        assert "A call-back is promised: the caller may be whoever forces the team" in told
        for one in urged:
            assert one.lower() not in told.lower(), (one, where)
    who = dispatcher.get(path).text.split('id="call-who"')[1].split("</section>")[0]
    assert f"{may_be}: say nothing of who comes because of the silent alarm." in who
    assert " open " not in who, "the script is read on purpose alone"

    press(dispatcher, world, AlarmKind.DURESS, "take", "over")
    assert "Tell the caller again: who comes has changed" in words(dispatcher, "/board")
    assert "CALL BACK NOW" in words(dispatcher, "/board")
    assert may_be not in words(dispatcher, path)
