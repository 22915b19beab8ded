"""A clinician's telephone, on a network that comes and goes, in front of a service that dies."""

import re

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from tests.browser.conftest import Served, wait_until_ready
from tests.browser.test_every_page import AXE, AXE_RUN, WCAG, axe
from tests.browser.test_journey import sign_in
from tests.browser.test_reachability_page import NO_SIDEWAYS
from tests.stories.test_calls import CALM
from tests.stories.test_visits import signs_in
from tests.world import PASSWORD
from triage.services import people
from triage.storage.messages import Message
from triage.storage.people import Account
from triage.storage.safety import Alarm

__all__ = ["axe"]

SMALLEST_BUTTON = """Math.min(...[...document.querySelectorAll("#call-mine button")]
    .map((one) => one.getBoundingClientRect()).flatMap((box) => [box.width, box.height]))"""


PRESSED_AS_IT_COMES = """new MutationObserver((_, watch) => {
    const button = document.querySelector('#call-mine [data-focus="on_scene"]');
    if (button) { watch.disconnect(); button.click(); }
}).observe(document.body, { childList: true, subtree: true })"""
"""A finger that is on its way to what stood there before."""


def at_rest(page: Page) -> None:
    """Buttons that have just come do not act."""
    page.wait_for_timeout(1500)


def link_of(served: Served, page: Page, code: str = "") -> str:
    """In the text about the call of this code, or in any."""
    for _ in range(100):
        with served.world.context.reading() as uow:
            for text in uow.session.scalars(select(Message)):
                found = re.search(r"/p/\w{11}", text.body or "")
                if found and code in text.body:
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
    page.get_by_role("button", name="Open the page").focus()
    page.keyboard.press("Enter")
    accept = page.get_by_role("button", name="Accept, I arrive in 10 min")
    expect(accept).to_be_visible()
    assert page.evaluate(SMALLEST_BUTTON) >= 44

    told = page.get_by_role("status")
    page.wait_for_load_state()  # its programs are there
    page.context.set_offline(True)
    accept.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(told).to_contain_text("Not sent yet: no network.")
    expect(told.get_by_role("listitem")).to_have_count(1)
    assert page.evaluate(NO_SIDEWAYS)
    page.evaluate(PRESSED_AS_IT_COMES)
    page.context.set_offline(False)
    expect(told).to_contain_text(re.compile(r"Sent \d\d:\d\d:\d\d\. You have accepted"))
    expect(page.locator("#call-mine")).to_contain_text("On the way")
    on_scene = page.get_by_role("button", name="On scene")
    expect(on_scene).to_have_attribute("data-mark", re.compile("Not taken.*Press again"))
    at_rest(page)
    assert world.audited("slot.on_scene") == 0

    def dies_before_it_answers(route: Route) -> None:
        route.fetch()
        served.kill("web")
        route.abort()

    page.route("**/p/call/*/mine", dies_before_it_answers, times=1)
    on_scene.click()
    expect(told).to_contain_text("On scene: Not sent yet")
    served.start("web", *served.serve)
    wait_until_ready(int(served.base_url.rpartition(":")[2]), served.logs / "web.log")
    expect(told).to_contain_text(re.compile(r"Sent \d\d:\d\d:\d\d\. You: on scene\."))
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert world.audited("page.accepted") == 1
    assert world.audited("slot.on_scene") == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_not_done_is_told_of_until_something_is(served: Served, page: Page) -> None:
    world = served.world
    world.team("Mobile 9")
    world.call(CALM)
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(link_of(served, page))
    page.get_by_role("button", name="Open the page").click()
    page.wait_for_load_state()
    told, minutes = page.get_by_role("status"), page.get_by_label("Other minutes until you arrive")
    other = page.get_by_role("button", name="Accept with these minutes")
    minutes.fill("-5")
    other.click()
    expect(told).to_contain_text("Minutes until arrival: a number from 1 to 600.")
    expect(minutes).to_have_value("-5")
    expect(other).to_have_attribute("data-mark", "Not done")
    assert page.evaluate(NO_SIDEWAYS)
    at_rest(page)

    page.get_by_role("button", name="Accept, I arrive in 10 min").click()
    expect(told).to_contain_text("You have accepted")
    expect(told).not_to_contain_text("1 to 600")
    tell = page.get_by_role("button", name="Tell dispatch")
    expect(tell).to_be_visible()
    assert tell.get_attribute("data-mark") is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_page_stays_with_its_call_beside_another_link(served: Served, page: Page) -> None:
    world = served.world
    world.team("Mobile 9", calls_at_once=2)
    calls = [world.call(CALM) for _ in range(2)]
    tabs = [page, page.context.new_page()]
    for tab, call in zip(tabs, calls, strict=True):
        tab.goto(link_of(served, tab, call.code))
        tab.get_by_role("button", name="Open the page").click()
        tab.wait_for_url("**/p/call/*")
        tab.get_by_role("button", name="Accept", exact=True).click()
        expect(tab.get_by_role("status")).to_contain_text("You have accepted")

    at_rest(page)  # and looks more than once for what is new
    expect(page).to_have_title(re.compile(calls[0].code))
    expect(page.locator("#call-head")).to_contain_text(calls[0].code)
    page.context.set_offline(True)
    page.get_by_role("button", name="I need help").click()
    expect(page.get_by_role("status")).to_contain_text("I need help: NOT SENT YET")
    page.context.set_offline(False)
    expect(page.get_by_role("status")).to_contain_text("ALARM RAISED")
    with world.context.reading() as uow:
        assert [one.call_id for one in uow.session.scalars(select(Alarm))] == [calls[0].id]
    expect(page.locator("#call-mine")).to_contain_text("rings at dispatch")
    expect(tabs[1].locator("#call-head")).to_contain_text(calls[1].code)
    expect(tabs[1].locator("#call-mine")).not_to_contain_text("rings at dispatch")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_pressed_when_the_sign_in_has_ended_waits_and_is_sent_once(
    axe: None, served: Served, page: Page
) -> None:
    world = served.world
    (clinician,) = world.team("Mobile 9")
    signs_in(world, clinician, "test-clinician")
    call = world.call(CALM)
    page.set_viewport_size({"width": 320, "height": 568})
    page.add_init_script(path=AXE)
    sign_in(served, page, "clinician")
    page.goto(f"{served.base_url}/calls/{call.reference}")
    told, again = page.locator(".own-sent"), page.locator("#sign-in-again")
    accept = page.get_by_role("button", name="Accept, I arrive in 10 min")
    expect(accept).to_be_visible()

    signs_out(served)
    accept.focus()
    page.keyboard.press("Enter")
    expect(told).to_contain_text("Not sent yet: you are signed out.")
    expect(again.get_by_label("Password")).to_be_focused()
    page.keyboard.type("not my password")
    page.keyboard.press("Enter")
    expect(again.get_by_role("alert")).to_contain_text("do not open an account just now")
    assert page.evaluate(NO_SIDEWAYS)
    assert page.evaluate(AXE_RUN, WCAG)["violations"] == []
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(told).to_contain_text(re.compile(r"Sent \d\d:\d\d:\d\d\. You have accepted"))
    expect(again).to_be_hidden()

    on_scene = page.get_by_role("button", name="On scene")
    expect(on_scene).to_be_visible()
    at_rest(page)
    signs_out(served)
    on_scene.click()
    expect(told).to_contain_text("On scene: Not sent yet: you are signed out.")
    page.get_by_role("button", name="I need help").click()
    expect(told).to_contain_text("I need help: NOT SENT: you are signed out. Use your radio")
    with page.expect_popup() as opened:
        again.get_by_role("link", name="Sign in in another tab").click()
    other = opened.value
    other.get_by_label("User name").fill("test-clinician")
    other.get_by_label("Password").fill(PASSWORD)
    other.keyboard.press("Enter")
    expect(told).to_contain_text("ALARM RAISED: dispatch is told")
    expect(told).to_contain_text(re.compile(r"Sent \d\d:\d\d:\d\d\. You: on scene"))
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    done = [world.audited(it) for it in ("page.accepted", "slot.on_scene", "alarm.raised")]
    assert done == [1, 1, 1]


def signs_out(served: Served) -> None:
    """The sign-in of everybody ends, as it does by itself after some hours."""
    with served.world.context.unit_of_work("test") as uow:
        for account in uow.session.scalars(select(Account)):
            people.sign_out_everywhere(uow, account)
