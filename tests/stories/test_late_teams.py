"""A team that should be there and is not: the desk is set to ask what keeps it."""

from __future__ import annotations

import re

import pytest

from tests.stories.test_board import row
from tests.stories.test_calls import CALM
from tests.world import Browser, Phone, World
from triage.storage.calls import Call


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def coming(world: World, said: str = "1 ETA 10") -> tuple[Phone, Call]:
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    phone.text(f"{call.code} {said}")
    phone.ignores("being asked whether all is well")
    return phone, call


def task(browser: Browser, call: Call) -> str:
    page = browser.get(f"/calls/{call.reference}").get_data(as_text=True)
    found = re.search(r'<div id="call-errands".*?</div>\n', page, re.DOTALL)
    assert found
    whole = page[found.start() : page.index("asked-why") + 2000] if "asked-why" in page else ""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", whole))


def ask(world: World, browser: Browser, call: Call, minutes: str = "") -> str:
    (slot,) = world.dispatch(call, "mobile_crisis").slots
    path = f"/calls/{call.reference}"
    sent = {"minutes": minutes}
    done = browser.submit(path, sent, to=f"{path}/slots/{slot.id}/asked-why", follow=True)
    return str(done.get_data(as_text=True))


def test_who_said_a_time_and_is_not_there_is_asked_what_keeps_them(
    world: World, dispatcher: Browser
) -> None:
    _, call = coming(world)
    world.wait(minutes=9)
    assert "what keeps them" not in row(dispatcher, call)

    world.wait(minutes=2)
    assert "Ask Mobile 9 (clinician) what keeps them" in row(dispatcher, call)
    told = task(dispatcher, call)
    assert "Mobile 9 should have been there" in told
    assert "Ask by radio or telephone, then tell the caller." in told

    told = ask(world, dispatcher, call)
    assert "Written down: Mobile 9 was asked what keeps them. Tell the caller." in told
    assert "Mobile 9 (clinician) was asked what keeps them." in told
    assert "what keeps them" not in row(dispatcher, call)
    assert "Nothing was changed: somebody has asked them already" in ask(world, dispatcher, call)

    world.wait(minutes=11)
    assert "Ask Mobile 9 (clinician) what keeps them" in row(dispatcher, call), "still not there"
    assert "Mobile 9 arrives in 15 min." in ask(world, dispatcher, call, "15")
    world.wait(minutes=13)
    assert "what keeps them" not in row(dispatcher, call)
    world.wait(minutes=3)
    assert "what keeps them" in row(dispatcher, call)


def test_nobody_asks_and_the_row_is_red_until_the_team_says_something(
    world: World, dispatcher: Browser
) -> None:
    phone, call = coming(world)
    world.wait(minutes=11)
    world.wait(minutes=5)
    assert "ASK Mobile 9 (clinician) WHAT KEEPS THEM: not there yet" in row(dispatcher, call)
    page = dispatcher.get(f"/calls/{call.reference}").get_data(as_text=True)
    assert "Nobody has asked yet what keeps them." in page

    phone.text(f"{call.code} ETA 10")
    assert "WHAT KEEPS THEM" not in row(dispatcher, call)
    world.wait(minutes=11)
    phone.text(f"{call.code} SCENE")
    world.wait(minutes=30)
    assert "what keeps them" not in row(dispatcher, call).lower()


def test_who_says_no_time_has_the_levels(world: World, dispatcher: Browser) -> None:
    _, call = coming(world, "1")
    world.wait(minutes=59)
    assert "what keeps them" not in row(dispatcher, call)
    world.wait(minutes=2)
    assert "Ask Mobile 9 (clinician) what keeps them" in row(dispatcher, call)


def test_who_accepts_when_the_time_is_over_is_not_late_at_once(
    world: World, dispatcher: Browser
) -> None:
    world.ignores_texts("the desk alone matters")
    (phone,) = world.team("Mobile 9")
    call = world.call(CALM)
    phone.text(f"{call.code} 2")
    world.wait(minutes=90)
    phone.text(f"{call.code} 1")
    assert world.dispatch(call, "mobile_crisis").state.value == "accepted"
    assert "what keeps them" not in row(dispatcher, call)
    world.wait(minutes=11)
    assert "what keeps them" in row(dispatcher, call)
