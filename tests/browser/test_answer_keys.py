"""One key is one answer to the question that was read: none lands elsewhere or is lost unsaid."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import READ_MS, at_a_call, focused, sign_in, type_a_call, until_read
from tests.stories.test_calls import CALM

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOTE = ".not-taken"


TREMBLES = """() => {
    for (let press = 0; press < 2; press++) {
        const one = new KeyboardEvent("keydown", { key: "1", bubbles: true, cancelable: true });
        document.activeElement.dispatchEvent(one);
    }
}"""
"""The key twice at once, also where this machine is too busy to press twice so soon."""


def answers_given(page: Page) -> int:
    return page.locator(".question input:checked").count()


@ONE_DATABASE
def test_a_finger_that_trembles_answers_once_and_is_told(served: Served, page: Page) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    type_a_call(page)
    page.wait_for_timeout(READ_MS)

    page.evaluate(TREMBLES)

    assert focused(page) == "problem_type"
    expect(page.locator(NOTE)).to_have_text("1 was taken once: it came twice at once.")
    assert answers_given(page) == 1
    page.wait_for_timeout(READ_MS)
    until_read(page)
    page.keyboard.press("2")
    expect(page.locator(NOTE)).to_have_count(0)
    assert answers_given(page) == 2


@ONE_DATABASE
def test_yes_and_no_have_their_letters(served: Served, page: Page) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    for key, value in (("n", "no"), ("y", "yes")):
        page.locator("[data-fact=attempt_in_progress]").focus()
        page.keyboard.press(key)
        chosen = page.locator("[data-fact=attempt_in_progress] input:checked")
        expect(chosen).to_have_value(value)
    # A letter that is the key of another answer stays that.
    page.locator("[data-fact=problem_type]").focus()
    page.keyboard.press("n")
    chosen = page.locator("[data-fact=problem_type] input:checked")
    expect(chosen).to_have_attribute("data-key", "n")


PRESSED_SOON = """document.addEventListener("focusin", ({ target }) => {
    if (target.dataset.fact !== "weapon") return;
    const one = new KeyboardEvent("keydown", { key: "1", bubbles: true });
    setTimeout(() => target.dispatchEvent(one), 500);
})"""
"""Half a second after the question has come."""


@ONE_DATABASE
def test_a_question_that_the_server_has_just_put_next_takes_no_key_before_it_is_read(
    served: Served, page: Page
) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    type_a_call(page)
    page.wait_for_timeout(READ_MS)
    until_read(page)

    def puts_weapon_next(route: Route) -> None:
        answer = route.fetch()
        told = answer.json()
        first = ["location_known", "weapon"]
        told["order"] = [*first, *(fact for fact in told["order"] if fact not in first)]
        route.fulfill(response=answer, json=told)

    page.route("**/intake/assess", puts_weapon_next)
    page.evaluate(PRESSED_SOON)
    page.keyboard.press("1")

    expect(page.locator(NOTE)).to_contain_text("this question has only just come. Press it again.")
    assert focused(page) == "weapon"
    assert answers_given(page) == 1
    until_read(page)
    page.keyboard.press("1")
    expect(page.locator("[data-fact=weapon] input:checked")).to_have_attribute("data-key", "1")


@ONE_DATABASE
def test_an_answer_stands_though_older_news_of_the_call_arrive_after_it(
    served: Served, page: Page
) -> None:
    at_a_call(served, page)
    page.keyboard.press("Alt+q")
    page.wait_for_timeout(READ_MS)
    until_read(page)
    fact = focused(page)
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.fallback()
        else:
            held.append(route)

    page.route("**/live", hold_the_first)
    while not held:
        page.wait_for_timeout(50)
    older = held[0].fetch()  # as it stood before the answer
    page.keyboard.press("1")
    expect(page.locator("#kept")).to_have_text("Kept")
    held[0].fulfill(response=older)
    page.wait_for_timeout(READ_MS)  # the next news would hide it

    assert page.locator(f"[data-fact={fact}] input:checked").count() == 1
    assert focused(page) != fact
    page.unroute("**/live")
    expect(page.locator("#call-answers summary")).to_contain_text(f"({len(CALM) + 1})")


@ONE_DATABASE
def test_the_keys_of_a_call_are_shown_on_its_page(served: Served, page: Page) -> None:
    at_a_call(served, page)
    address = page.url

    page.keyboard.press("?")

    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys")).to_contain_text("Told the caller who is coming")
    expect(page.locator("#keys")).to_contain_text("Command line")
    expect(page.locator("#keys-title")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).not_to_be_visible()
    assert page.url == address
