"""Whom to tell by radio of a silent alarm, on the board and the call's page, wide and narrow."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_alarms import picture
from tests.browser.test_journey import sign_in
from tests.stories.test_calls import CALM, add
from tests.stories.test_duress import WORD, knows


@pytest.mark.parametrize("width", [1440, 320])
def test_a_unit_of_cad_is_told_and_another_call_is_marked(
    served: Served, page: Page, width: int
) -> None:
    world = served.world
    (phone,) = world.team("Mobile 1", calls_at_once=2)
    knows(world, phone)
    first, second = world.call(CALM, location="Pier 3"), world.call(CALM, location="Quay 9")
    for number, said in enumerate(
        (f"{first.code} 1", f"{second.code} 1", f"{first.code} ok {WORD}")
    ):
        world.receive(f"IN{number}", phone.number, said)
    add(world, first, weapon="accessible", violence_now="physical")
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(served, page)
    page.goto(f"{served.base_url}/calls/{first.reference}")
    page.get_by_role("button", name="Send", exact=False).first.click()
    page.get_by_label("Unit", exact=True).fill("4A12")
    page.get_by_label("CAD number").fill("26-1")
    page.get_by_role("button", name="Confirm", exact=True).click()
    tell = "TELL 4A12 BY RADIO: silent alarm there"
    expect(page.locator("#call-head")).to_contain_text(tell)
    picture(page, f"told-call-{width}")
    panel = page.locator("details[id^=cancel-]").first
    panel.locator("summary").click()
    expect(panel).to_contain_text("This will be refused while the silent alarm stands: Mobile 1")
    picture(page, f"told-cancel-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    panel.get_by_role("link", name="Choose another response").click()
    expect(page.locator("#otherwise")).to_have_attribute("open", "")

    page.goto(f"{served.base_url}/calls/{second.reference}")
    mark = "SILENT ALARM on another call of Mobile 1"
    expect(page.locator("#call-head")).to_contain_text(mark)
    picture(page, f"told-other-call-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.goto(f"{served.base_url}/board")
    row = page.locator(f"#row-{first.reference}")
    expect(row).to_contain_text(tell)
    expect(page.locator(f"#row-{second.reference}")).to_contain_text(mark)
    picture(page, f"told-board-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if width < 600:
        return  # there the row is folded below one line
    row.get_by_role("button", name="They were told of the silent alarm").click()
    expect(page.locator(f"#row-{first.reference}")).not_to_contain_text("BY RADIO")
