"""What happens to calls, each flow by keyboard, where it can be with scripts and without them."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESK, Served, SignIn, Tab, types_in
from tests.browser.keyboard import press, reach, unfold, write
from tests.stories.test_visits import signs_in
from tests.typical_calls import CALM

BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
WISH = (
    ("Who says so", "The caller"),
    ("Asked safely, with nobody listening?", "No"),
    ("Was the person in crisis spoken to?", "No"),
)


@BOTH
def test_who_is_coming_is_told_and_told_again_when_it_changes(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    world, zone = centre.world, ("Harbor", "Northgate")[scripts]
    (phone,) = world.team(f"Mobile {zone}", zones=[zone])
    call = world.call(CALM, caller_phone="202-555-0143", zone=zone)
    desk = as_somebody("dispatcher", f"/calls/{call.reference}", scripts=scripts)
    who = desk.get_by_role("region", name="Who is coming?")
    expect(who).to_contain_text("We have asked for a crisis clinician")
    write(who, "Or why not", "They hung up")
    press(who, "Not told")
    expect(who).to_contain_text("Not told: They hung up.")
    told_by_key = ["Alt+g", "Enter"]
    for key in told_by_key if scripts else ():
        desk.wait_for_load_state()
        desk.keyboard.press(key)
    if not scripts:
        press(who, "Told")
    expect(who).to_contain_text("Told.")

    phone.text(f"{call.code} 1 ETA 9")
    if not scripts:
        desk.reload()
    expect(who).to_contain_text("It has changed: tell the caller again")
    expect(who).to_contain_text("A crisis clinician will come to you.")
    press(who, "Told again")
    expect(who).not_to_contain_text("It has changed")

    press(who, "The caller cannot speak freely")
    expect(who).to_contain_text("one digit or cough for yes, two for no")
    press(who, "The caller can speak freely again")
    expect(who).not_to_contain_text("one digit or cough")


@BOTH
def test_a_lost_line_is_rung_back_until_the_caller_is_there(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    call = centre.world.call(CALM, location="Ferry steps", caller_phone="202-555-0143")
    desk = as_somebody("dispatcher", f"/calls/{call.reference}", scripts=scripts)
    unfold(desk, "Line lost")
    press(desk, "The line was lost")
    lost = desk.get_by_role("region", name="Line lost")
    expect(lost).to_contain_text("Ferry steps")
    press(lost, "No answer")
    expect(lost).to_contain_text("1. No answer")
    press(lost, "Reached")
    expect(lost).to_have_count(0)
    expect(desk.locator("#call-timeline")).to_contain_text("the caller is on the line again")


@BOTH
def test_a_clinician_agrees_to_a_cancel_at_their_own_page(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    world, zone = centre.world, ("Downtown", "Hilltop")[scripts]
    (phone,) = world.team(f"Mobile {zone}", zones=[zone])
    signs_in(world, phone, f"asked-{zone.lower()}")
    call = world.call(CALM, zone=zone)
    path = f"/calls/{call.reference}"
    desk = as_somebody("dispatcher", path, scripts=scripts)
    for answer in ("Refuse: the call stands", "Agree: cancel the call"):
        unfold(desk, "Never mind, cancel")
        for label, said in WISH:
            write(desk.locator("#never-mind"), label, said)
        press(desk, "Ask for agreement")
        expect(desk.get_by_role("region", name="Never mind, cancel")).to_be_visible()
        own = as_somebody("clinician", path, f"asked-{zone.lower()}", scripts)
        press(own, answer)
        expect(own.locator("#banners")).to_be_visible()
        desk.goto(desk.url.split("#")[0])
    expect(desk.locator("#call-head")).to_contain_text("Caller canceled")


@BOTH
def test_another_county_refuses_and_the_call_is_ours_again(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    call = centre.world.call(CALM, location="Millbrook, by the mill")
    desk = as_somebody("dispatcher", f"/calls/{call.reference}", scripts=scripts)
    unfold(desk, "Another county's call")
    write(desk.locator("#neighbour"), "Whose call it is", "Carver")
    press(desk, "Ring them now")
    press(desk, "They refuse it")
    expect(desk.locator("#banners")).to_contain_text("the call is ours again")


@BOTH
def test_a_hospital_asks_for_a_clinician(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    desk = as_somebody("dispatcher", "/intake", scripts=scripts)
    press(desk, "Officer or hospital asks", "link")
    press(desk, "Ask for a clinician")
    expect(desk.locator(".summary")).to_be_visible()
    for label, text in (
        ("Who asks", "A hospital"),
        ("Unit or hospital", "St. Anne"),
        ("Place", "Ward 3"),
        ("What is needed", "Somebody to talk to him"),
        ("Officer on scene", "No"),
    ):
        write(desk, label, text)
    press(desk, "Ask for a clinician")
    desk.wait_for_url("**/calls/*")
    expect(desk.locator("#call-callers")).to_contain_text("St. Anne")


@BOTH
def test_a_clinician_comes_upon_somebody_and_the_desk_sees_it(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    world, name = centre.world, f"Finder {scripts:d}"
    (phone,) = world.team(name, zones=["Riverside"])
    signs_in(world, phone, f"finder-{scripts:d}")
    own = as_somebody("clinician", "/my-calls", f"finder-{scripts:d}", scripts)
    press(own, "I am with somebody", "link")
    write(own, "Where you are", "Steps of the library")
    write(own, "What happens", "He sits in the rain")
    press(own, "Open the call, I am on scene")
    expect(own.locator("#call-mine")).to_contain_text("On scene")
    desk = as_somebody("dispatcher", "/board", scripts=scripts)
    expect(desk.locator("main")).to_contain_text(f"{name} on scene")


@BOTH
def test_what_another_system_wrote_is_confirmed_field_by_field(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    desk = as_somebody("dispatcher", "/intake", scripts=scripts)
    press(desk, "Paste from CAD or ALI")
    expect(desk.get_by_label("The text, as it stands there").first).to_be_focused()
    desk.keyboard.insert_text("Phone: 202-555-0142\nCAD #: 26-004711\nADDR: 12 Mill Lane")
    press(desk.locator("#paste") if scripts else desk, "Read it")
    reach(desk.get_by_label("Take Call-back number"))
    desk.keyboard.press("Space")  # not this one
    press(desk, "Fill the form")
    expect(desk.locator("#f-location")).to_have_value("12 Mill Lane")
    expect(desk.locator("#f-external_id")).to_have_value("26-004711")
    expect(desk.locator("#f-caller_phone")).to_have_value("")


@BOTH
def test_another_response_is_chosen_while_the_call_is_taken_and_one_is_closed_unsent(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    desk = as_somebody("dispatcher", "/intake", scripts=scripts)
    reach(desk.locator("#f-location"))
    desk.keyboard.type("Depot, track 2")
    reach(desk.locator("#f-narrative"))
    desk.keyboard.type("He breaks windows")
    ways = desk.locator(".instead")
    expect(ways).to_be_in_viewport(ratio=1)
    if scripts:
        desk.keyboard.press("Alt+o")
    else:
        unfold(ways, "Choose another response")
    write(ways, "Send instead", "Police patrol")
    press(desk.locator(".send-bar"), "S")
    expect(desk.locator(".summary")).to_contain_text("reason")  # it costs one
    write(ways, "Reason", "What we know")
    press(desk, "Send Police patrol")
    desk.wait_for_url("**/calls/*")
    expect(desk.locator("#call-decision")).to_contain_text("What we know of the person or place")

    desk.goto(f"{centre.base_url}/intake")
    reach(desk.locator("#f-narrative"))
    desk.keyboard.type("Nobody says a word")
    if scripts:
        desk.keyboard.press("Alt+x")
    else:
        unfold(ways, "Close without sending")
    write(ways, "Why nobody is sent", "Wrong number")
    press(desk, "Close this call")
    desk.wait_for_url("**/calls/*")
    expect(desk.locator("#call-head")).to_contain_text("Wrong number or pocket dial")


def test_a_sign_in_that_is_asked_for_leads_back(centre: Served, tab: Tab) -> None:
    page = tab(DESK)
    page.goto(f"{centre.base_url}/board")
    types_in(page, centre.world.account("dispatcher"))
    page.wait_for_url(re.compile("/board$"))
