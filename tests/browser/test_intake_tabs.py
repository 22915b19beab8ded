"""The same intake form in two tabs of a browser: each says what is kept of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import sign_in, the_call

FIREARM = "There is a firearm in the bedroom."


def in_a_second_tab(served: Served, page: Page) -> Page:
    """A form with a place that stands in two tabs, as it was opened there."""
    served.world.team("Mobile 9")
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    page.locator("#f-location").fill("12 Mill Lane")
    expect(page.locator("#kept")).to_contain_text("Kept at")
    second = page.context.new_page()
    with second.expect_response("**/intake/assess"):  # who only opens it takes nothing over
        second.goto(page.url)
    expect(second.locator("#kept")).to_contain_text("Kept at")
    return second


@contextmanager
def until_kept(page: Page, words: str) -> Iterator[None]:
    """Waits until these words are kept: "Kept at" may still stand there from the words before."""

    def has_the_words(answer: Response) -> bool:
        return "/intake/assess" in answer.url and words in (answer.request.post_data or "")

    with page.expect_response(has_the_words):
        yield


def test_two_tabs_lose_no_word_and_say_what_is_not_kept(served: Served, page: Page) -> None:
    second = in_a_second_tab(served, page)

    with until_kept(page, FIREARM):
        page.locator("#f-narrative").fill(FIREARM)
    expect(page.locator("#kept")).to_contain_text("Kept at")
    second.locator("#f-narrative").fill("short")
    expect(second.locator("#kept")).to_contain_text("NOT KEPT: this form went on in another tab")
    page.locator("#f-narrative").press("End")
    with until_kept(page, "Loaded."):
        page.keyboard.type(" Loaded.")
    expect(page.locator("#kept")).to_contain_text("Kept at")

    second.keyboard.press("Control+Enter")
    expect(second.locator("#elsewhere")).to_contain_text(f"{FIREARM} Loaded.")
    expect(second.locator("#f-narrative")).to_have_value("short")
    page.reload()
    expect(page.locator("#f-narrative")).to_have_value(f"{FIREARM} Loaded.")
    second.locator("#f-narrative").focus()
    second.keyboard.press("Control+Enter")
    second.wait_for_url("**/calls/*")
    call = the_call(served)
    assert call.narrative == "short"

    page.locator("#f-narrative").press("End")
    page.keyboard.type(" Now.")
    expect(page.locator("#kept")).to_contain_text(f"NOT KEPT: this form became call {call.code}")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#elsewhere")).to_contain_text("What stands below is not in that call")
    expect(page.locator("#kept")).to_contain_text("Kept at")  # as a form of its own by now
    page.keyboard.press("Control+Enter")  # the same key again: no second call
    page.wait_for_url("**/calls/*")
    expect(page.get_by_text(f"What stood here is added to {call.code}")).to_be_visible()
    expect(page.locator("#call-callers")).to_contain_text(f"{FIREARM} Loaded. Now.")
    assert the_call(served).id == call.id
