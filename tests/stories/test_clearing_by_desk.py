"""The desk writes down that somebody has cleared, or takes somebody off a call on which one of the
teams needs help."""

from __future__ import annotations

import pytest

from tests.stories.test_call_page import act
from tests.stories.test_calls import CALM, add, state
from tests.stories.test_cancellations import WISH
from tests.stories.test_changes_in_alarm import KEPT, Forced, words
from tests.stories.test_closing_in_alarm import line
from tests.stories.test_hushed_teams import press
from tests.world import Browser, Phone, World
from triage.domain.alarms import AlarmKind
from triage.services import by_radio
from triage.storage.calls import Call

NEEDS = "CIT 1 (clinician) NEEDS HELP on this call, and that alarm is not over."
ASKS = "Confirm that it is to be done all the same."
NEVER = "Mobile 1 was not there, so there is nothing to clear."
YES = {"confirmed": "yes"}


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def places(world: World, call: Call) -> list[str]:
    return [slot.state.value for one in world.dispatches(call) for slot in one.slots]


def in_need(world: World) -> tuple[Phone, Phone, Call]:
    """The clinician is there and needs help; her officer comes, who alone is to back her up."""
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    for phone, said in (
        (clinician, "1"),
        (officer, "1"),
        (clinician, "SCENE"),
        (officer, "ETA 11"),
    ):
        phone.text(f"{call.code} {said}")
    clinician.text(f"{call.code} ASSIST")
    world.wait(seconds=5)
    world.ignores_texts("what is texted beside the clearing is told elsewhere")
    return clinician, officer, call


@pytest.mark.parametrize("there", ["", "SCENE"])
def test_nobody_is_cleared_who_would_read_it_while_forced(
    world: World, dispatcher: Browser, there: str
) -> None:
    forced = Forced(world, *([there] if there else []))
    before = forced.slots()
    said, asks = line(dispatcher, f"clear {forced.call.code} cit1")
    assert KEPT in said
    assert not asks
    assert KEPT in act(dispatcher, forced.call, "/progress", {"to": "cleared", **YES})
    assert forced.slots() == before
    forced.read_nothing_new()

    press(dispatcher, world, AlarmKind.DURESS, "take", "over")
    said, _ = line(dispatcher, f"clear {forced.call.code} cit1")
    assert KEPT not in said


def test_while_somebody_needs_help_the_desk_is_asked_once_before_it_clears(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer, call = in_need(world)
    said, asks = line(dispatcher, f"clear {call.code} cit1")
    assert NEEDS in said
    assert ASKS in said
    assert asks
    assert NEEDS in act(dispatcher, call, "/progress", {"to": "cleared"})
    assert places(world, call) == ["on_scene", "en_route"]
    page = words(dispatcher, f"/calls/{call.reference}")
    assert "Officer still needed?" not in page

    press(dispatcher, world, AlarmKind.HELP, "take")
    assert NEEDS in line(dispatcher, f"clear {call.code} cit1")[0], "taken is not over"
    said, _ = line(dispatcher, f"clear {call.code} cit1", **YES)
    assert "CIT 1 cleared. Officer still needed? Answer on its page." in said
    assert places(world, call) == ["cleared", "en_route"], "her backup comes until it is answered"
    world.settle()
    assert "dispatch has written down that you have cleared" in clinician.inbox[-1]
    assert "your clinician has cleared and left" in officer.inbox[-1]

    told = act(dispatcher, call, "/rest", {"answer": "not_needed"})
    assert NEEDS in told
    assert "do it all the same" in told
    act(dispatcher, call, "/rest", {"answer": "not_needed", **YES})
    assert places(world, call) == ["cleared", "cancelled"]
    world.settle()
    assert "Stand down, not needed any more" in officer.inbox[-1]


def test_nothing_else_is_called_off_or_closed_unasked_meanwhile(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer, call = in_need(world)
    add(world, call, weapon="accessible", violence_now="physical")
    act(dispatcher, call, "/send", {})
    police = world.dispatch(call, "police")
    path = f"/calls/{call.reference}"
    to, form = f"{path}/dispatches/{police.id}/cancel", {"reason": "not_needed"}
    refused = dispatcher.submit(path, form, to=to)
    assert refused.status_code == 422
    assert "NEEDS HELP on this call" in refused.text
    assert "do it all the same" in refused.text
    assert world.dispatch(call, "police").state.value == "hand_over"
    dispatcher.submit(path, {**form, **YES}, to=to)
    assert world.dispatch(call, "police").state.value == "cancelled"

    clinician.text(f"{call.code} CLEAR")
    assert places(world, call)[0] == "cleared", "whoever clears themselves is asked nothing"
    said, asks = line(dispatcher, f"drop {call.code} not_needed")
    assert NEEDS in said
    assert asks
    officer.text(f"{call.code} CLEAR")
    said, asks = line(dispatcher, f"end {call.code} linked")
    assert NEEDS in said
    assert asks
    told = act(dispatcher, call, "/close", {"disposition": "linked_to_care"})
    assert NEEDS in told
    assert "do it all the same" in told
    assert state(world, call) == "open"
    act(dispatcher, call, "/close", {"disposition": "linked_to_care", **YES})
    assert state(world, call) == "closed"


def test_nobody_agrees_meanwhile_that_nobody_need_come(world: World, dispatcher: Browser) -> None:
    clinician, _ = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    world.ignores_texts("what the desk may end matters here")
    for said in ("1", "ASSIST"):
        clinician.text(f"{call.code} {said}")
    told = act(dispatcher, call, "/never-mind", WISH)
    assert NEEDS in told
    assert "Until the alarm is over nobody can agree to cancel it." in told


def test_who_was_never_there_is_called_off_and_not_cleared(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("Mobile 1")
    call = world.call(CALM)
    world.ignores_texts("what the desk may end matters here")
    for way in ("1", "GO"):
        phone.text(f"{call.code} {way}")
        said, asks = line(dispatcher, f"clear {call.code} mobile1", **YES)
        assert f"{NEVER} If they were, write that down first: there {call.code}." in said
        assert f"drop {call.code} not_needed" in said
        assert not asks
        assert NEVER in act(dispatcher, call, "/progress", {"to": "cleared"})
    assert places(world, call) == ["en_route"]
    assert "has to agree" in line(dispatcher, f"end {call.code} refused_help")[0]

    line(dispatcher, f"there {call.code} mobile1")
    assert "Mobile 1 cleared." in line(dispatcher, f"clear {call.code} mobile1")[0]
    world.settle()
    assert "dispatch has written down that you have cleared" in phone.inbox[-1]


def test_a_unit_in_cad_was_not_there_either_until_somebody_says_so(
    world: World, dispatcher: Browser
) -> None:
    call = world.call({"problem_type": "medical", "consciousness": "alert", "breathing": "normal"})
    world.ignores_texts("what the desk may end matters here")
    line(dispatcher, f"cad {call.code} 4A12 26-1")
    said, _ = line(dispatcher, f"clear {call.code} 4A12")
    assert "4A12 was not there" in said
    line(dispatcher, f"there {call.code} 4A12")
    assert "4A12 cleared." in line(dispatcher, f"clear {call.code} 4A12")[0]


def test_one_of_a_team_who_is_not_wanted_beside_the_other_is_told_so(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"})
    world.ignores_texts("only what the officer is told at last matters here")
    for phone, said in ((clinician, "1"), (clinician, "SCENE"), (officer, "1")):
        phone.text(f"{call.code} {said}")
    path, slot = f"/calls/{call.reference}", world.dispatches(call)[0].slots[1]
    dispatcher.submit(path, {"to": "cleared"}, to=f"{path}/slots/{slot.id}/progress")
    world.settle()
    assert "Stand down, not needed any more" in officer.inbox[-1]
    assert f"{call.code}: your officer does not come any more." in clinician.inbox[-1]


def test_who_has_stopped_our_texts_is_to_be_told_by_radio(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    world.ignores_texts("what the desk is told matters here")
    for phone, said in ((clinician, "1"), (officer, "1"), (clinician, "SCENE")):
        phone.text(f"{call.code} {said}")
    clinician.text(f"{call.code} CLEAR")
    officer.text("STOP")
    said, _ = line(dispatcher, f"drop {call.code} not_needed")
    assert "TELL CIT 1 BY RADIO that they need not come: nothing here tells them." in said
    with world.context.reading() as uow:
        (task,) = by_radio.to_stand_down(uow)
    assert task.details["units"] == ["CIT 1"]


def test_nor_while_somebody_does_not_answer_whether_all_is_well(
    world: World, dispatcher: Browser
) -> None:
    clinician, officer = world.pair("CIT 1")
    call = world.call({**CALM, "weapon": "accessible"}, location="Pier 3")
    for phone, said in ((clinician, "1"), (officer, "1"), (clinician, "SCENE"), (officer, "SCENE")):
        phone.text(f"{call.code} {said}")
    world.ignores_texts("what they are asked is told elsewhere")
    for minutes in (20.1, 2.1, 2.1):  # until they are asked, asked again, and are silent
        world.wait(seconds=60 * minutes)
    silent = "DOES NOT ANSWER whether all is well on this call, and that alarm is not over."
    said, asks = line(dispatcher, f"clear {call.code} cit1")
    assert f"CIT 1 (clinician), CIT 1 (officer) {silent}" in said
    assert asks
    assert places(world, call) == ["on_scene", "on_scene"]

    officer.text(f"{call.code} OK")
    assert silent in line(dispatcher, f"clear {call.code} cit1")[0], "a text may be another's"
    line(dispatcher, f"clear {call.code} cit1", **YES)
    assert places(world, call) == ["cleared", "cleared"]


def test_nor_is_it_written_down_unasked_that_somebody_had_to_leave(
    world: World, dispatcher: Browser
) -> None:
    _, _, call = in_need(world)
    told = act(dispatcher, call, "/relief", {"act": "withdraw"})
    assert NEEDS in told
    assert "do it all the same" in told
    assert places(world, call) == ["on_scene", "en_route"]

    told = act(dispatcher, call, "/relief", {"act": "withdraw", **YES})
    assert "CIT 1 has left, it was not safe." in told
    assert "withdrawn" in places(world, call)


def test_nor_is_a_relief_given_by_hand_that_releases_somebody(
    world: World, dispatcher: Browser
) -> None:
    clinician, _, call = in_need(world)
    clinician.text(f"{call.code} REPLACE")
    world.settle()
    path, slots = f"/calls/{call.reference}", world.dispatches(call)[0].slots
    (relief,) = (slot for slot in slots if slot.replaces_id is not None)
    form, to = {"unit": "Medic 4"}, f"{path}/slots/{relief.id}/assign"
    refused = dispatcher.submit(path, form, to=to)
    assert refused.status_code == 422
    assert "NEEDS HELP on this call" in refused.text
    assert "do it all the same" in refused.text
    said, asks = line(dispatcher, f"radio {call.code} clinician Medic 4")
    assert NEEDS in said
    assert asks
    assert "on_scene" in places(world, call)

    dispatcher.submit(path, {**form, **YES}, to=to)
    assert "replaced" in places(world, call)
    assert "on_scene" not in places(world, call)
