"""A clinician's telephone, on a network that comes and goes, in front of a service that dies."""

import re

from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from tests.browser.conftest import Served, wait_until_ready
from tests.browser.test_reachability_page import NO_SIDEWAYS
from tests.stories.test_calls import CALM
from triage.storage.messages import Message

SMALLEST_BUTTON = """Math.min(...[...document.querySelectorAll("#call-mine button")]
    .map((one) => one.getBoundingClientRect()).flatMap((box) => [box.width, box.height]))"""


def link_of(served: Served, page: Page) -> str:
    for _ in range(100):
        with served.world.context.reading() as uow:
            for text in uow.session.scalars(select(Message)):
                if found := re.search(r"/p/\w{11}", text.body or ""):
                    return served.base_url + found[0]
        page.wait_for_timeout(50)
    raise AssertionError("no text with a link")


def test_what_is_pressed_arrives_once_and_says_so(served: Served, page: Page) -> None:
    world = served.world
    world.team("Mobile 9")
    world.call(CALM)
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(link_of(served, page))
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Open").focus()
    page.keyboard.press("Enter")
    accept = page.get_by_role("button", name="Accept, I arrive in 10 min")
    expect(accept).to_be_visible()
    assert page.evaluate(SMALLEST_BUTTON) >= 44

    told = page.get_by_role("status")
    page.context.set_offline(True)
    accept.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(told).to_contain_text("Not sent yet: no network.")
    expect(told.get_by_role("listitem")).to_have_count(1)
    assert page.evaluate(NO_SIDEWAYS)
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.context.set_offline(False)
    expect(told).to_contain_text(re.compile(r"Sent \d\d:\d\d:\d\d\. You have accepted"))
    expect(page.locator("#call-mine")).to_contain_text("On the way")

    def dies_before_it_answers(route: Route) -> None:
        route.fetch()
        served.kill("web")
        route.abort()

    page.route("**/p/call/mine", dies_before_it_answers, times=1)
    page.get_by_role("button", name="On scene").click()
    expect(told).to_contain_text("On scene: Not sent yet")
    served.start("web", *served.serve)
    wait_until_ready(int(served.base_url.rpartition(":")[2]), served.logs / "web.log")
    expect(told).to_contain_text(re.compile(r"Sent \d\d:\d\d:\d\d\. You: on scene\."))
    assert world.audited("page.accepted") == 1
    assert world.audited("slot.on_scene") == 1
