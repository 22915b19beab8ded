"""Whoever goes through a page with Tab sees where they are: nothing that stays in sight covers
the focus wholly (WCAG 2.2, 2.4.11), in the busy hour and on a small screen."""

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import sign_in
from tests.browser.test_phone_page import link_of
from tests.stories.test_calls import CALM
from tests.world import World
from triage.storage.calls import Call

MOST = 250
IN_SIGHT = """async () => {
    for (const _ of "12") await new Promise(requestAnimationFrame);
    const at = document.activeElement;
    if (at === document.body) return "";
    const seen = [...at.getClientRects()].some((box) => {
        for (const x of [0.03, 0.2, 0.5, 0.8, 0.97]) for (const y of [0.06, 0.3, 0.5, 0.7, 0.94]) {
            const found = document.elementFromPoint(
                box.left + box.width * x, box.top + box.height * y);
            if (found && at.contains(found)) return true;
        }
        return false;
    });
    if (at.dataset.walked) return "again";
    at.dataset.walked = "1";
    return seen ? "seen" : "hidden: " + at.outerHTML.slice(0, 160);
}"""
"""What has the focus, if it is wholly covered or off the screen; whether it had it before."""
WHOLLY = """() => {
    const at = document.activeElement, box = at.getBoundingClientRect();
    const here = (y) => document.elementFromPoint(box.left + 9, y) === at;
    return here(box.top + 3) && here(box.bottom - 3);
}"""
FIRST_IN_TOP = "document.querySelector('#board-first').firstElementChild.id"
AFRESH = "document.querySelectorAll('[data-walked]').forEach((one) => delete one.dataset.walked)"


def hidden_stops(page: Page) -> list[str]:
    """The Tab stops of the page that are wholly hidden, forwards and backwards."""
    hidden = []
    for key in ("Tab", "Shift+Tab"):
        page.evaluate(f"document.activeElement.blur(); {AFRESH}")
        stops = 0
        while stops < MOST:
            page.keyboard.press(key)
            told = page.evaluate(IN_SIGHT)
            if told == "again":
                break
            stops += 1
            if told.startswith("hidden"):
                hidden.append(f"{key}: {told}")
        assert 5 < stops < MOST
    return hidden


def busy(world: World) -> Call:
    """Four alarms, of which one nobody has taken, calls to which nobody comes, and five calls
    that were begun and left. Returns a call that somebody is on."""
    on = None
    for number in range(1, 5):
        (phone,) = world.team(f"Mobile {number}")
        call = world.call(CALM, location="Pier 3, by the crane")
        world.receive(f"IN{number}1", phone.number, f"{call.code} 1")
        world.receive(f"IN{number}2", phone.number, f"{call.code} ASSIST")
        on = on or call
    for _ in range(3):
        world.call({**CALM, "problem_type": "panhandling"}, zone="Harbor")
    desk = world.client("dispatcher")
    for number in range(5):
        fields = {"form_key": str(uuid4()), "location": f"{number} Mill Lane", "edition": "1"}
        desk.submit("/intake", fields, to="/intake/assess")
    assert on
    return on


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_stop_is_wholly_hidden_in_the_busy_hour(served: Served, page: Page) -> None:
    call = busy(served.world)
    sign_in(served, page)
    wrong = []
    for width, height in ((320, 640), (768, 900)):
        page.set_viewport_size({"width": width, "height": height})
        for path in ("/intake", "/board", f"/calls/{call.reference}"):
            page.goto(served.base_url + path)
            page.wait_for_load_state()
            found = hidden_stops(page)
            wrong += [f"{path} at {width} px, {one}" for one in found]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nor_on_the_telephone_of_a_team(served: Served, page: Page) -> None:
    served.world.team("Mobile 9")
    served.world.call(CALM)
    page.goto(link_of(served, page))
    page.get_by_role("button", name="Open the page").click()
    page.get_by_role("button", name="Accept, I arrive in 10 min").click()
    expect(page.get_by_role("button", name="I need help")).to_be_visible()
    for width, height in ((320, 568), (768, 900)):
        page.set_viewport_size({"width": width, "height": height})
        found = hidden_stops(page)
        assert found == [], "\n".join(found)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_alarms_do_not_hide_to_whom_nobody_comes(served: Served, page: Page) -> None:
    busy(served.world)
    sign_in(served, page)
    for width, height in ((768, 1000), (1280, 720)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{served.base_url}/board")
        line = page.locator("#board-nobody")
        expect(line.get_by_role("link")).to_have_count(3)
        expect(line).to_be_in_viewport(ratio=1)
        assert page.evaluate(FIRST_IN_TOP) == "board-nobody"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_new_call_begins_with_the_place_in_sight(served: Served, page: Page) -> None:
    busy(served.world)
    sign_in(served, page)
    for width, height in ((320, 640), (768, 1000), (1440, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{served.base_url}/intake")
        expect(page.locator("#f-location")).to_be_focused()
        page.wait_for_function(WHOLLY)
