"""A clinician's evening on a telephone, by keyboard: behind the link, with and without scripts, and
by text beside the pages."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import TELEPHONE, Served, SignIn, Tab, types_in
from tests.browser.keyboard import press, reach, tick, unfold, write
from tests.browser.test_phone_page import link_of
from tests.browser.test_reachability_page import NO_SIDEWAYS
from tests.stories.test_visits import DID, SAW, SO, THEN, signs_in
from tests.typical_calls import CALM
from triage.services import alarms, visits
from triage.storage.follow_ups import FollowUp
from triage.storage.safety import Alarm
from triage.storage.visits import Visit


def says(page: Page, button: str, told: str) -> None:
    """Press it, and read what was done."""
    press(page, button)
    expect(page.get_by_text(told).first).to_be_visible()


def taken_at_the_desk(served: Served) -> None:
    with served.world.context.unit_of_work("desk") as uow:
        alarm = uow.session.scalars(select(Alarm).filter_by(taken_at=None)).one()
        alarms.take(uow, served.world.centre, alarm, "voice")


def in_two_days(served: Served) -> tuple[str, str]:
    """Date and time as an American keyboard types them into a field for both."""
    with served.world.context.reading() as uow:
        at = uow.now.astimezone(served.world.centre.policy.time_zone) + timedelta(days=2)
    return at.strftime("%m%d%Y"), at.strftime("%I%M%p")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_from_the_link_to_the_next_follow_up(centre: Served, tab: Tab, scripts: bool) -> None:
    world, zone = centre.world, ("Harbor", "Northgate")[scripts]
    (clinician,) = world.team(f"Mobile {zone}", zones=[zone])
    signs_in(world, clinician, f"clinician-{zone.lower()}")
    call = world.call(CALM, location="Pier 3, by the crane", zone=zone)
    page = tab(TELEPHONE, scripts)
    page.goto(link_of(centre, page, call.code))
    press(page, "Open the page")  # a program that looks at links taps nothing
    page.wait_for_url("**/p/call/*")
    expect(page.locator("main")).not_to_contain_text("Pier 3")
    says(page, "Accept", "You have accepted: it is yours.")
    expect(page.locator("main")).to_contain_text("Pier 3, by the crane")
    says(page, "On the way", "You: on the way.")
    write(page, "Minutes until you arrive", "12")
    says(page, "Tell dispatch", "You arrive in 12 min.")
    says(page, "On scene", "You: on scene.")

    world.wait(minutes=21)
    if not scripts:
        page.reload()
    expect(page.locator("#call-mine")).to_contain_text("Roster check")
    says(page, "OK", "Thank you, noted.")
    expect(page.locator("#call-mine")).not_to_contain_text("Roster check")
    says(page, "I need help", "ALARM RAISED")
    taken_at_the_desk(centre)
    if not scripts:
        page.reload()
    unfold(page, "I need no help any more")
    says(page, "My alarm is over", "Dispatch is told that your alarm is over.")
    expect(page.locator("#call-mine")).not_to_contain_text("has your alarm")
    assert page.evaluate(NO_SIDEWAYS)
    says(page, "Cleared", "You: cleared.")

    press(page, "Write the visit note", "link")
    types_in(page, f"clinician-{zone.lower()}")
    page.wait_for_url("**/visit")
    write_the_note(centre, page)
    expect(page.get_by_role("heading", name="Your note")).to_be_visible()
    assert page.evaluate(NO_SIDEWAYS)
    press(page, "Back to the call", "link")
    expect(page.get_by_role("link", name=re.compile("Visit note: written"))).to_be_visible()
    with world.context.reading() as uow:
        visit = uow.session.scalars(select(Visit).filter_by(call_id=call.id)).one()
        assert [getattr(visit, part) for part in visits.PARTS] == [SAW, DID, SO, THEN]
        assert (visit.disposition, visit.verdict) == ("linked_to_care", 1)
        asked_for = select(FollowUp.kind).filter_by(call_id=call.id, rule="visit")
        assert uow.session.scalars(asked_for).all() == ["call_back"]


def write_the_note(served: Served, page: Page) -> None:
    for label, text in (
        ("Behavior", SAW),
        ("Intervention", DID),
        ("Response", SO),
        ("Plan", THEN),
        ("How it ended", "Linked"),
    ):
        write(page, label, text)
    tick(page, "Right team")
    write(page, "Next contact", "Ring")
    day, clock = in_two_days(served)
    write(page, "When", day)
    page.keyboard.press("Tab")
    page.keyboard.type(clock)
    press(page, "Write it down")


def test_the_same_by_text_is_read_on_both_pages(centre: Served, as_somebody: SignIn) -> None:
    world = centre.world
    (phone,) = world.team("Mobile Text", zones=["Riverside"])
    signs_in(world, phone, "texter")
    call = world.call(CALM, location="Old mill", zone="Riverside")
    desk = as_somebody("dispatcher", f"/calls/{call.reference}")
    own = as_somebody("clinician", f"/calls/{call.reference}", "texter")
    comes, mine = desk.locator("#call-dispatches"), own.locator("#call-mine")
    texts = desk.locator("#call-messages")

    def texting(words: str, at_the_desk: str, on_their_page: str) -> None:
        phone.text(f"{call.code} {words}")
        expect(comes).to_contain_text(at_the_desk)
        expect(mine).to_contain_text(on_their_page)
        expect(texts).to_contain_text(f"{call.code} {words}")

    texting("1 ETA 12", "ETA", "You arrive at")
    texting("GO", "On the way", "On the way")
    texting("SCENE", "On scene", "On scene")
    phone.text("CANCEL")  # a carrier's word acts on no call
    expect(comes).to_contain_text("On scene")
    phone.text(f"{call.code} NOTE he sits by the wheel")
    expect(desk.locator("#call-timeline")).to_contain_text("he sits by the wheel")
    phone.text("HELP")
    expect(desk.locator("#call-alarms")).to_contain_text("NEEDS HELP")
    expect(mine).to_contain_text("rings at dispatch")
    desk.keyboard.press("a")
    desk.keyboard.press("Enter")
    expect(mine).to_contain_text("has your alarm since")
    texting("CLEAR", "Cleared", "Cleared")
    phone.text("1")
    expect(desk.locator("#call-timeline")).to_contain_text(re.compile("right team", re.IGNORECASE))


def test_a_no_goes_to_the_next_and_a_yes_can_be_given_back(
    centre: Served, as_somebody: SignIn
) -> None:
    world = centre.world
    (phone,) = world.team("Mobile No", zones=["Downtown"])
    signs_in(world, phone, "declines")
    for scripts in (True, False):
        call = world.call(CALM, zone="Downtown")
        own = as_somebody("clinician", f"/calls/{call.reference}", "declines", scripts)
        says(own, "Decline", "You have declined.")
        call = world.call(CALM, zone="Downtown")
        own.goto(f"{centre.base_url}/calls/{call.reference}")
        says(own, "Accept", "You have accepted: it is yours.")
        says(own, "Give it back", "You have given it back.")


def test_silence_on_scene_is_an_alarm_at_the_desk(centre: Served, as_somebody: SignIn) -> None:
    world = centre.world
    (phone,) = world.team("Mobile Silent", zones=["Hilltop"])
    signs_in(world, phone, "silent")
    call = world.call(CALM, zone="Hilltop")
    for word in ("1", "SCENE"):
        phone.text(f"{call.code} {word}")
    desk = as_somebody("dispatcher", "/board")
    own = as_somebody("clinician", "/my-calls", "silent")
    press(own, f"Open {call.code}", "link")
    expect(own.locator("#call-mine")).to_contain_text("On scene")
    world.wait(minutes=21)
    world.wait(minutes=5)
    world.wait(minutes=5)
    line = desk.locator(".help-alarm", has_text="Mobile Silent")
    expect(line).to_be_visible()

    reach(own.get_by_role("button", name="OK", exact=True))
    own.keyboard.press("Enter")
    expect(own.get_by_role("status")).to_contain_text("Thank you, noted.")
    desk.keyboard.press("a")
    expect(line.locator("[data-take]")).to_be_focused()
    desk.keyboard.press("Enter")
    unfold(line, "It is over")
    press(line, "They are safe, it is over")
    expect(line).to_have_count(0)
