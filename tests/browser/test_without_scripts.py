"""The main path of both daily users in a browser that runs no scripts, by keyboard alone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import GATE, sign_in, tab_to, the_call
from tests.browser.test_phone_page import link_of, signs_out
from tests.stories.test_visits import signs_in
from tests.typical_calls import CALM
from tests.world import PASSWORD


@pytest.fixture
def plain(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def choose(page: Page, fact: str, answer: str) -> None:
    """As radio buttons do it: Tab comes to the group, arrows choose."""
    group = f"[name='facts.{fact}']"
    values = [one.get_attribute("value") for one in page.locator(group).all()]
    tab_to(page, group)
    page.keyboard.press("Space")
    for _ in range(values.index(answer)):
        page.keyboard.press("ArrowDown")
    assert page.locator(f"{group}:checked").get_attribute("value") == answer


def press(page: Page, selector: str) -> None:
    tab_to(page, selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_call_is_taken_sent_answered_and_cleared(served: Served, plain: Page) -> None:
    served.world.team("Mobile 9")
    sign_in(served, plain)
    assert not any(key.is_visible() for key in plain.locator(":is(a, button, label) kbd").all())
    plain.goto(f"{served.base_url}/intake")
    expect(plain.locator("#f-location")).to_be_focused()
    plain.keyboard.type("Pier 3, by the crane")
    tab_to(plain, "#f-narrative")
    plain.keyboard.type("He walks to and fro and cries.")
    for fact in GATE:
        if fact in CALM:
            choose(plain, fact, CALM[fact])

    # Enter in a line looks at the recommendation and sends nobody; nothing typed is lost.
    tab_to(plain, "#f-caller_name")
    plain.keyboard.press("Enter")
    expect(plain.locator("#recommendation .response")).to_have_text("Mobile crisis team")
    expect(plain.locator("#f-narrative")).to_have_value("He walks to and fro and cries.")
    press(plain, "#send")
    plain.wait_for_url("**/calls/*")
    call = the_call(served)
    expect(plain.locator("#call-dispatches")).to_contain_text("Mobile 9")

    # The clinician's telephone runs none either.
    assert plain.context.browser
    phone = plain.context.browser.new_context(
        java_script_enabled=False, viewport={"width": 320, "height": 568}
    ).new_page()
    phone.goto(link_of(served, phone))
    press(phone, "main button")
    mine = phone.locator("#call-mine")
    press(phone, "button[value='accept-10']")
    expect(mine).to_contain_text("On the way")
    for state in ("on_scene", "cleared"):
        press(phone, f"button[value='{state}']")
    expect(mine).to_contain_text("Cleared")
    phone.context.close()

    # The dispatcher reads it on the board and on the call's page.
    press(plain, "nav a[href='/board']")
    expect(plain.locator("main")).to_contain_text(call.code)
    plain.goto(f"{served.base_url}/calls/{call.reference}")
    expect(plain.locator("#call-dispatches")).to_contain_text("Cleared")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_language_opens_beside_what_was_typed(served: Served, plain: Page) -> None:
    sign_in(served, plain)
    plain.goto(f"{served.base_url}/intake/paper")
    plain.locator("#f-narrative").fill("She walks on the bridge")

    with plain.context.expect_page() as opened:
        assert plain.locator("[data-language-form]").inner_text().split("\n") == [
            "Español",
            "(new tab)",
        ]
        plain.locator("[data-language-form] button").press("Enter")

    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Llamada en papel")
    expect(plain.locator("#f-narrative")).to_have_value("She walks on the bridge")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_pressed_when_the_sign_in_has_ended_comes_back_after_it(
    served: Served, plain: Page
) -> None:
    (clinician,) = served.world.team("Mobile 9")
    signs_in(served.world, clinician, "test-clinician")
    call = served.world.call(CALM)
    sign_in(served, plain, "clinician")
    plain.goto(f"{served.base_url}/calls/{call.reference}")
    press(plain, "button[value='accept-10']")
    tab_to(plain, "[name=minutes]")
    plain.keyboard.type("25")
    signs_out(served)
    with plain.expect_navigation():
        plain.keyboard.press("Enter")

    kept = plain.locator(".kept")
    expect(kept).to_contain_text("Minutes")
    expect(kept).to_contain_text("25")
    expect(plain.locator("[autofocus]")).to_be_focused()
    plain.keyboard.type("test-clinician")
    plain.keyboard.press("Tab")
    plain.keyboard.type(PASSWORD)
    with plain.expect_navigation():
        plain.keyboard.press("Enter")
    press(plain, "main form button")
    expect(plain.get_by_text("You arrive in 25 min.")).to_be_visible()
