"""Where a silent alarm stands the command line closes a call only after a box is ticked."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_alarms import picture
from tests.browser.test_journey import sign_in
from tests.stories.test_calls import CALM, state
from tests.stories.test_duress import WORD, knows


@pytest.mark.parametrize("width", [1440, 320])
def test_the_command_line_asks_before_it_closes_it(served: Served, page: Page, width: int) -> None:
    world = served.world
    (phone,) = world.team("CIT 1")
    knows(world, phone)
    call = world.call(CALM, location="Pier 3")
    for number, said in enumerate(("1", "SCENE", f"CLEAR {WORD}")):
        world.receive(f"IN{number}", phone.number, f"{call.code} {said}")
    page.set_viewport_size({"width": width, "height": 800})
    sign_in(served, page)
    page.goto(f"{served.base_url}/calls/{call.reference}")
    page.evaluate(
        "for (const id of ['otherwise', 'closing']) document.getElementById(id).open = true"
    )
    page.locator("#closing").scroll_into_view_if_needed()
    picture(page, f"closing-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    line, box = page.locator("#command"), page.locator("#command-bar [name=confirmed]")
    expect(box).to_be_hidden()
    line.fill(f"end {call.code} linked")
    line.press("Enter")
    expect(page.locator("[data-said]")).to_contain_text(
        "A silent alarm of CIT 1 (clinician) stands"
    )
    expect(box).to_be_visible()
    picture(page, f"closing-line-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    line.press("End")
    line.press("a")  # another command has nothing confirmed
    expect(box).to_be_hidden()
    line.press("Backspace")
    line.press("Enter")
    expect(box).to_be_visible()
    assert state(world, call) == "open"

    box.check()
    line.press("Enter")
    expect(page.locator("[data-said]")).to_contain_text("closed: Linked to care")
    expect(box).to_be_hidden()
    assert state(world, call) == "closed"
