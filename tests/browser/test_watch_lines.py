"""Whatever page a dispatcher looks at says within 15 s that paging does not work."""

import re
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import LONG_MS, Served, wait_until_ready
from tests.browser.test_journey import sign_in
from tests.browser.test_phone_page import signs_out
from tests.stories.test_calls import CALM
from tests.twilio_double import ACCOUNT, SENDER, TOKEN, Twilio, start_twilio
from triage.storage.calls import IntakeDraft
from triage.storage.watching import WatchRound

NARRATIVE = "He walks to and fro and cries."


def is_watched(served: Served) -> None:
    """Wait until a watcher has found that all is well."""
    served.start("watch")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with served.world.context.reading() as uow:
            newest = uow.session.scalars(
                select(WatchRound).order_by(WatchRound.created_at.desc())
            ).first()
        if newest is not None and newest.passed:
            return
        time.sleep(0.1)
    raise AssertionError(f"all is not well: {newest.findings if newest else 'no round'}")


def write_a_call(served: Served, page: Page) -> None:
    page.goto(f"{served.base_url}/intake")
    expect(page.locator("#standing-lines")).to_have_text("")
    page.keyboard.type("Pier 3, by the crane")
    page.keyboard.press("Alt+n")
    page.keyboard.type(NARRATIVE)
    expect(page.locator("#f-narrative")).to_be_focused()


def goes_on(served: Served, page: Page) -> None:
    """What was typed is there, the cursor where it was, and more can be typed and is kept."""
    expect(page.locator("#f-location")).to_have_value("Pier 3, by the crane")
    expect(page.locator("#f-narrative")).to_be_focused()
    page.keyboard.type(" More.")
    expect(page.locator("#f-narrative")).to_have_value(NARRATIVE + " More.")
    expect(page.locator("#kept")).to_contain_text("Kept at")
    with served.world.context.reading() as uow:
        kept = [draft.form or "" for draft in uow.session.scalars(select(IntakeDraft))]
    assert any("and cries" in form for form in kept)


@pytest.mark.parametrize(
    ("killed", "said"),
    [
        ("worker", "PAGING DOES NOT WORK: no worker is running"),
        ("watch", "PAGING DOES NOT WORK: nobody watches whether paging works"),
    ],
)
def test_whoever_types_a_call_reads_it_in_time_and_loses_nothing(
    served: Served, page: Page, killed: str, said: str
) -> None:
    is_watched(served)
    sign_in(served, page)
    write_a_call(served, page)
    stands_at = page.locator("#f-narrative").bounding_box()

    served.kill(killed)
    began = time.monotonic()
    lines = page.locator("#standing-lines")
    expect(lines).to_contain_text(said, timeout=LONG_MS)
    print(f"{killed} killed: told after {time.monotonic() - began:.1f} s")
    expect(lines).to_contain_text("Ring")

    moved = page.locator("#f-narrative").bounding_box()
    assert stands_at is not None
    assert moved is not None
    assert abs(moved["y"] - stands_at["y"]) < 2  # nothing moves under the pointer
    goes_on(served, page)

    served.start(killed)
    expect(lines).to_have_text("", timeout=LONG_MS)


@pytest.fixture
def provider(served: Served) -> Iterator[Twilio]:
    """The service's telephones are no simulator's."""
    twilio = start_twilio()
    served.environ |= {
        "TRIAGE_PUBLIC_URL": served.base_url,
        "TRIAGE_SMS": "twilio",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_FROM": SENDER,
        "TWILIO_API_URL": twilio.url,
    }
    for name, started in (("web", served.serve), ("worker", ())):
        served.stop(name)
        served.start(name, *started)
    wait_until_ready(urlsplit(served.base_url).port or 0, served.logs / "web.log")
    yield twilio
    twilio.stop()


@pytest.mark.parametrize(
    ("texts", "within_s"),
    [(2, 15), (1, 22)],  # one that fails may be a hiccup: it is tried again after 6 s
)
def test_a_provider_that_takes_no_texts_is_told_within_fifteen_seconds_and_gone_again(
    served: Served, provider: Twilio, page: Page, texts: int, within_s: int
) -> None:
    for number in (8, 9):
        served.world.team(f"Mobile {number}")
    is_watched(served)
    sign_in(served, page)
    write_a_call(served, page)

    provider.behave("503", only="Messages")
    for _ in range(texts):
        served.world.call(CALM)
    began = time.monotonic()
    lines = page.locator("#standing-lines")
    expect(lines).to_contain_text("the telephone provider takes no texts", timeout=within_s * 1000)
    print(f"the provider takes nothing: told after {time.monotonic() - began:.1f} s")
    expect(lines).to_contain_text("Ring")
    goes_on(served, page)

    provider.behave("ok")
    if texts == 1:  # it may be a person's to ring by now
        served.world.call(CALM)
    expect(lines).to_have_text("", timeout=LONG_MS)
    assert provider.wait_for(1)  # what waited has left by itself


def test_without_an_answer_the_page_itself_says_so(served: Served, page: Page) -> None:
    is_watched(served)
    sign_in(served, page)
    write_a_call(served, page)

    served.kill("web")
    expect(page.locator("#standing-silent")).to_be_visible(timeout=LONG_MS)
    expect(page.locator("#standing-silent")).to_contain_text("telephone and radio")
    expect(page.locator("#f-narrative")).to_have_value(NARRATIVE)


def test_whoever_is_signed_out_reads_that_no_alarm_is_shown(served: Served, page: Page) -> None:
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    out = page.locator("#standing-signed-out")
    expect(out).to_be_hidden()
    signs_out(served)
    expect(out).to_contain_text("alarms are NOT shown here. Sign in again.", timeout=LONG_MS)
    expect(out).to_be_visible()

    sign_in(served, page.context.new_page())  # in another tab
    expect(out).to_be_hidden(timeout=LONG_MS)


def test_a_cry_for_help_comes_to_whoever_types_a_call(served: Served, page: Page) -> None:
    (phone,) = served.world.team("Mobile 9")
    is_watched(served)
    call = served.world.call(CALM)
    served.world.receive("IN1", phone.number, f"{call.code} 1")
    sign_in(served, page)
    write_a_call(served, page)

    served.world.receive("IN2", phone.number, f"{call.code} ASSIST")

    line = page.locator("#standing-lines .banner").first
    expect(line).to_contain_text("Mobile 9 (clinician) NEEDS HELP", timeout=LONG_MS)
    expect(line).to_have_attribute("role", "alert")
    expect(line).to_contain_text(call.code)
    expect(line.locator("details")).to_have_attribute("open", "")  # what to do stands there
    expect(line).to_contain_text("Reach them by radio, send help.")
    line.get_by_role("link").click()
    page.wait_for_url(re.compile("/alarms#alarm-"))


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (320, 640)])
def test_the_lines_stay_in_sight_and_leave_room_for_the_page(
    served: Served, page: Page, width: int, height: int
) -> None:
    sign_in(served, page)
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{served.base_url}/intake")  # no watcher at all
    page.mouse.wheel(0, 600)
    page.wait_for_timeout(300)

    box = page.locator("#standing").bounding_box()
    assert box is not None
    assert -1 <= box["y"] <= height / 10
    assert box["height"] <= height * 0.25
    line = page.locator("#standing-lines .banner").first
    expect(line).to_contain_text("Ring every team that does not answer")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
