"""Whoever is sent where a silent alarm stands is named to the desk until told by radio."""

from __future__ import annotations

import re

import pytest

from tests.stories.test_board import order, row
from tests.stories.test_call_page import act
from tests.stories.test_calls import CALM, add
from tests.stories.test_duress import WORD, knows
from tests.stories.test_hushed_teams import page, press
from tests.world import Browser, Phone, World
from triage.domain.alarms import AlarmKind
from triage.storage.calls import Call

THERE, MORE = "BY RADIO: silent alarm there", "BY RADIO AGAIN: one more silent alarm there"


@pytest.fixture
def dispatcher(world: World) -> Browser:
    world.ignores_texts("the desk's screens alone matter")
    return world.client("dispatcher")


def forced(world: World, *, on_scene: bool = False) -> tuple[Phone, Phone, Call]:
    """A pair that comes, of whom the clinician has said the word."""
    phones = clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    for phone in phones:
        phone.text(f"{call.code} 1")
        if on_scene:
            phone.text(f"{call.code} SCENE")
    knows(world, clinician).text(f"{call.code} ok {WORD}")
    world.wait(seconds=5)
    return clinician, officer, call


def follow(
    world: World, desk: Browser, call: Call, name: str, response: str = "mobile_crisis"
) -> Phone:
    """Somebody who is sent in addition, and accepts."""
    phone = world.team(name)[0] if response == "mobile_crisis" else world.pair(name)[1]
    chosen = {"override_response": response, "override_reason": "supervisor"}
    act(desk, call, "/override", chosen)
    world.wait(seconds=5)
    phone.text(f"{call.code} 1")
    return phone


def press_told(desk: Browser, call: Call) -> str:
    text = desk.get(f"/calls/{call.reference}").text
    (key,) = {*re.findall(r'name="places" value="([^"]+)"', text)}
    return act(desk, call, "/told-of-alarm", {"places": key})


def hand_over(world: World, desk: Browser, call: Call, unit: str) -> None:
    add(world, call, weapon="accessible", violence_now="physical")
    act(desk, call, "/send", {})
    act(desk, call, "/handed-over", {"unit": unit, "cad_number": "26-1"})


def test_who_was_sent_because_of_the_first_is_told_of_a_second_alarm_as_well(
    world: World, dispatcher: Browser
) -> None:
    _, partner, call = forced(world, on_scene=True)
    knows(world, partner, "clovers")
    third = follow(world, dispatcher, call, "Mobile 2")
    tell = f"TELL Mobile 2 (clinician) {THERE}"
    assert tell in row(dispatcher, call)
    partner.text(f"{call.code} ok clovers")
    world.wait(seconds=5)
    assert tell in row(dispatcher, call), "told of neither"
    assert "CIT 1 (officer) BY RADIO" not in row(dispatcher, call)

    press_told(dispatcher, call)
    assert "BY RADIO" not in row(dispatcher, call)
    partner.text(f"{call.code} ok clovers")
    world.wait(seconds=5)
    assert "BY RADIO" not in row(dispatcher, call), "who raises it again raises no other"
    knows(world, third).text(f"{call.code} ok {WORD}")
    world.wait(seconds=5)
    assert "BY RADIO" not in row(dispatcher, call), "now they are forced themselves"


def test_whoever_was_told_is_told_again_when_one_more_who_comes_is_forced(
    world: World, dispatcher: Browser
) -> None:
    _, _, call = forced(world)
    follows = follow(world, dispatcher, call, "Mobile 2")
    hand_over(world, dispatcher, call, "4A12")
    said = page(dispatcher, call)
    assert f"TELL Mobile 2 (clinician), 4A12 {THERE}" in said, said[:900]
    press_told(dispatcher, call)

    knows(world, follows).text(f"{call.code} ok {WORD}")
    world.wait(seconds=5)
    for told in (row(dispatcher, call), page(dispatcher, call)):
        assert f"TELL 4A12 {MORE}" in told, "the alarm of whom they know to come is another"
        assert "Mobile 2 (clinician) BY RADIO" not in told
    assert "Written down: 4A12 was told by radio." in press_told(dispatcher, call)
    assert "BY RADIO" not in row(dispatcher, call)


def test_who_waits_near_beside_whoever_is_forced_there_is_not_told_by_radio(
    world: World, dispatcher: Browser
) -> None:
    clinician, _, call = forced(world)
    beside = follow(world, dispatcher, call, "Mobile 2")
    assert f"TELL Mobile 2 (clinician) {THERE}" in row(dispatcher, call)
    for phone in (clinician, beside):
        phone.text(f"{call.code} STAGED")
    assert "BY RADIO" not in row(dispatcher, call)


def test_a_unit_that_cad_has_is_told_until_somebody_says_so_unless_it_may_be_there(
    world: World, dispatcher: Browser
) -> None:
    clinician, _, call = forced(world)
    hand_over(world, dispatcher, call, "4A12")
    desks = dispatcher, world.client("supervisor")
    for desk in desks:
        for told in (row(desk, call), page(desk, call)):
            assert f"TELL 4A12 {THERE}" in told
    clinician.text(f"{call.code} SCENE")
    clinician.text(f"{call.code} CLEAR")
    assert f"TELL 4A12 {THERE}" in row(dispatcher, call), "forced to say that they are done"
    assert "Written down: 4A12 was told by radio." in press_told(dispatcher, call)
    for desk in desks:
        assert "BY RADIO" not in row(desk, call) + page(desk, call).split("Timeline")[0]
    assert "4A12 is told by radio of the silent alarm." in page(dispatcher, call)


def test_a_unit_that_was_sent_before_the_alarm_may_be_there(
    world: World, dispatcher: Browser
) -> None:
    clinician, _ = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    clinician.text(f"{call.code} 1")
    hand_over(world, dispatcher, call, "4A12")
    world.wait(seconds=5)
    knows(world, clinician).text(f"{call.code} ok {WORD}")
    world.wait(seconds=5)
    assert "SILENT ALARM" in row(dispatcher, call)
    assert "4A12 BY RADIO" not in row(dispatcher, call)


def test_another_call_of_whoever_is_forced_is_marked_and_above_what_is_calm(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 1", calls_at_once=2)
    first, second = world.call(CALM, location="Pier 3"), world.call(CALM, location="Quay 9")
    for one in (first, second):
        phone.text(f"{one.code} 1")
    loud = world.call({"problem_type": "medical", "consciousness": "alert"})
    knows(world, phone).text(f"{first.code} ok {WORD}")
    world.wait(seconds=5)
    mark = "SILENT ALARM on another call of Mobile 1"
    assert mark in row(dispatcher, second)
    assert mark in page(dispatcher, second)
    assert mark not in row(dispatcher, first) + row(dispatcher, loud)
    assert order(dispatcher) == [first.reference, loud.reference, second.reference]

    follow(world, dispatcher, second, "CIT 2", "co_responder")
    assert "TELL CIT 2 (officer) BY RADIO" in row(dispatcher, second)
    assert order(dispatcher) == [first.reference, second.reference, loud.reference]
    press_told(dispatcher, second)
    assert mark in row(dispatcher, second)
    press(dispatcher, world, AlarmKind.DURESS, "take", "over")
    assert "SILENT ALARM" not in row(dispatcher, second) + page(dispatcher, second)[:2000]
