"""The line is cut, and the page reloaded or left: what was typed or pressed is there afterwards."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import pytest
from playwright.sync_api import Dialog, Error, Page, expect

from tests.browser.conftest import Served
from tests.browser.line import Line, through_a_line
from tests.browser.test_journey import at_a_call, sign_in
from tests.browser.test_phone_page import at_rest, link_of
from tests.browser.test_signed_out_desk import answered
from tests.browser.test_unsent_words import STORED
from tests.stories.test_calls import CALM, close
from tests.world import PASSWORD
from triage.services import calls
from triage.storage.calls import Call

CUT = "NOT KEPT: the service does not answer"


@pytest.fixture
def line(centre: Served) -> Iterator[Line]:
    with through_a_line(centre.base_url) as line:
        yield line


@pytest.fixture
def asked(page: Page) -> list[str]:
    """What the browser asked before it left a page; whoever sits there leaves."""
    told: list[str] = []

    def leave(dialog: Dialog) -> None:
        told.append(dialog.type)
        with suppress(Error):  # the page is gone already
            dialog.accept()

    page.on("dialog", leave)
    return told


def through(centre: Served, line: Line) -> Served:
    return replace(centre, base_url=line.base_url)


def reload(page: Page, line: Line) -> None:
    """While it is cut, and once it is back."""
    address = page.url
    with pytest.raises(Error):
        page.reload()
    page.wait_for_url("chrome-error://**")
    mend_and_go(page, line, address)


def stored(page: Page) -> str:
    """All that the browser keeps for this tab."""
    found: str = page.evaluate(STORED)
    return found


def mend_and_go(page: Page, line: Line, address: str) -> None:
    line.mend()
    for _ in range(20):  # the browser tries its error page again by itself, and is in the way
        with suppress(Error):
            page.goto(address)
            return
        page.wait_for_timeout(100)


def call_of(centre: Served, page: Page) -> Call:
    with centre.world.context.reading() as uow:
        return calls.by_reference(uow, page.url.rpartition("/")[2])


def begins_a_call(centre: Served, page: Page, line: Line) -> None:
    sign_in(through(centre, line), page)
    page.goto(f"{line.base_url}/intake")
    expect(page.locator("#f-location")).to_be_focused()
    page.keyboard.type("12 Mill Lane")
    expect(page.locator("#kept")).to_contain_text("Kept at")


def test_what_was_typed_at_intake_while_the_line_was_cut_outlives_a_reload(
    centre: Served, page: Page, line: Line, asked: list[str]
) -> None:
    begins_a_call(centre, page, line)
    line.cut()
    page.keyboard.press("Alt+n")
    page.keyboard.type("He cries.")
    page.locator("[data-fact=weapon]").focus()
    page.keyboard.press("3")
    page.locator("#f-third_party_name").evaluate("box => { box.closest('details').open = true; }")
    page.locator("#f-third_party_name").fill("Rosa Paz")
    expect(page.locator("#kept")).to_contain_text(CUT)
    assert "cries" not in stored(page)
    reload(page, line)

    assert "beforeunload" in asked
    expect(page.locator("#f-narrative")).to_have_value("He cries.")
    expect(page.locator("#f-third_party_name")).to_be_visible()
    expect(page.locator("[name='facts.weapon'][value=none_seen]")).to_be_checked()
    expect(page.locator("#kept")).to_contain_text("Kept at")
    page.wait_for_function(f"() => !{STORED}.includes('unsent')")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/calls/*")
    call = call_of(centre, page)
    assert (call.location, call.narrative) == ("12 Mill Lane", "He cries.")
    assert answered(centre, call, "weapon") == "none_seen"


def by_key(page: Page, line: Line) -> None:
    """Reload, as whoever never lets go of the keyboard does."""
    page.wait_for_function(f"() => {STORED}.includes('unsent')")
    page.keyboard.press("F5")
    reload(page, line)


def test_a_reload_by_key_asks_nothing_because_all_comes_back(
    centre: Served, page: Page, line: Line, asked: list[str]
) -> None:
    begins_a_call(centre, page, line)
    line.cut()
    page.keyboard.press("Alt+n")
    page.keyboard.type("He cries.")
    expect(page.locator("#kept")).to_contain_text(CUT)
    by_key(page, line)
    expect(page.locator("#f-narrative")).to_have_value("He cries.")
    expect(page.locator("#kept")).to_contain_text("Kept at")

    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/calls/*")
    call = call_of(centre, page)
    line.cut()
    page.locator("[name='facts.weapon'][value=in_hand]").check(force=True)
    expect(page.locator("#kept")).to_contain_text(CUT)
    by_key(page, line)
    expect(page.locator("#kept")).to_have_text("Kept")
    assert answered(centre, call, "weapon") == "in_hand"
    assert asked == []


def test_what_was_typed_in_another_tab_when_the_form_had_become_a_call_is_added_to_it(
    centre: Served, page: Page, line: Line
) -> None:
    begins_a_call(centre, page, line)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("#kept")).to_contain_text("Kept at")
    page.keyboard.press("Alt+n")
    page.keyboard.type("He cries.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/calls/*")
    call = call_of(centre, page)

    line.cut()
    other.locator("#f-narrative").fill("He cries. He has a knife.")
    other.locator("[name='facts.weapon'][value=in_hand]").check(force=True)
    expect(other.locator("#kept")).to_contain_text(CUT)
    by_key(other, line)
    other.wait_for_url("**/calls/*")
    left = other.get_by_role("alert").filter(
        has_text=f"Typed in this tab and NOT in call {call.code}"
    )
    left.get_by_role("button", name="Look at what was typed").press("Enter")

    expect(other.locator("#elsewhere")).to_contain_text(f"became call {call.code} in another tab")
    expect(other.locator("#f-narrative")).to_have_value("He cries. He has a knife.")
    other.keyboard.press("Control+Enter")
    other.wait_for_url(f"**/calls/{call.reference}")
    expect(other.locator("#call-callers")).to_contain_text("He has a knife.")
    expect(other.locator("#call-callers")).not_to_contain_text("Caller 2")
    assert answered(centre, call, "weapon") == "in_hand"
    other.wait_for_function(f"() => !{STORED}.includes('unsent')")


def test_alt_b_leaves_the_intake_only_once_all_is_kept(
    centre: Served, page: Page, line: Line
) -> None:
    begins_a_call(centre, page, line)
    line.cut()
    page.keyboard.press("Alt+n")
    page.keyboard.type("He cries.")
    page.keyboard.press("Alt+b")
    expect(page.locator("#kept")).to_contain_text(f"You are still on this page. {CUT}")
    page.keyboard.type(" He walks.")

    line.mend()
    page.keyboard.press("Alt+b")
    page.wait_for_url("**/board")
    page.goto(f"{line.base_url}/intake")
    page.get_by_role("link", name="Continue it").first.press("Enter")
    expect(page.locator("#f-narrative")).to_have_value("He cries. He walks.")


def test_a_form_of_which_nothing_was_kept_is_offered_again(
    centre: Served, page: Page, line: Line, asked: list[str]
) -> None:
    sign_in(through(centre, line), page)
    page.goto(f"{line.base_url}/intake")
    expect(page.locator("#f-location")).to_be_focused()
    line.cut()
    page.keyboard.type("12 Mill Lane")
    expect(page.locator("#kept")).to_contain_text(CUT)
    with pytest.raises(Error):
        page.goto(f"{line.base_url}/board")
    page.wait_for_url("chrome-error://**")
    mend_and_go(page, line, f"{line.base_url}/intake")

    assert "beforeunload" in asked
    offered = page.get_by_role("status").filter(has_text="What was typed in this tab is not kept")
    offered.get_by_role("link", name="Continue it").press("Enter")
    expect(page.locator("#f-location")).to_have_value("12 Mill Lane")
    expect(page.locator("#kept")).to_contain_text("Kept at")


def test_words_typed_after_the_sign_in_has_ended_come_back_with_the_next_one(
    centre: Served, page: Page, line: Line, asked: list[str]
) -> None:
    begins_a_call(centre, page, line)
    page.context.clear_cookies()
    page.keyboard.type(", at the back")
    expect(page.locator("#kept")).to_contain_text("NOT KEPT: you are signed out")
    page.reload()
    assert "beforeunload" in asked
    page.locator("[name=username]").fill(centre.world.account("dispatcher"))
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.locator("#f-location")).to_have_value("12 Mill Lane, at the back")
    expect(page.locator("#kept")).to_contain_text("Kept at")


def test_an_answer_on_a_calls_page_outlives_a_reload_while_the_line_is_cut(
    centre: Served, page: Page, line: Line, asked: list[str]
) -> None:
    call = at_a_call(through(centre, line), page)
    line.cut()
    page.locator("[name='facts.injury'][value=minor]").check(force=True)
    expect(page.locator("#kept")).to_contain_text(CUT)
    page.locator("[data-fact=injury]").focus()
    page.keyboard.press("Alt+b")
    expect(page.locator("#kept")).to_contain_text(f"You are still on this page. {CUT}")
    assert "injury" not in stored(page)
    reload(page, line)

    assert "beforeunload" in asked
    expect(page.locator("#kept")).to_have_text("Kept")
    expect(page.locator("[name='facts.injury'][value=minor]")).to_be_checked()
    assert answered(centre, call) == "minor"
    page.wait_for_function(f"() => !{STORED}.includes('unsent')")


def on_the_way(centre: Served, page: Page, line: Line) -> Call:
    """A team's telephone, behind the link of its page."""
    centre.world.team(f"Team {uuid4().hex[:8]}", calls_at_once=9)
    call = centre.world.call(CALM)
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(link_of(centre, page, call.code).replace(centre.base_url, line.base_url))
    page.get_by_role("button", name="Open the page").click()
    page.wait_for_url("**/p/call/*")
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("You have accepted")
    at_rest(page)
    return call


def test_what_was_pressed_on_a_telephone_while_the_line_was_cut_is_sent_after_a_reload(
    centre: Served, page: Page, line: Line, asked: list[str]
) -> None:
    call = on_the_way(centre, page, line)
    before = centre.world.audited("alarm.raised"), centre.world.audited("slot.on_scene")
    line.cut()
    told = page.get_by_role("status")
    page.get_by_role("button", name="On scene").click()
    expect(told).to_contain_text("On scene: Not sent yet")
    page.get_by_role("button", name="I need help").click()
    expect(told).to_contain_text("I need help: NOT SENT YET")
    assert not {"on_scene", "help", call.reference} & set(re.findall(r"[\w-]+", stored(page)))
    reload(page, line)

    expect(told).to_contain_text("I need help: Sent")
    expect(told).to_contain_text(re.compile(r"On scene: Sent \d\d:\d\d:\d\d\. You: on scene\."))
    page.wait_for_function(f"() => !{STORED}.includes('unsent')")
    after = centre.world.audited("alarm.raised"), centre.world.audited("slot.on_scene")
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1]


def test_a_cry_for_help_is_sent_however_old_it_is(
    centre: Served, page: Page, line: Line, asked: list[str]
) -> None:
    on_the_way(centre, page, line)
    before = centre.world.audited("alarm.raised"), centre.world.audited("slot.on_scene")
    line.cut()
    told = page.get_by_role("status")
    page.get_by_role("button", name="On scene").click()
    page.get_by_role("button", name="I need help").click()
    expect(told).to_contain_text("I need help: NOT SENT YET")
    page.add_init_script("const now = Date.now; Date.now = () => now() + 31 * 60 * 1000")
    reload(page, line)

    expect(told).to_contain_text("I need help: Sent")
    expect(told).to_contain_text("On scene: Not sent: it waited for half an hour")
    after = centre.world.audited("alarm.raised"), centre.world.audited("slot.on_scene")
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 0]


def test_what_cannot_be_sent_any_more_is_told(
    centre: Served, page: Page, line: Line, asked: list[str]
) -> None:
    call = on_the_way(centre, page, line)
    line.cut()
    page.get_by_role("button", name="I need help").click()
    expect(page.get_by_role("status")).to_contain_text("I need help: NOT SENT YET")
    close(centre.world, call, "resolved_on_phone")
    reload(page, line)

    expect(page.locator("main")).to_contain_text("Was not sent: I need help")
    expect(page.locator("main")).to_contain_text("The call of this link has ended.")
    page.wait_for_function(f"() => !{STORED}.includes('unsent')")


def test_nothing_of_a_call_is_stored_once_somebody_has_signed_out_in_another_tab(
    centre: Served, page: Page, asked: list[str]
) -> None:
    sign_in(centre, page)
    call = centre.world.call(CALM)
    page.goto(f"{centre.base_url}/calls/{call.reference}")
    words = page.locator("form[action$='/hazards'] [name=text]")
    words.evaluate("box => { box.closest('details').open = true; }")
    words.press_sequentially("He has")
    page.wait_for_function(f"() => {STORED}.includes('unsent')")
    assert call.reference not in stored(page)

    other = page.context.new_page()
    other.goto(f"{centre.base_url}/board")
    other.get_by_role("button", name="Sign out").press("Enter")
    other.wait_for_url("**/sign-in")
    page.bring_to_front()
    words.press_sequentially(" a knife")
    page.wait_for_timeout(500)  # longer than until it is sealed
    assert stored(page) == "[{},{}]"

    sign_in(centre, other)  # as before: the page keeps its words again
    page.bring_to_front()
    page.wait_for_function(f"() => {STORED}.includes('unsent')")
    page.reload()
    assert asked == []
    expect(words).to_have_value("He has a knife")

    other.goto(f"{centre.base_url}/board")
    other.get_by_role("button", name="Sign out").press("Enter")
    other.wait_for_url("**/sign-in")
    other.close()
    page.bring_to_front()
    page.reload()
    assert "beforeunload" in asked
