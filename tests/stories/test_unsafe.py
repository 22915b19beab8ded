"""A team leaves because it is not safe: whoever else goes to that call, or is asked to, learns it,
whichever response they were sent for."""

from __future__ import annotations

from tests.stories.test_alarms import signs_in, untaken, words
from tests.stories.test_call_page import act
from tests.stories.test_calls import CALM, add, close
from tests.stories.test_escalation import LEVELS, supervisor
from tests.stories.test_reliefs import places_of
from tests.world import Browser, Phone, World
from triage.services import dispatches
from triage.storage.calls import Call

OTHERS = {"override_response": "co_responder", "override_reason": "known_history"}
LEFT = "UNSAFE, clinician Alpha had to leave"
ASKED = "UNSAFE, a team left."


def on_scene(world: World) -> tuple[Phone, Call, Browser]:
    """Alpha is on scene of a call."""
    (alpha,) = world.team("Alpha")
    call = world.call(CALM)
    alpha.expect("Reply")
    alpha.text(f"{call.code} 1")
    alpha.expect("it is yours")
    alpha.text(f"{call.code} SCENE")
    alpha.expect("you are on scene")
    return alpha, call, world.client("dispatcher")


def leaves(world: World, alpha: Phone, call: Call) -> None:
    alpha.text(f"{call.code} unsafe")
    alpha.expect("you are withdrawn")
    world.desk.expect_ring("Alarm. Alpha")
    world.desk.ignores("who is left to ask is another story")


def test_whoever_is_under_way_for_another_response_is_told_at_once_and_once(world: World) -> None:
    alpha, call, dispatcher = on_scene(world)
    accepted, staged = world.pair("CIT 1")
    act(dispatcher, call, "/override", OTHERS)
    for phone in (accepted, staged):
        phone.expect("PROMPT")
        phone.text(f"{call.code} 1")
        phone.expect("it is yours")
    accepted.expect("with you")
    staged.text(f"{call.code} STAGED")
    staged.expect("you wait near")

    leaves(world, alpha, call)

    for phone in (accepted, staged):
        text = phone.expect(LEFT)
        assert text.startswith(f"{call.code}: {LEFT}. If you must leave too: {call.code} WITHDRAW")
    alpha.text(f"{call.code} unsafe")
    for phone in (accepted, staged):
        phone.expect_silence()
    page = words(signs_in(world, accepted), f"/calls/{call.reference}")
    assert "Dangers, as told A team left at" in page
    world.ignores_texts("the rest is another story")


def test_a_unit_without_a_phone_here_is_told_by_radio_that_a_team_left(world: World) -> None:
    alpha, call, dispatcher = on_scene(world)
    world.pair("CIT 1")
    act(dispatcher, call, "/override", OTHERS)
    world.ignores_texts("who is asked is another story")
    with world.context.reading() as uow:
        place = places_of(uow, call, "co_responder")[0].id
    act(dispatcher, call, f"{place}/assign", {"unit": "Unit 12"})

    alpha.text(f"{call.code} unsafe")

    owed = "TELL Unit 12 BY RADIO: danger (a team left, not safe)"
    assert owed in words(dispatcher, "/board")
    page = words(dispatcher, f"/calls/{call.reference}")
    assert owed in page
    assert "say it to them. A team left at" in page
    assert "Something dangerous is known now: a team left, not safe." in page
    act(dispatcher, call, "/told-by-radio", {"turn": "0"})
    assert owed not in words(dispatcher, "/board")


def test_units_that_are_sent_after_a_team_left_are_told_by_radio_too(world: World) -> None:
    alpha, call, dispatcher = on_scene(world)
    leaves(world, alpha, call)
    act(dispatcher, call, "/assign", {"unit": "Officer Park"})
    owed = "BY RADIO: danger (a team left, not safe)"
    assert f"TELL Officer Park {owed}" in words(dispatcher, "/board")
    assert "say it to them. A team left at" in words(dispatcher, f"/calls/{call.reference}")
    add(world, call, weapon="in_hand")
    act(dispatcher, call, "/told-by-radio", {"turn": "1"})
    assert "BY RADIO: danger" not in words(dispatcher, "/board")

    act(dispatcher, call, "/send", {})
    act(dispatcher, call, "/handed-over", {"unit": "4A12", "cad_number": "26-1"})
    assert f"TELL 4A12 {owed}" in words(dispatcher, "/board")  # who was told knows it
    world.ignores_texts("the rest is another story")


def test_every_page_that_is_sent_afterwards_says_it_whatever_it_asks_for(world: World) -> None:
    alpha, call, dispatcher = on_scene(world)
    leaves(world, alpha, call)
    boss = supervisor(world)
    clinician, officer = world.pair("CIT 1")

    act(dispatcher, call, "/override", OTHERS)

    for phone in (clinician, officer):
        assert phone.expect("PROMPT").startswith(ASKED)
    clinician.text(f"{call.code} 1")
    assert "UNSAFE: a team had to leave. Ask dispatch" in clinician.expect("it is yours")
    page = words(signs_in(world, clinician), f"/calls/{call.reference}")
    assert "Dangers, as told A team left at" in page

    officer.text(f"{call.code} 2")
    officer.expect("declined")
    world.wait(minutes=3)
    assert boss.expect("Take charge").startswith(ASKED[:-1])
    world.ignores_texts("the rest is another story")


def test_the_ring_of_another_response_says_it(world: World) -> None:
    alpha, call, _ = on_scene(world)
    leaves(world, alpha, call)
    phone, officer = world.pair("CIT 1")
    world.context.do(
        "test",
        lambda uow: dispatches.open_dispatch(
            uow, world.centre, uow.get(Call, call.id), "co_responder", LEVELS[1], "by_hand"
        ),
    )
    for one in (phone, officer):
        assert one.expect("IMMEDIATE").startswith(ASKED)
    world.wait(seconds=31)
    phone.expect_ring("It is not safe: a team had to leave. Press 1")
    world.ignores_texts("the rest is another story")


def test_the_text_to_the_desk_that_nobody_is_left_says_it(world: World) -> None:
    alpha, call, _ = on_scene(world)
    alpha.text(f"{call.code} unsafe")
    world.desk.expect_ring("Alarm. Alpha")
    alpha.expect("you are withdrawn")
    assert world.desk.expect("nobody is left to ask").startswith(f"{ASKED} {call.code}")


def test_that_a_team_left_stays_in_sight_after_its_alarm_was_taken_until_the_call_ends(
    world: World,
) -> None:
    alpha, call, dispatcher = on_scene(world)
    leaves(world, alpha, call)
    phone, officer = world.pair("CIT 1")
    act(dispatcher, call, "/override", OTHERS)
    phone.ignores("what it is texted is another story")
    officer.ignores("what it is texted is another story")

    (alarm,) = untaken(world)
    dispatcher.submit("/alarms", {}, to=f"/alarms/{alarm.id}/take")

    mark = "A team left: not safe ("
    page = f"/calls/{call.reference}"
    asked = signs_in(world, phone)
    assert "had to withdraw" not in words(dispatcher, "/board").lower()
    for browser, path in (
        (dispatcher, "/board"),
        (dispatcher, page),
        (asked, page),
    ):
        assert mark in words(browser, path), path
    assert "Dangers, as told A team left at" in words(dispatcher, f"{page}/sheet")

    close(world, call, "duplicate")
    for path in ("/board", page):
        assert mark not in words(dispatcher, path), path
    world.ignores_texts("how it ends is another story")
