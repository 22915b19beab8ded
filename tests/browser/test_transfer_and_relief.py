"""A dispatcher hands a caller over with the keyboard; a team is relieved, and has to leave."""

import os
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.keyboard import press
from tests.browser.test_journey import sign_in
from tests.browser.test_phone_page import at_rest
from tests.browser.test_reachability_page import NO_SIDEWAYS
from tests.stories.test_calls import CALM
from tests.stories.test_transfers import TALKS
from triage.services import people
from triage.storage.teams import Responder

SHOTS = os.environ.get("TRIAGE_SHOTS")
"""A folder for pictures of what is tested, for whoever wants to look."""


def look(page: Page, name: str) -> None:
    """Nothing runs off the screen, wide or narrow."""
    for width in (320, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(NO_SIDEWAYS), (name, width)
        if SHOTS:
            page.screenshot(path=str(Path(SHOTS) / f"{name}-{width}.png"), full_page=True)


def test_a_caller_is_handed_over_with_the_keyboard_and_comes_back(
    served: Served, page: Page
) -> None:
    call = served.world.call(TALKS, caller_phone="(202) 555-0143")
    sign_in(served, page, "dispatcher")
    page.goto(f"{served.base_url}/calls/{call.reference}")
    line = page.get_by_role("region", name="Crisis line")
    expect(line).to_contain_text("Ring the line and stay with the caller")
    look(page, "offered")

    page.keyboard.press("Alt+t")
    expect(page.get_by_role("button", name="The line rings")).to_be_focused()
    page.keyboard.press("Enter")
    expect(line).to_contain_text("Rings")
    expect(line.locator("time[data-until]")).to_contain_text("1:")  # the clock runs
    look(page, "ringing")
    page.keyboard.press("Alt+t")
    expect(page.get_by_role("button", name="Counselor on the line")).to_be_focused()
    page.keyboard.press("Enter")
    expect(line).to_contain_text("Introduce the caller")
    look(page, "counselor")
    page.keyboard.press("Alt+t")
    page.keyboard.press("Enter")
    expect(line).to_contain_text("With Crisis line since")
    look(page, "released")

    press(page, "Line lost")
    expect(line).to_contain_text("ring the caller back")
    expect(page.locator("main")).to_contain_text("CALL BACK")
    look(page, "lost")
    page.goto(f"{served.base_url}/board")
    expect(page.locator("main")).to_contain_text("LINE LOST: ring the caller back")
    look(page, "board-lost")


def test_what_was_done_does_not_stay_above_what_has_turned_red_since(
    served: Served, page: Page
) -> None:
    call = served.world.call(TALKS, caller_phone="(202) 555-0143")
    sign_in(served, page, "dispatcher")
    page.goto(f"{served.base_url}/calls/{call.reference}")
    press(page, "The line rings")
    done = page.locator("#banners .tone-good")
    expect(done).to_contain_text("It rings.")
    look(page, "rings")

    served.world.wait(seconds=91)

    line = page.get_by_role("region", name="Crisis line")
    expect(line).to_contain_text("LINE DOES NOT ANSWER")
    expect(done).to_have_count(0)
    look(page, "does-not-answer")


def test_a_team_is_relieved_and_another_has_to_leave(served: Served, page: Page) -> None:
    world = served.world
    (alpha,) = world.team("Alpha")
    call = world.call(CALM)
    for word in ("1", "scene"):
        alpha.text(f"{call.code} {word}")
    sign_in(served, page, "dispatcher")
    page.goto(f"{served.base_url}/calls/{call.reference}")
    team = page.get_by_role("region", name="Mobile crisis team")

    press(page, "Wants a relief")
    expect(team).to_contain_text("They stay responsible until somebody has accepted")
    expect(team).to_contain_text("No relief found")
    look(page, "no-relief")
    page.goto(f"{served.base_url}/board")
    expect(page.locator("main")).to_contain_text("NO RELIEF FOUND for Alpha")
    look(page, "board-no-relief")

    alpha.text(f"{call.code} withdraw, he has a knife")
    expect(page.locator("#board-people")).to_contain_text("HAD TO WITHDRAW, it is not safe")
    look(page, "board-withdrew")
    page.goto(f"{served.base_url}/calls/{call.reference}")
    look(page, "withdrew")
    press(page, "I take care of it")
    expect(page.locator("#call-head")).not_to_contain_text("HAD TO WITHDRAW")


def test_a_clinician_asks_for_relief_and_leaves_with_their_own_buttons(
    served: Served, page: Page
) -> None:
    (alpha,) = served.world.team("Alpha")
    call = served.world.call(CALM)
    for word in ("1", "staged"):
        alpha.text(f"{call.code} {word}")
    username = served.world.account("clinician")
    with served.world.context.unit_of_work("test") as uow:
        account = people.find_account(uow, username)
        assert account is not None
        uow.get(Responder, alpha.responder_id).account_id = account.id
    sign_in(served, page, "clinician")
    page.goto(f"{served.base_url}/calls/{call.reference}")
    mine = page.get_by_role("region", name="Your part")

    press(page, "I need a relief")
    expect(mine).to_contain_text("You stay responsible until somebody has accepted")
    expect(page.get_by_role("button", name="Cleared")).to_have_count(0)
    look(page, "clinician-relief")
    at_rest(page)
    press(page, "I must leave: not safe")
    expect(mine).to_contain_text("You are released.")
    look(page, "clinician-left")
