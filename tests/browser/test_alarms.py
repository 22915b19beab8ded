"""An alarm is taken with the keyboard alone, from wherever a dispatcher is."""

import os
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.keyboard import press, unfold
from tests.browser.test_journey import sign_in
from tests.browser.test_phone_page import at_rest
from tests.browser.test_watch_lines import NARRATIVE, is_watched, write_a_call
from tests.stories.test_alarms import DESK, signs_in, untaken
from tests.stories.test_calls import CALM
from tests.stories.test_damaged_rows import damage
from tests.stories.test_duress import WORD, knows
from tests.world import Phone
from triage.adapters.simulator_sms import SimulatorSms
from triage.services import alarms
from triage.services.people import find_account
from triage.storage.calls import Call
from triage.storage.safety import Alarm
from triage.storage.teams import Responder

FIRST_RING_S = 15
STOPS_S = 30


def in_need(served: Served) -> tuple[Phone, Call]:
    (phone,) = served.world.team("Mobile 9")
    call = served.world.call(CALM, location="Pier 3")
    served.world.receive("IN1", phone.number, f"{call.code} 1")
    served.world.receive("IN2", phone.number, f"{call.code} ASSIST")
    return phone, call


def picture(page: Page, name: str) -> None:
    """Kept where PICTURES names a folder: for whoever wants to look."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("width", [1440, 320])
def test_on_the_board_a_and_enter_take_it(served: Served, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    in_need(served)
    sign_in(served, page)
    page.goto(f"{served.base_url}/board")
    expect(page.locator(".help-alarm")).to_contain_text("Mobile 9 (clinician) NEEDS HELP")
    picture(page, f"board-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.keyboard.press("a")
    expect(page.locator("[data-take]").first).to_be_focused()
    page.wait_for_timeout(2500)  # the board has refreshed itself meanwhile
    expect(page.locator("[data-take]").first).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#banners")).to_contain_text("You take care of the alarm of Mobile 9")
    assert untaken(served.world) == []
    expect(page.locator(".help-alarm")).to_contain_text("Test dispatcher has it since")
    page.keyboard.press("Enter")  # once too often: nothing stands where the other button was
    picture(page, f"board-taken-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.locator(".help-alarm summary").press("Enter")
    page.get_by_role("button", name="They are safe, it is over").press("Enter")
    expect(page.locator("#banners")).to_contain_text("The alarm of Mobile 9 is over")
    expect(page.locator(".help-alarm")).to_have_count(0)


def test_on_a_narrow_board_an_alarm_is_in_sight_and_the_rest_is_one_line_that_unfolds(
    served: Served, page: Page
) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    is_watched(served)
    in_need(served)
    for _ in range(3):
        served.world.call({**CALM, "problem_type": "panhandling"}, zone="Harbor")
    sign_in(served, page)
    page.goto(f"{served.base_url}/board")
    line = page.locator("#board-fold > summary")
    expect(line).to_contain_text("3 calls need somebody now")
    nobody, alarm = page.locator("#board-nobody"), page.locator(".help-alarm")
    rows = page.locator("#board-alarms .call-row")
    expect(nobody.get_by_role("link")).to_have_count(3)
    expect(nobody).to_be_in_viewport(ratio=1)
    expect(alarm).to_contain_text("Mobile 9 (clinician) NEEDS HELP")
    expect(alarm).to_contain_text("Pier 3")
    expect(alarm.locator("[data-take]")).to_be_in_viewport(ratio=1)
    expect(rows.first).not_to_be_visible()
    picture(page, "board-folded-320")
    box = page.locator(".board-top").bounding_box()
    assert box
    assert box["height"] < 700 * 0.36  # a third, and the line of codes
    page.wait_for_timeout(2500)  # the board has refreshed itself meanwhile
    expect(rows.first).not_to_be_visible()

    line.click()
    expect(rows.first).to_be_visible()
    picture(page, "board-unfolded-320")
    page.set_viewport_size({"width": 1440, "height": 800})
    expect(line).not_to_be_visible()
    expect(rows.first).to_be_visible()
    alarm.locator("[data-take]").click()
    page.set_viewport_size({"width": 320, "height": 700})
    expect(alarm).to_contain_text("Pier 3")
    expect(alarm.locator("summary")).to_be_in_viewport(ratio=1)
    picture(page, "board-folded-taken-320")


def test_on_a_narrow_page_what_stands_above_it_is_short(served: Served, page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    is_watched(served)
    in_need(served)
    served.world.call({**CALM, "problem_type": "panhandling"}, zone="Harbor")
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    lines = page.locator("#standing-lines .banner")
    expect(lines.first).to_contain_text("NEEDS HELP")
    expect(lines.first.get_by_role("link")).to_be_in_viewport(ratio=1)
    picture(page, "lines-320")
    for line in lines.all():
        box = line.bounding_box()
        assert box
        assert box["height"] <= 2 * 20 + 8
    lines.first.locator("summary").click()
    expect(lines.first).to_contain_text("Reach them by radio")
    expect(lines.first.locator("details > p")).to_be_visible()


def test_from_another_page_it_is_three_keys_and_typing_is_not_disturbed(
    served: Served, page: Page
) -> None:
    is_watched(served)
    sign_in(served, page)
    write_a_call(served, page)
    in_need(served)
    expect(page.locator("#standing-lines .banner").first).to_contain_text("NEEDS HELP")
    page.keyboard.type(" a")
    expect(page.locator("#f-narrative")).to_have_value(NARRATIVE + " a")

    page.locator("h1").first.click()
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/alarms#alarm-"))
    expect(page.locator("[data-take]").first).to_be_focused()
    picture(page, "alarms")
    page.keyboard.press("Enter")

    expect(page.locator("#banners")).to_contain_text("You take care of the alarm of Mobile 9")
    assert untaken(served.world) == []
    expect(page.locator("#main")).to_contain_text("It stands until somebody says that it is over")
    picture(page, "alarms-taken")
    network, began = SimulatorSms(served.logs / "phones.sqlite"), time.monotonic()
    while network.ringing():  # for a minute, if nobody stopped it
        assert time.monotonic() - began < STOPS_S
        page.wait_for_timeout(100)


def test_on_the_calls_page_too(served: Served, page: Page) -> None:
    _, call = in_need(served)
    sign_in(served, page)
    page.goto(f"{served.base_url}/calls/{call.reference}")
    picture(page, "call")

    page.keyboard.press("a")
    page.keyboard.press("Enter")

    expect(page.locator("#banners")).to_contain_text("You take care of the alarm of Mobile 9")
    assert call.reference in page.url
    expect(page.locator("#call-alarms [data-take]")).to_have_count(0)
    assert untaken(served.world) == []


def cries(served: Served, name: str) -> Alarm:
    """One more team, on a call of its own."""
    (phone,) = served.world.team(name)
    call = served.world.call(CALM, location="Pier 4")
    served.world.receive(f"1 {name}", phone.number, f"{call.code} 1")
    served.world.receive(f"2 {name}", phone.number, f"{call.code} ASSIST")
    return next(one for one in untaken(served.world) if one.call_id == call.id)


def colleague(served: Served, alarm: Alarm, *, is_over: bool = False) -> None:
    """Somebody else at the desk takes it, and ends it."""
    with served.world.context.unit_of_work("desk") as uow:
        found = uow.get(Alarm, alarm.id)
        if found.taken_at is None:
            alarms.take(uow, served.world.centre, found, "voice")
        if is_over:
            alarms.end(uow, found)


@pytest.mark.parametrize("width", [1440, 320])
def test_the_keyboard_goes_on_at_the_line_of_the_alarm_that_was_taken(
    served: Served, page: Page, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    first, second = cries(served, "Mobile 8"), cries(served, "Mobile 9")
    sign_in(served, page)
    line = f"alarm-line-{first.id}"
    for place in ("/board", "/alarms"):
        page.goto(f"{served.base_url}{place}")
        if place == "/board":
            page.keyboard.press("a")
            page.keyboard.press("Enter")
            expect(page.locator("#banners")).to_contain_text("You take care of the alarm of")
        else:
            page.locator(f"#{line}").locator("..").locator("summary").press("Enter")
            page.locator(f"#{line}").locator("..").get_by_role("button").press("Enter")
            expect(page.locator("#banners")).to_contain_text("The alarm of Mobile 8 is over")
            line = f"alarm-line-{second.id}"
        expect(page.locator(f"#{line}")).to_be_focused()
        expect(page.locator("#banners .tone-good")).to_be_in_viewport()
        picture(page, f"focus-{width}{place.replace('/', '-')}")
        page.keyboard.press("Enter")  # once too often
        page.wait_for_timeout(2500)  # the board has refreshed itself meanwhile
        expect(page.locator(f"#{line}")).to_be_focused()
        assert [one.id for one in untaken(served.world)] == [second.id]
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_the_calls_page_it_goes_on_at_its_heading(served: Served, page: Page) -> None:
    _, call = in_need(served)
    sign_in(served, page)
    page.goto(f"{served.base_url}/calls/{call.reference}")
    page.locator("#call-alarms [data-take]").click()
    expect(page.locator("#banners")).to_contain_text("You take care of the alarm of Mobile 9")
    expect(page.locator("#call-heading")).to_be_focused()
    expect(page.locator("#banners .tone-good")).to_be_in_viewport()
    picture(page, "focus-call")
    page.locator("#call-alarms summary").press("Enter")
    page.get_by_role("button", name="They are safe, it is over").press("Enter")
    expect(page.locator("#banners")).to_contain_text("is over")
    expect(page.locator("#call-heading")).to_be_focused()


def test_it_is_not_lost_where_a_colleague_takes_the_alarm_under_it(
    served: Served, page: Page
) -> None:
    first, second = cries(served, "Mobile 8"), cries(served, "Mobile 9")
    sign_in(served, page)
    page.goto(f"{served.base_url}/board")
    page.keyboard.press("a")
    expect(page.locator(f"[data-focus=take-{first.id}]")).to_be_focused()

    colleague(served, first)
    expect(page.locator(f"#alarm-line-{first.id}")).to_be_focused()
    colleague(served, first, is_over=True)
    expect(page.locator(f"#alarm-line-{second.id}")).to_be_focused()
    colleague(served, second, is_over=True)
    expect(page.locator("#main")).to_be_focused()


def test_nor_in_the_lines_of_every_page(served: Served, page: Page) -> None:
    first, second = cries(served, "Mobile 8"), cries(served, "Mobile 9")
    sign_in(served, page)
    page.goto(f"{served.base_url}/teams")
    page.keyboard.press("a")
    link = page.locator("#standing-lines a[href^='/alarms#']")
    expect(link.first).to_be_focused()

    colleague(served, first, is_over=True)
    expect(link).to_have_count(1, timeout=9000)
    expect(link).to_be_focused()
    colleague(served, second, is_over=True)
    expect(link).to_have_count(0, timeout=9000)
    expect(page.locator("#main")).to_be_focused()


def test_where_the_calls_page_cannot_be_shown_its_alarm_stands_above_it(
    served: Served, page: Page
) -> None:
    _, call = in_need(served)
    damage(served.world, Call, "location", call.id)
    sign_in(served, page)
    page.goto(f"{served.base_url}/calls/{call.reference}")
    expect(page.locator("#main")).to_contain_text("cannot be decrypted")
    expect(page.locator("#standing-lines")).to_contain_text("Mobile 9 (clinician) NEEDS HELP")


@pytest.mark.parametrize("width", [1440, 320])
def test_the_pages_of_ones_own_safety_and_of_lost_phones_fit(
    served: Served, page: Page, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    (phone,) = served.world.team("Mobile 9")
    served.world.account("dispatcher")
    with served.world.context.unit_of_work("test") as uow:
        account = find_account(uow, "test-dispatcher")
        assert account is not None
        assert phone.responder_id is not None
        uow.get(Responder, phone.responder_id).account_id = account.id
    sign_in(served, page)
    for path, name in (("/teams", "teams"), ("/alarms", "alarms-none"), ("/account/safety", "own")):
        page.goto(f"{served.base_url}{path}")
        for summary in page.locator("summary").all():
            summary.click()
        picture(page, f"{name}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_silent_alarm_rings_within_fifteen_seconds(served: Served, tmp_path: Path) -> None:
    """By a real worker in a process of its own, which is woken by the text."""
    (phone,) = served.world.team("Mobile 9")
    call = served.world.call(CALM)
    served.world.receive("IN1", phone.number, f"{call.code} 1")
    knows(served.world, phone)
    network = SimulatorSms(tmp_path / "phones.sqlite")

    began = time.monotonic()
    served.world.receive("IN2", phone.number, f"{call.code} ok {WORD}")
    while not (rings := network.ringing()) and time.monotonic() - began < FIRST_RING_S:
        time.sleep(0.02)

    print(f"rang after {time.monotonic() - began:.2f} s")
    assert [(ring["to"], "Silent alarm of Mobile 9" in ring["body"]) for ring in rings] == [
        (DESK, True)
    ]
    texts = [text["body"] for text in network.messages(phone.number)]
    assert not [body for body in texts if "alarm" in body.lower()]


@pytest.mark.parametrize("width", [1440, 320])
def test_a_silent_alarm_stays_on_the_desks_pages_until_it_is_over(
    served: Served, page: Page, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    phone, call = on_their_way(served)
    knows(served.world, phone)
    served.world.receive("IN9", phone.number, f"K7Q2 ok {WORD}")
    sign_in(served, page)
    page.goto(f"{served.base_url}/intake")
    lines = page.locator("#standing-lines")
    expect(lines).to_contain_text("the code K7Q2, which is of no call of theirs")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    picture(page, f"silent-{width}-lines")
    page.goto(f"{served.base_url}/board")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.locator("#banners")).to_contain_text("You take care of the alarm of Mobile 9")

    expect(page.locator(".help-alarm")).to_contain_text("until somebody says that it is")
    for place in ("/board", f"/calls/{call.reference}", "/teams", "/alarms"):
        page.goto(f"{served.base_url}{place}")
        expect(page.locator("#main")).to_contain_text(re.compile("silent alarm", re.IGNORECASE))
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        picture(page, f"silent-{width}{place.replace('/', '-')[:7]}")

    unfold(page.locator("#main"), "It is over")
    press(page, "They are safe, it is over")
    expect(page.locator("#banners")).to_contain_text("is over. They may be rung")
    page.goto(f"{served.base_url}/board")
    expect(page.locator(".help-alarm")).to_have_count(0)


def on_their_way(served: Served) -> tuple[Phone, Call]:
    (phone,) = served.world.team("Mobile 9")
    call = served.world.call(CALM, location="Pier 3")
    served.world.receive("IN1", phone.number, f"{call.code} 1")
    return phone, call


# In one look, because what is live may be put in anew between two.
COVERED_PX = """() => {
    const help = [...document.querySelectorAll("button")]
        .find(it => it.textContent.includes("I need help") && it.checkVisibility());
    const last = [...document.querySelectorAll("main a")].at(-1);
    return last.getBoundingClientRect().bottom - help.getBoundingClientRect().top;
}"""


def test_on_a_telephone_help_is_at_hand_wherever_the_page_stands(
    served: Served, page: Page
) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    phone, call = on_their_way(served)
    signs_in(served.world, phone, "test-clinician")
    sign_in(served, page, "clinician")
    page.goto(f"{served.base_url}/calls/{call.reference}")
    help_me, scrolls = page.get_by_role("button", name="I need help"), page.locator(".page")

    for type_size in ("100%", "200%"):
        page.evaluate("size => document.documentElement.style.fontSize = size", type_size)
        scrolls.evaluate("it => it.scrollTo(0, 0)")
        expect(help_me).to_be_in_viewport(ratio=1)
        scrolls.evaluate("it => it.scrollTo({ top: it.scrollHeight, behavior: 'instant' })")
        expect(help_me).to_be_in_viewport(ratio=1)
        assert page.evaluate(COVERED_PX) <= 0
    page.evaluate("document.documentElement.style.fontSize = ''")
    expect(page.locator(".own-actions .main")).to_have_text("On the way")

    press(page, "I need help")
    told = page.locator(".own-sent li", has_text="ALARM RAISED")
    expect(told).to_be_in_viewport()
    news, page_below = page.locator(".own-news").bounding_box(), scrolls.bounding_box()
    assert news
    assert page_below
    assert news["y"] + news["height"] <= page_below["y"] + 1  # it covers nothing

    (alarm,) = untaken(served.world)
    with served.world.context.unit_of_work("desk") as uow:
        alarms.take(uow, served.world.centre, uow.get(Alarm, alarm.id), "voice")
    mine = page.locator("#call-mine")
    expect(mine).to_contain_text("Somebody at the desk has your alarm since")
    page.get_by_text("I need no help any more").press("Enter")
    over = page.get_by_role("button", name="My alarm is over")
    expect(over).to_be_visible()
    at_rest(page)
    mine.scroll_into_view_if_needed()
    picture(page, "phone-alarm-taken")
    over.press("Enter")
    expect(mine).not_to_contain_text("has your alarm")
