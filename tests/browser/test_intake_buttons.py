"""What was not sent stands first; buttons that first wait until the form is kept."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_intake_tabs import in_a_second_tab
from tests.browser.test_journey import sign_in


def test_what_was_not_sent_comes_first(served: Served, page: Page) -> None:
    other = in_a_second_tab(served, page)
    with other.expect_response("**/intake/assess"):
        other.locator("#f-narrative").fill("He is on the roof.")
    page.locator("#f-narrative").fill("He cries.")
    page.keyboard.press("Alt+q")
    expect(page.locator("#kept")).to_contain_text("NOT KEPT")

    page.keyboard.press("Control+Enter")

    told = page.locator("#elsewhere")
    expect(told).to_contain_text("NOT SENT")
    expect(told).to_be_focused()
    expect(told).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("key", ["click", "Enter", "Space", "Control+Enter"])
def test_pasted_text_is_read_by_the_button_and_by_the_keys(
    centre: Served, page: Page, key: str
) -> None:
    sign_in(centre, page)
    page.goto(f"{centre.base_url}/intake")
    page.keyboard.press("Alt+v")
    page.keyboard.insert_text("ADDR: 12 Mill Lane")
    button = page.get_by_role("button", name="Read it")
    if key == "click":
        button.click()
    else:
        button.press(key)
    page.wait_for_url("**/paste")
    page.get_by_role("button", name="Fill the form").press("Enter")
    expect(page.locator("#f-location")).to_have_value("12 Mill Lane")


def test_another_language_is_chosen_where_everything_is_kept(centre: Served, page: Page) -> None:
    sign_in(centre, page)
    page.goto(f"{centre.base_url}/intake")
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
