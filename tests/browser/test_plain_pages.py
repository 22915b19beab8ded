"""What a night brings beside the main path, in browsers that run no scripts, by keyboard alone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served, SignIn
from tests.browser.keyboard import press, reach, tick, unfold, write
from tests.stories.test_calls import close
from tests.stories.test_calls_from_paper import at
from tests.stories.test_transfers import TALKS
from tests.typical_calls import CALM
from triage.storage.calls import Call


@pytest.fixture
def plain(as_somebody: SignIn) -> Page:
    return as_somebody("dispatcher", "/board", scripts=False)


def opened(plain: Page, centre: Served, call: Call) -> Page:
    plain.goto(f"{centre.base_url}/calls/{call.reference}")
    return plain


def test_a_caller_is_handed_over_to_the_line_and_comes_back(centre: Served, plain: Page) -> None:
    centre.world.team("Mobile 1")
    call = centre.world.call(TALKS, caller_phone="(202) 555-0143")
    line = opened(plain, centre, call).get_by_role("region", name="Crisis line")
    expect(line).to_contain_text("Ring the line and stay with the caller")
    for button, said in (
        ("The line rings", "Rings"),
        ("Counselor on the line", "Introduce the caller"),
        ("Caller released", "With Crisis line since"),
        ("Line lost", "ring the caller back"),
    ):
        press(line, button)
        expect(line).to_contain_text(said)
    expect(plain.locator("main")).to_contain_text("CALL BACK")
    press(plain, "Board", "link")
    expect(plain.locator("main")).to_contain_text("LINE LOST: ring the caller back")


def test_a_team_is_relieved_by_one_that_comes_on_shift(centre: Served, plain: Page) -> None:
    world, zone = centre.world, ["Hilltop"]
    (tired,) = world.team("Tired", zones=zone)
    call = world.call(CALM, zone="Hilltop")
    for word in ("1", "scene"):
        tired.text(f"{call.code} {word}")
    (fresh,) = world.team("Fresh", zones=zone)
    asked = opened(plain, centre, call).locator("#call-dispatches")
    press(asked, "Wants a relief")
    expect(asked).to_contain_text("They stay responsible until somebody has accepted")
    world.settle()
    fresh.text(f"{call.code} 1")
    plain.reload()
    expect(asked).to_contain_text("Fresh")
    press(asked, "On scene")
    expect(plain.locator("#banners")).to_contain_text("Fresh")


def test_new_facts_are_weighed_again_and_nothing_is_sent_unasked(
    centre: Served, plain: Page
) -> None:
    centre.world.team("Mobile Facts", zones=["Riverside"])
    call = centre.world.call(CALM, zone="Riverside")
    answers = opened(plain, centre, call)
    weapon = answers.locator("[data-fact=weapon]")
    tick(weapon, "In hand")
    press(answers, "Save the answers")
    expect(answers.locator("#call-not-sent")).to_contain_text("Recommended, not sent: CIT officer")
    unfold(answers, "Earlier assessments")
    expect(answers.locator("#earlier-assessments")).to_contain_text("CIT officer")
    press(answers.locator("#call-not-sent"), "Send")
    expect(answers.locator("#call-dispatches")).to_contain_text("Dispatch in CAD")


def test_an_alarm_is_taken_on_the_board_and_ended(centre: Served, plain: Page) -> None:
    (phone,) = centre.world.team("Mobile 9", zones=["Northgate"])
    call = centre.world.call(CALM, zone="Northgate")
    for number, word in enumerate(("1", "ASSIST")):
        centre.world.receive(f"IN{number}", phone.number, f"{call.code} {word}")
    plain.reload()
    alarm = plain.locator(".help-alarm")
    expect(alarm).to_contain_text("Mobile 9 (clinician) NEEDS HELP")
    press(alarm, "I take care of it")
    expect(plain.locator("#banners")).to_contain_text("You take care of the alarm of Mobile 9")
    expect(alarm).to_contain_text("Test dispatcher has it since")
    unfold(alarm, "It is over")
    press(alarm, "They are safe, it is over")
    expect(plain.locator("#banners")).to_contain_text("The alarm of Mobile 9 is over")
    expect(alarm).to_have_count(0)


def test_a_danger_is_noted_and_read_by_the_next_intake(centre: Served, plain: Page) -> None:
    call = centre.world.call(CALM, location="9 Quay Street", zone="Harbor")
    opened(plain, centre, call)
    unfold(plain, "Write a hazard note")
    note = plain.locator("#hazard")
    write(note, "What is dangerous", "A large dog in the yard")
    write(note, "About", "9 Quay")
    write(note, "Ends after days", "90")
    press(note, "Write the note")
    expect(plain.locator("#call-hazards")).to_contain_text("A large dog in the yard")

    press(plain, "New call", "link")
    expect(plain.locator("#f-location")).to_be_focused()
    plain.keyboard.type("9 Quay Street")
    plain.keyboard.press("Enter")
    expect(plain.locator("#known")).to_contain_text("A large dog in the yard")
    expect(plain.locator("#known")).to_contain_text(call.code)


def test_a_past_call_is_found_and_opened(centre: Served, plain: Page) -> None:
    call = centre.world.call(CALM, location="Ferry steps", external_id="P26-004712")
    close(centre.world, call, "duplicate")
    press(plain, "Past calls", "link")
    write(plain, "Code, reference or CAD number", "p26 4712")
    press(plain, "Find")
    press(plain, call.code, "link")
    plain.wait_for_url(f"**/calls/{call.reference}")
    expect(plain.locator("#call-head")).to_contain_text("Duplicate")


def test_a_call_from_paper_is_written_down_with_its_true_time(centre: Served, plain: Page) -> None:
    plain.goto(f"{centre.base_url}/intake/paper")
    write(plain, "Place, as the caller said it", "Old ferry, gate 2")
    press(plain, "Write it down")  # it says what is missing and keeps the rest
    expect(plain.locator(".summary")).to_contain_text("When it came in")
    expect(plain.get_by_label("Place, as the caller said it")).to_have_value("Old ferry, gate 2")
    year, month, day, hour, minute = re.split(r"\D", at(centre.world, 120))
    half = "PM" if int(hour) >= 12 else "AM"
    reach(plain.get_by_label("When it came in"))
    plain.keyboard.type(f"{month}{day}{year}")
    plain.keyboard.press("ArrowRight")
    plain.keyboard.type(f"{int(hour) % 12 or 12:02}{minute}{half}")
    write(plain, "What happened, in the caller's words", "She cried and went home")
    reach(plain.locator("[name=disposition]"))
    plain.keyboard.type("Resolved on the telephone")
    press(plain, "Write it down")
    plain.wait_for_url("**/calls/*")
    expect(plain.locator("#call-timeline")).to_contain_text("Written down from paper.")
    expect(plain.locator("main")).to_contain_text("Old ferry, gate 2")
