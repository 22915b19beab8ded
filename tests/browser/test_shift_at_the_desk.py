"""What a dispatcher does on a call's page by keyboard, with scripts and without them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Served, SignIn
from tests.browser.keyboard import press, reach, unfold, write
from tests.browser.test_call_flows import look
from tests.stories.test_referrals import CHILD
from tests.typical_calls import CALM

BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])


@BOTH
def test_a_call_is_worked_by_radio_from_the_first_no_to_the_end(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    world, zone = centre.world, ("Harbor", "Northgate")[scripts]
    for one in (1, 2):
        world.team(f"{zone} {one}", zones=[zone])
    call = world.call(CALM, location="Pier 9", zone=zone, caller_phone="202-555-0143")
    world.settle()
    desk = as_somebody("dispatcher", f"/calls/{call.reference}", scripts=scripts)
    comes, told = desk.locator("#call-dispatches"), desk.locator("#banners")
    press(desk, "Declines, radio")
    expect(comes).to_contain_text("declined")
    unfold(comes, "Assign by hand")
    write(comes, "Member on shift, the best first", f"{zone} 2")
    press(comes, "Assign")
    expect(comes).to_contain_text("Accepted")
    write(comes, "Minutes until arrival", "12")
    press(comes, "Set ETA")
    expect(told).to_contain_text("arrives in 12 min")
    for button, doing in (
        ("Waits near", "waits near"),
        ("On scene", "on scene"),
        ("All is well", "all is well"),
        ("Transporting", "transporting"),
        ("Cleared", "cleared"),
    ):
        press(comes, button)
        expect(told).to_contain_text(doing)
    desk.wait_for_load_state()
    if scripts:
        desk.keyboard.press("Alt+x")
    else:
        unfold(desk, "Close this call")
    write(desk.locator("#closing"), "How it ended", "Linked")
    press(desk, "Close the call")
    expect(desk.locator("#call-head")).to_contain_text("Linked to care or services")


@BOTH
def test_everybody_who_rings_or_can_help_is_written_down_and_what_comes_after_planned(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    world = centre.world
    partner = world.partner(f"Child care {scripts:d}", "child_protection")
    world.partner(f"Night shelter {scripts:d}", "shelter")
    call = world.call(CHILD, location="Quay 4", caller_phone="202-555-0143")
    desk = as_somebody("dispatcher", f"/calls/{call.reference}", scripts=scripts)

    unfold(desk, "Attach another caller")
    another = desk.locator("#another-caller")
    write(another, "Call-back number", "202-555-0199")
    write(another, "What they say", "She is on the roof now")
    press(another, "Attach")
    expect(desk.locator("#call-callers")).to_contain_text("She is on the roof now")
    press(desk, "Not the same incident")
    expect(desk.locator("#call-callers")).to_contain_text("another incident")

    unfold(desk, "Note somebody else")
    write(desk.locator("#third-party"), "Name", "Rosa, her aunt")
    press(desk, "Note them")
    expect(desk.locator("#call-callers")).to_contain_text("Rosa, her aunt")

    unfold(desk, "Plan a follow-up")
    after = desk.locator("#afterwards")
    write(after, "What is to be done", "Ring the person")
    write(after, "Who does it", "dispatcher")
    write(after, "In how many hours", "24")
    press(after, "Plan it")
    follow_ups = desk.locator("#call-follow-ups")
    expect(follow_ups).to_contain_text("Call back")
    unfold(desk, "Plan a follow-up")
    write(after, "Refer to", "Shelter")
    press(after, "Refer")
    expect(follow_ups).to_contain_text("Night shelter")
    partner.text(f"{call.reference} 1")
    if not scripts:
        desk.reload()
    expect(follow_ups).to_contain_text("They took it")

    unfold(desk, "Text for a handover")
    press(desk.locator("#handover"), "They have it")
    expect(desk.locator("#call-timeline")).to_contain_text(re.compile("[Hh]andover"))


def test_new_facts_say_what_changed_and_nothing_is_sent_unasked(
    centre: Served, as_somebody: SignIn
) -> None:
    world = centre.world
    world.team("Mobile Facts", zones=["Riverside"])
    call = world.call(CALM, zone="Riverside")
    desk = as_somebody("dispatcher", f"/calls/{call.reference}")
    expect(desk.locator("[data-as-of]")).to_contain_text("Data as of")
    desk.keyboard.press("Alt+q")
    weapon = desk.locator("[data-fact=weapon]")
    while not weapon.evaluate("it => it.contains(document.activeElement)"):
        desk.keyboard.press("ArrowUp")
    desk.keyboard.press("1")
    expect(desk.locator("#call-not-sent")).to_contain_text("Recommended, not sent: CIT officer")
    unfold(desk, "Earlier assessments")
    expect(desk.locator("#earlier-assessments")).to_contain_text("CIT officer")
    look(desk, "reassessed")
    desk.set_viewport_size({"width": 1440, "height": 900})
    desk.keyboard.press("Control+Enter")
    expect(desk.locator("#call-dispatches")).to_contain_text("Dispatch in CAD")
    write(desk.locator("#call-dispatches"), "Unit", "4A12")
    write(desk.locator("#call-dispatches"), "CAD number", "26-004711")
    desk.keyboard.press("Enter")
    expect(desk.locator("#call-dispatches")).to_contain_text("4A12")


@BOTH
def test_a_call_is_given_to_a_colleague_who_takes_it(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    call = centre.world.call(CALM, location="Pier 3")
    path = f"/calls/{call.reference}"
    giver = as_somebody("dispatcher", path, scripts=scripts)
    taker = as_somebody("supervisor", path, scripts=scripts)
    press(giver, "Take this call")
    expect(giver.locator("#call-desk")).to_contain_text("You have this call")
    unfold(giver, "Give it on")
    write(giver.locator("#desk-give"), "To", "Test supervisor")
    press(giver, "Give this call")
    expect(giver.locator("#call-desk")).to_contain_text("not accepted yet")
    if not scripts:
        taker.reload()
    expect(taker.locator("#call-desk")).to_contain_text("Test dispatcher gives you this call")
    press(taker, "Take it")
    expect(taker.locator("#call-desk")).to_contain_text("You have this call")
    if not scripts:
        giver.reload()
    expect(giver.locator("#call-desk")).to_contain_text("Test supervisor has this call")


def test_what_is_said_instead_of_sending_is_in_sight_and_two_keys_away(
    centre: Served, as_somebody: SignIn
) -> None:
    call = centre.world.call(CALM)
    desk = as_somebody("dispatcher", f"/calls/{call.reference}")
    ways = desk.get_by_role("navigation", name="What else can be done")
    for width in (1440, 320):
        desk.set_viewport_size({"width": width, "height": 900})
        expect(ways).to_be_visible()
    for way, field in (("Choose another response", "Send"), ("Close this call", "How it ended")):
        press(ways, way, "link")
        expect(desk.locator("#otherwise, #closing").get_by_label(field).first).to_be_focused()


@BOTH
def test_the_board_is_narrowed_and_put_in_order_and_a_call_opened(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    here = centre.world.call({}, location="Old mill", zone="Hilltop")
    centre.world.call({}, location="Gate 5", zone="Downtown")
    desk = as_somebody("dispatcher", "/board", scripts=scripts)
    choice, rows = desk.locator("#board-choice"), desk.locator("#board-rows")
    if not scripts:  # it reloads by itself, which leads nobody by the hand
        expect(desk.locator("meta[http-equiv=refresh]")).to_have_count(1)
        reach(desk.locator("noscript a", has_text="Hold it still"))
        desk.keyboard.press("Enter")
        expect(desk.locator("noscript a", has_text="Let it reload")).to_be_visible()
    write(choice, "Zone", "Hilltop")
    if not scripts:  # with them a choice acts at once
        press(choice, "Show these")
        desk.wait_for_url("**zone=Hilltop**")
        expect(desk.locator("meta[http-equiv=refresh]")).to_have_count(0)
    expect(rows).to_contain_text("Old mill")
    expect(rows).not_to_contain_text("Gate 5")
    press(rows, here.code, "link")
    desk.wait_for_url(f"**/calls/{here.reference}")


@BOTH
def test_of_what_happened_the_newest_stand_there_and_the_rest_is_one_key_away(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    zone = ("Harbor", "Northgate")[scripts]
    (phone,) = centre.world.team(f"{zone} 3", zones=[zone])
    call = centre.world.call(CALM, zone=zone)
    for word in ("1", "en route", "scene"):
        phone.text(f"{call.code} {word}")
    desk = as_somebody("dispatcher", f"/calls/{call.reference}", scripts=scripts)
    timeline = desk.locator("#call-timeline")
    first = timeline.get_by_text("Call taken")
    expect(timeline.locator("li:visible")).to_have_count(10)
    expect(first).to_be_hidden()
    if scripts:
        desk.keyboard.press("Alt+e")
    else:
        unfold(timeline, "earlier")
    expect(first).to_be_visible()
