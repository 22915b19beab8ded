"""Who may not be reached stands on the board by itself; the pages around it fit any screen."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import sign_in
from tests.stories.test_calls import CALM
from tests.stories.test_reachability import recruit, roster

NO_SIDEWAYS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


def test_a_stop_is_seen_on_an_open_board_and_every_page_fits(served: Served, page: Page) -> None:
    world = served.world
    late = recruit(world, "CIT 1", seen=False)
    roster(world, late, 0, 480)
    phone = recruit(world, "Mobile 2")
    roster(world, phone, 0, 480)
    phone.text("ready")
    call = world.call(CALM)
    phone.text(f"{call.code} 1")

    sign_in(served, page, "supervisor")
    page.goto(f"{served.base_url}/board")
    board = page.locator("main")
    expect(board).to_contain_text("1 person on duty now or soon may not be reached by text")
    expect(board).not_to_contain_text("by radio")
    phone.text("STOP")
    expect(board).to_contain_text(f"Mobile 2 (clinician) on {call.code}: texted a stop word")
    page.get_by_role("link", name="Who, and what to do").click()
    expect(page.get_by_role("region", name="May not be reached by text")).to_be_in_viewport()

    page.goto(f"{served.base_url}/teams/tests")
    page.get_by_role("button", name="Test everybody now").click()
    expect(page.locator("main")).to_contain_text("number not verified")
    for width in (1440, 320):
        page.set_viewport_size({"width": width, "height": 900})
        for place in ("/board", "/teams", "/teams/tests"):
            page.goto(served.base_url + place)
            assert page.evaluate(NO_SIDEWAYS), (place, width)
        page.goto(f"{served.base_url}/teams")
        page.get_by_role("link", name="Change CIT 1").click()
        page.get_by_text("New number").first.click()
        expect(page.get_by_label("New telephone of")).to_be_visible()
        assert page.evaluate(NO_SIDEWAYS), width
