"""The supervisor's page of escalation policies in a real browser, on a desk and on a phone."""

import os
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import sign_in


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("width", [1440, 320])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_policy_is_written_on_any_screen(
    served: Served, page: Page, width: int, colours: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=colours)
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(served, page, "supervisor")
    page.goto(f"{served.base_url}/escalation")
    _fits(page)
    _picture(page, f"list-{width}-{colours}")

    page.get_by_role("link", name="Write a policy").click()
    page.get_by_label("Name").fill("Nights")
    page.get_by_label("Wait first").nth(2).fill("soon")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".summary")).to_contain_text(
        "Write 1:30, 2 min, 90 s or 1 h, 4 hours at most."
    )
    expect(page.get_by_label("Wait first").nth(2)).to_have_value("soon")
    _fits(page)
    _picture(page, f"error-{width}-{colours}")

    page.get_by_label("For which response").select_option("Every response")
    page.get_by_label("For which level").select_option("Every level")
    page.get_by_label("Wait first").nth(2).fill("0:45")
    page.get_by_role("button", name="Show what would happen").click()
    expect(page.locator("#preview")).to_contain_text("The supervisors are alarmed by text")
    _fits(page)
    _picture(page, f"different-{width}-{colours}")
    page.get_by_label("Save it although it is slower").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#banners")).to_contain_text("The policy holds")


def _fits(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert not wide, "the page scrolls sideways"


def _picture(page: Page, name: str) -> None:
    """Kept only for whoever wants to look: PICTURES names a folder."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
