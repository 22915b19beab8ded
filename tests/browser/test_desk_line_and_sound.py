"""The command line by keyboard alone, and a sound that tells of an alarm and can be turned off."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.test_alarms import in_need
from tests.browser.test_journey import sign_in
from tests.browser.test_watch_lines import is_watched
from tests.stories.test_alarms import untaken
from tests.stories.test_calls import CALM

HEARD = """
  window.tones = 0;
  const make = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    window.tones += 1;
    return make.call(this);
  };
"""
"""Counts what the loudspeaker is given: the loudspeaker is not ours."""


def test_a_team_is_assigned_without_leaving_the_keyboard(page: Page, served: Served) -> None:
    served.world.team("Mobile 1")
    call = served.world.call(CALM)
    sign_in(served, page)
    page.goto(f"{served.base_url}/board")

    page.keyboard.press("/")
    expect(page.locator("#command")).to_be_focused()
    page.keyboard.type(f"a {call.code.lower()} mob")
    expect(page.locator("#command-offers option").first).to_have_attribute(
        "value", f"a {call.code.lower()} Mobile 1"
    )
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_have_text(
        f"{call.code}: Mobile 1 is assigned as clinician."
    )
    expect(page.locator("#command")).to_have_value("")
    page.keyboard.type("nonsense")
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_contain_text("Nothing was changed.")
    expect(page.locator("#command")).to_have_value("nonsense")
    page.keyboard.press("/")  # as at the first time: what was refused is typed over
    page.keyboard.type("rang M/12")
    expect(page.locator("#command")).to_have_value("rang M/12")
    page.keyboard.press("Escape")
    expect(page.locator("#command")).not_to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("x")
    expect(page.locator("#command")).to_have_value("x")


@pytest.mark.parametrize(("path", "kept"), [("intake", "on"), ("intake", "off"), ("board", "on")])
def test_an_alarm_is_heard_unless_sound_is_off(
    page: Page, served: Served, path: str, kept: str
) -> None:
    page.add_init_script(HEARD)
    is_watched(served)
    sign_in(served, page)
    page.goto(f"{served.base_url}/{path}")
    button = page.locator("[data-sound-form] button")
    expect(button).to_have_text("Sound: on")
    if kept == "off":
        with page.expect_response("**/sound"):
            button.click()
        expect(button).to_have_text("Sound: off")
        page.reload()
        expect(button).to_have_text("Sound: off")
    page.keyboard.press("Tab")  # browsers allow no sound before
    before = page.evaluate("window.tones")

    served.kill("worker")  # paging stops: a banner says so on every screen

    alarm = page.locator("#standing-lines, #board-first").locator(".tone-alarm")
    expect(alarm.first).to_be_visible(timeout=30_000)
    page.wait_for_timeout(300)
    assert (page.evaluate("window.tones") > before) is (kept == "on")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_alarm_is_heard_on_the_next_page_too_until_somebody_takes_it(
    page: Page, served: Served
) -> None:
    page.add_init_script(HEARD)
    in_need(served)
    sign_in(served, page)
    page.goto(f"{served.base_url}/follow-ups")
    page.keyboard.press("Tab")
    loud = page.locator("#standing-lines .tone-alarm", has_text="NEEDS HELP")
    expect(loud).to_be_visible()

    page.wait_for_function("() => window.tones >= 3")  # it stood there when the page came
    page.wait_for_function("() => window.tones >= 6", timeout=20_000)
    (alarm,) = untaken(served.world)
    desk = served.world.client("dispatcher")
    desk.submit("/alarms", {}, to=f"/alarms/{alarm.id}/take")
    expect(loud).to_have_count(0)
    before = page.evaluate("window.tones")
    page.wait_for_timeout(11_000)
    assert page.evaluate("window.tones") == before
