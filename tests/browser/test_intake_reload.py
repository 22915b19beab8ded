"""A reload in the middle of a word."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import sign_in, the_call

WORDS = ("He cries", " and walks", " to and fro", " on the roof.")


def test_a_reload_right_after_the_last_key_loses_no_word_and_is_no_other_tab(
    served: Served, page: Page
) -> None:
    served.world.team("Mobile 9")
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    expect(page.locator("#f-location")).to_be_focused()
    page.keyboard.type("12 Mill Lane")
    page.reload()  # before anything was kept
    expect(page.locator("#f-location")).to_have_value("12 Mill Lane")
    page.locator("#f-narrative").focus()
    typed = ""
    for more in WORDS:
        page.keyboard.press("Control+End")
        page.keyboard.type(more)
        typed += more
        page.reload()
        expect(page.locator("#f-narrative")).to_have_value(typed)
        expect(page.locator("#kept")).to_contain_text("Kept at")
        expect(page.locator("#f-narrative")).to_be_focused()

    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/calls/*")
    call = the_call(served)
    assert (call.location, call.narrative) == ("12 Mill Lane", typed)


def test_a_last_word_that_does_not_arrive_is_told(served: Served, page: Page) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    page.locator("#f-location").fill("12 Mill Lane")
    expect(page.locator("#kept")).to_contain_text("Kept at")
    page.route("**/intake/assess", lambda route: route.abort())
    page.evaluate("navigator.sendBeacon = () => true")  # lost on its way
    page.locator("#f-narrative").fill("He cries")
    page.reload()

    expect(page.locator("#kept")).to_contain_text(
        "What you typed just before the reload may be missing"
    )
    page.unroute("**/intake/assess")
    page.locator("#f-narrative").fill("He cries again")
    expect(page.locator("#kept")).to_contain_text("Kept at")
