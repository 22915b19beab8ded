"""A call on which a silent alarm stands: it is closed only by somebody who knows, and whoever is on
it or on the way to it is kept."""

from __future__ import annotations

import re
from html import unescape

import pytest

from tests.stories.test_alarms import on_a_call, words
from tests.stories.test_call_page import act, look
from tests.stories.test_calls import CALM, add, state
from tests.stories.test_cancellations import ROUTINE, WISH
from tests.stories.test_duress import WORD, knows
from tests.stories.test_hushed_teams import press
from tests.world import Browser, Phone, World
from triage.domain.alarms import AlarmKind
from triage.storage.calls import Call

DANGER = "A silent alarm of CIT 1 (clinician) stands on this call. Their danger is not over"
ASKS = "Confirm that the call is to be closed all the same."
LINKED = {"disposition": "linked_to_care", "note": "He went with his sister"}


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def forced_to_clear(world: World) -> tuple[Phone, Call]:
    phone, call = on_a_call(world)
    knows(world, phone)
    world.ignores_texts("what the desk may end matters here")
    for said in ("SCENE", f"CLEAR {WORD}"):
        phone.text(f"{call.code} {said}")
    return phone, call


def line(desk: Browser, command: str, **more: str) -> tuple[str, bool]:
    """What the command line answers, and whether it asks to confirm."""
    form = {"command": command, "next": "/board", "csrf_token": desk.csrf("/board"), **more}
    answer = desk.client.post("/command", data=form, headers={"X-Live": "1"})
    assert answer.status_code == 200, answer.text
    return str(answer.json["said"]), bool(answer.json["confirm"])


def test_it_is_closed_by_who_confirms_it_and_the_alarm_stands_and_rings_on(
    world: World, dispatcher: Browser
) -> None:
    _, call = forced_to_clear(world)
    told = act(dispatcher, call, "/close", LINKED)
    assert DANGER in told
    assert ASKS in told
    assert "He went with his sister" in told, "nothing typed is lost"
    assert state(world, call) == "open"

    told = act(dispatcher, call, "/close", {**LINKED, "confirmed": "yes"})
    assert f"Call {call.reference} is closed." in told
    assert "The call is closed, and the silent alarm of CIT 1 (clinician) stands." in told
    record = world.client().client.get(
        f"/api/v1/calls/{call.reference}",
        headers={"Authorization": f"Bearer {world.token('calls:read')}"},
    )
    assert record.status_code == 200
    assert "silent" not in record.text

    rings = len(world.desk.rings)
    world.wait(seconds=61)
    assert len(world.desk.rings) > rings
    for place in ("/board", "/alarms", f"/calls/{call.reference}"):
        assert "somebody may force them" in words(dispatcher, place), place
    press(dispatcher, world, AlarmKind.DURESS, "take")
    assert "somebody may force them" in words(dispatcher, "/board"), "taken is not over"
    press(dispatcher, world, AlarmKind.DURESS, "over")
    assert "somebody may force them" not in words(dispatcher, "/board")


def test_the_command_line_asks_in_the_same_way(world: World, dispatcher: Browser) -> None:
    _, call = forced_to_clear(world)
    typed = f"end {call.code} linked"
    said, asks = line(dispatcher, typed)
    assert DANGER in said
    assert asks
    assert state(world, call) == "open"

    page = dispatcher.submit("/board", {"command": typed, "next": "/board"}, to="/command")
    assert page.status_code == 303
    shown = unescape(dispatcher.get("/board").text)
    assert f'value="{typed}"' in shown, "it stands in the line again"
    assert re.search(r"data-confirm>", shown), "with the box that confirms it"
    assert "data-confirm hidden" in dispatcher.get("/board").text, "and no other"

    said, asks = line(dispatcher, typed, confirmed="yes")
    assert "closed: Linked to care" in said
    assert not asks
    assert state(world, call) == "closed"


def test_police_that_were_sent_are_not_cleared_by_closing_it(
    world: World, dispatcher: Browser
) -> None:
    _, call = forced_to_clear(world)
    add(world, call, weapon="accessible", violence_now="physical")
    act(dispatcher, call, "/send", {})
    act(dispatcher, call, "/handed-over", {"unit": "4A12", "cad_number": "26-1"})

    told = act(dispatcher, call, "/close", {**LINKED, "confirmed": "yes"})
    assert DANGER in told
    kept = told.split("somebody is on it or is to come:")[1].split("Closing it clears")[0]
    assert "4A12" in kept
    said, asks = line(dispatcher, f"end {call.code} linked", confirmed="yes")
    assert DANGER in said
    assert not asks, "nothing is to be confirmed while somebody is there"
    assert world.dispatch(call, "police").state.value == "handed_over"
    assert state(world, call) == "open"

    press(dispatcher, world, AlarmKind.DURESS, "take", "over")
    assert DANGER not in act(dispatcher, call, "/close", LINKED), "now it ends as any other"


def test_never_mind_ends_nothing_of_it(world: World, dispatcher: Browser) -> None:
    phone, call = on_a_call(world)
    world.ignores_texts("what the desk may end matters here")
    assert "has to agree" in act(dispatcher, call, "/never-mind", WISH)
    act(dispatcher, call, "/neighbour", {"neighbour": "Carver County 911"})
    knows(world, phone).text(f"{call.code} ok {WORD}")

    boss = world.client("supervisor")
    told = act(boss, call, "/never-mind/answer", {"answer": "agree"})
    assert DANGER in told
    assert "Until the alarm is over nobody can agree to cancel it." in told
    act(dispatcher, call, "/never-mind/answer", {"answer": "back"})
    told = act(dispatcher, call, "/never-mind", WISH)
    assert DANGER in told
    assert WISH["note"] in told, "nothing typed is lost"
    told = act(dispatcher, call, "/neighbour/answer", {"answer": "accepted", "who": "Lee"})
    assert "so ours go on and it stays open" in told
    (dispatch,) = world.dispatches(call)
    assert [slot.state.value for slot in dispatch.slots] == ["accepted"]
    assert state(world, call) == "open"


def test_a_routine_call_that_nobody_has_any_more_is_cancelled_by_who_confirms_it(
    world: World, dispatcher: Browser
) -> None:
    (phone,) = world.team("CIT 1")
    world.ignores_texts("what the desk may end matters here")
    call = world.call(ROUTINE)
    for said in ("1", "SCENE", f"CLEAR {WORD}"):
        knows(world, phone).text(f"{call.code} {said}")

    told = act(dispatcher, call, "/never-mind", WISH)
    assert DANGER in told
    assert ASKS in told
    assert state(world, call) == "open"
    told = act(dispatcher, call, "/never-mind", {**WISH, "confirmed": "yes"})
    assert "The call was routine and is canceled." in told
    assert state(world, call) == "closed"


def test_while_somebody_who_is_forced_comes_it_is_not_closed_and_a_calm_call_is(
    world: World, dispatcher: Browser
) -> None:
    phone, call = on_a_call(world)
    world.ignores_texts("what the desk may end matters here")
    knows(world, phone).text(f"{call.code} ok {WORD}")
    wrong = {"disposition": "wrong_number", "confirmed": "yes"}
    told = act(dispatcher, call, "/close", wrong)
    assert "The call stays open while the alarm stands" in told
    assert "is to come: CIT 1. Closing it" in told
    assert state(world, call) == "open"

    other = world.call(CALM)
    assert "silent alarm of" not in words(dispatcher, f"/calls/{other.reference}")


def test_a_form_that_comes_back_has_the_alarm_once(world: World, dispatcher: Browser) -> None:
    """As the page does; on all other pages it stands above them."""
    phone, call = on_a_call(world)
    phone.text(f"{call.code} ASSIST")
    world.ignores_texts("who is told of it is beside the point")
    found = re.search(rf'action="([^"]*{call.reference}[^"]*cancel)"', look(dispatcher, call))
    assert found

    back = dispatcher.submit(f"/calls/{call.reference}", {}, to=found[1]).text
    elsewhere = dispatcher.get("/follow-ups").text

    assert "Something has to be mended first" in back
    assert [call.code in one for one in map(_standing, (back, elsewhere))] == [False, True]


def _standing(page: str) -> str:
    return page[page.index('id="standing-lines"') : page.index("<main")]
