"""What happens to calls, by keyboard: a lost line, who comes, cancelling, another county."""

import os
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_journey import sign_in
from tests.browser.test_reachability_page import NO_SIDEWAYS

SHOTS = os.environ.get("TRIAGE_SHOTS")
"""A folder for pictures of what is tested, for whoever wants to look."""


def look(page: Page, name: str) -> None:
    """Nothing runs off the screen, wide or narrow."""
    for width in (320, 768, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(NO_SIDEWAYS), (name, width)
        for theme in ("light", "dark") if SHOTS else ():
            page.emulate_media(color_scheme=theme)
            page.screenshot(
                path=str(Path(SHOTS or "") / f"{name}-{width}-{theme}.png"), full_page=True
            )


def test_a_line_is_lost_and_the_caller_told_with_the_keyboard(served: Served, page: Page) -> None:
    served.world.team("Mobile 9")
    sign_in(served, page, "dispatcher")
    page.goto(f"{served.base_url}/intake")
    expect(page.locator("#f-location")).to_be_focused()
    page.keyboard.type("Pier 3, by the crane")
    page.keyboard.press("Tab")
    page.keyboard.type("2025550143")
    page.keyboard.press("Alt+f")
    expect(page.locator(".quiet-hint")).to_be_visible()
    expect(page.locator(".yes-no").first).to_be_visible()
    look(page, "intake-quiet")
    page.keyboard.press("Alt+l")

    lost = page.get_by_role("region", name="Line lost")
    expect(lost).to_contain_text("LINE LOST: ring the caller back now")
    expect(lost).to_contain_text("Pier 3, by the crane")
    look(page, "line-lost")
    page.keyboard.press("Alt+l")
    expect(lost.get_by_role("button", name="Reached", exact=True)).to_be_focused()
    lost.get_by_label("I have weighed it").check()
    lost.get_by_role("button", name="No answer").press("Enter")
    expect(lost).to_contain_text("1. No answer")
    expect(lost).to_contain_text("call-back is timed")

    who = page.get_by_role("region", name="Who is coming?")
    page.wait_for_load_state()  # a key before the scripts of the new page is nobody's
    page.keyboard.press("Alt+g")
    expect(who.get_by_role("button", name="Told", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(who).to_contain_text("Told.")
    page.wait_for_load_state()
    page.keyboard.press("Alt+m")
    expect(page.locator("#never-mind").get_by_label("Who says so")).to_be_focused()
    for label, value in (
        ("Who says so", "caller"),
        ("Asked safely, with nobody listening?", "no"),
        ("Was the person in crisis spoken to?", "no"),
    ):
        page.locator("#never-mind").get_by_label(label).select_option(value)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("region", name="Never mind, cancel")).to_contain_text(
        "goes on as before"
    )
    look(page, "cancel")
    page.goto(f"{served.base_url}/board")
    expect(page.locator("main")).to_contain_text("Cancel? A clinician or supervisor agrees")
    look(page, "board")
    page.goto(f"{served.base_url}/field-request")
    look(page, "field-request")
