"""Journeys of one day, each short, by keyboard: at the desk, on a telephone, with rules."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import Served, SignIn
from tests.browser.keyboard import press, reach, tick, unfold, write
from tests.browser.test_call_flows import look
from tests.browser.test_reachability_page import NO_SIDEWAYS
from tests.stories.test_call_page import act
from tests.stories.test_calls import close
from tests.stories.test_calls_from_paper import at
from tests.stories.test_visits import signs_in
from tests.typical_calls import CALM
from tests.world import Phone
from triage.storage.teams import Shift

RULES = "/rules/denver-star"

ONE_OVER_ANOTHER = """() => [...document.querySelectorAll('.call-row')].flatMap((row) => {
  const parts = [...row.querySelectorAll('.badge, .level, .ageing, .which .reference')];
  const boxes = parts.map((part) => [part.textContent.trim(), part.getBoundingClientRect()]);
  return boxes.flatMap(([one, a], place) => boxes.slice(place + 1)
    .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
      && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1)
    .map(([other]) => `${one} / ${other}`));
})"""
"""What of a row of the board stands over something else of it."""


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_a_shift_is_swapped_by_telephone_and_a_supervisor_agrees(
    centre: Served, as_somebody: SignIn, scripts: bool
) -> None:
    world, plain = centre.world, "" if scripts else " plain"
    names = f"Mobile 3{plain}", f"Mobile 4{plain}"
    mine, theirs = (world.team(name, skills=[f"asl{plain}"])[0] for name in names)
    signs_in(world, mine, f"giver{plain.strip()}")
    signs_in(world, theirs, f"taker{plain.strip()}")
    begins_in_an_hour(centre, mine)
    free_then(centre, theirs)

    giver = as_somebody("clinician", "/shifts", f"giver{plain.strip()}", scripts)
    unfold(giver, "Offer it to a colleague")
    write(giver, "To whom", names[1])
    press(giver, "Offer it")
    expect(giver.locator("main")).to_contain_text("It stays yours until a supervisor has agreed")
    assert giver.evaluate(NO_SIDEWAYS)

    taker = as_somebody("clinician", "/shifts", f"taker{plain.strip()}", scripts)
    expect(taker.get_by_text("A colleague offers you a shift.")).to_be_visible()
    press(taker, "Take it")
    expect(taker.get_by_text("You would take it")).to_be_visible()
    assert taker.evaluate(NO_SIDEWAYS)

    boss = as_somebody("supervisor", "/shifts", scripts=scripts)
    expect(boss.get_by_text("waits for you to agree")).to_be_visible()
    press(boss, "Agree")
    expect(boss.get_by_text("from now on it is the colleague")).to_be_visible()

    giver.reload()
    expect(giver.locator("main")).to_contain_text("No shift is planned for you")
    taker.reload()
    expect(taker.get_by_role("region", name="Your shifts")).to_contain_text(names[1])


def begins_in_an_hour(centre: Served, phone: Phone) -> None:
    with centre.world.context.unit_of_work("test") as uow:
        (shift,) = uow.session.scalars(select(Shift).filter_by(responder_id=phone.responder_id))
        shift.starts_at = uow.now + timedelta(hours=1)
        shift.ends_at = uow.now + timedelta(hours=9)


def free_then(centre: Served, phone: Phone) -> None:
    with centre.world.context.unit_of_work("test") as uow:
        for shift in uow.session.scalars(select(Shift).filter_by(responder_id=phone.responder_id)):
            uow.session.delete(shift)


def test_another_response_is_chosen_a_danger_noted_and_read_by_the_next_intake(
    centre: Served, as_somebody: SignIn
) -> None:
    call = centre.world.call(CALM, location="7 Quay Street", zone="Harbor")
    page = as_somebody("dispatcher", f"/calls/{call.reference}")
    page.keyboard.press("Alt+o")
    expect(page.locator("#otherwise").get_by_label("Send")).to_be_focused()
    page.keyboard.type("Police patrol")
    page.keyboard.press("Tab")
    page.keyboard.type("What we know")
    press(page, "Send this instead")
    expect(page.locator("#call-decision")).to_contain_text(
        re.compile("Police patrol chosen instead of .+: What we know of the person or place")
    )

    unfold(page, "Write a hazard note")
    write(page.locator("#hazard"), "What is dangerous", "A large dog in the yard")
    write(page.locator("#hazard"), "About", "7 Quay")
    write(page.locator("#hazard"), "Ends after days", "90")
    press(page, "Write the note")
    expect(page.locator("#call-hazards")).to_contain_text("A large dog in the yard")

    page.goto(f"{centre.base_url}/intake")
    expect(page.locator("#f-location")).to_be_focused()
    page.keyboard.press("?")  # in the field that has the focus
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.type("7 Quay Street?")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    expect(page.locator("#known")).to_contain_text("A large dog in the yard")
    expect(page.locator("#known")).to_contain_text(call.code)


def test_the_call_of_another_county_stays_open_until_they_have_taken_it(
    centre: Served, as_somebody: SignIn
) -> None:
    call = centre.world.call(CALM, location="Millbrook, by the mill")
    page = as_somebody("dispatcher", f"/calls/{call.reference}")
    unfold(page, "Another county's call")
    write(page, "Whose call it is", "Carver")
    press(page, "Ring them now")
    offered = page.get_by_role("region", name="Another county's call")
    expect(offered).to_contain_text("+12025550177")
    write(page, "Who took it there", "Position 3, Lee")
    press(page, "They took it")
    expect(page.locator("#call-timeline")).to_contain_text("took the call")


def test_a_supervisor_agrees_to_a_cancel_and_the_desk_tells_the_unit_by_radio(
    centre: Served, as_somebody: SignIn
) -> None:
    call = centre.world.call(CALM | {"weapon": "in_hand"}, location="Ferry steps")
    unit = {"unit": "4A12", "cad_number": "26-1"}
    act(centre.world.client("dispatcher"), call, "/handed-over", unit)
    desk = as_somebody("dispatcher", f"/calls/{call.reference}")
    desk.keyboard.press("Alt+m")
    for label, said in (
        ("Who says so", "The caller"),
        ("Asked safely, with nobody listening?", "No"),
        ("Was the person in crisis spoken to?", "No"),
    ):
        write(desk.locator("#never-mind"), label, said)
    desk.keyboard.press("Control+Enter")
    expect(desk.get_by_role("region", name="Never mind, cancel")).to_contain_text(
        "goes on as before"
    )

    boss = as_somebody("supervisor", f"/calls/{call.reference}")
    press(boss, "Agree: cancel the call")
    to_tell = "TELL 4A12 BY RADIO: they need not come"
    expect(boss.get_by_role("region", name="To tell by radio")).to_contain_text(to_tell)
    desk.goto(f"{centre.base_url}/board")
    owed = desk.get_by_role("region", name="Tell by radio")
    expect(owed).to_contain_text(to_tell)
    look(desk, "tell-by-radio")
    press(desk, "They were told by radio")
    expect(owed).to_have_count(0)
    boss.reload()
    expect(boss.locator("#call-timeline")).to_contain_text("need not come: done")


def test_a_past_call_is_found_by_what_is_left_of_its_cad_number(
    centre: Served, as_somebody: SignIn
) -> None:
    call = centre.world.call(CALM | {"weapon": "in_hand"}, location="Ferry steps")
    unit = {"unit": "4A12", "cad_number": "P26-004712"}
    act(centre.world.client("dispatcher"), call, "/handed-over", unit)
    page = as_somebody("dispatcher", "/past-calls")
    write(page, "Code, reference or CAD number", "p26 4712")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("1 call is still open and not listed here.")
    press(page, "Show what is still open")
    expect(page.get_by_role("row").filter(has_text=call.reference)).to_be_visible()

    close(centre.world, call, "duplicate")
    write(page, "State", "Closed")
    press(page, "Find")
    reach(page.get_by_role("link", name=re.compile(call.reference)))
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/calls/{call.reference}")
    page.go_back()
    expect(page.get_by_role("row").filter(has_text=call.reference)).to_be_visible()


def test_an_officer_asks_for_a_clinician_and_a_clinician_comes_upon_somebody(
    centre: Served, as_somebody: SignIn
) -> None:
    desk = as_somebody("dispatcher", "/field-request")
    write(desk, "Who asks", "An officer")
    write(desk, "Unit or hospital", "Adam 12")
    write(desk, "Place", "Bus station, bay 4")
    write(desk, "What is needed", "Somebody to talk to her")
    write(desk, "Officer on scene", "Yes")
    press(desk, "Ask for a clinician")
    desk.wait_for_url("**/calls/*")
    expect(desk.locator("#call-timeline")).to_contain_text("Call taken")

    (phone,) = centre.world.team("Mobile 5")
    signs_in(centre.world, phone, "finder")
    mine = as_somebody("clinician", "/on-view", "finder")
    write(mine, "Where you are", "Steps of the library")
    write(mine, "What happens", "He sits in the rain and shivers")
    press(mine, "Open the call, I am on scene")
    expect(mine.locator("#call-mine")).to_contain_text("On scene")
    assert mine.evaluate(NO_SIDEWAYS)
    desk.goto(f"{centre.base_url}/board")
    expect(desk.locator("main")).to_contain_text("Mobile 5 on scene")


def test_a_follow_up_is_kept_and_a_call_from_paper_written_down(
    centre: Served, as_somebody: SignIn
) -> None:
    call = centre.world.call(CALM, location="Pier 9")
    page = as_somebody("dispatcher", "/follow-ups")
    reach(page.get_by_role("row").filter(has_text=call.reference).get_by_role("link").first)
    page.keyboard.press("Enter")
    page.wait_for_url("**/follow-ups/*")
    tick(page, "Done")
    write(page, "Note", "They sleep at their sister's")
    press(page, "Write it down")
    expect(page.locator("main")).to_contain_text("They sleep at their sister's")

    page.goto(f"{centre.base_url}/intake/paper")
    page.get_by_label("Place, as the caller said it").fill("Old ferry, gate 2")
    press(page, "Write it down")
    expect(page.locator(".summary")).to_be_visible()  # it says what is missing and keeps the rest
    expect(page.get_by_label("Place, as the caller said it")).to_have_value("Old ferry, gate 2")
    page.get_by_label("When it came in").fill(at(centre.world, 120))
    write(page, "What happened, in the caller's words", "She cried and went home")
    reach(page.locator("[name=disposition]"))
    page.keyboard.type("Resolved on the telephone")
    press(page, "Write it down")
    page.wait_for_url("**/calls/*")
    expect(page.locator("#call-timeline")).to_contain_text("Written down from paper.")


def test_the_board_is_worked_by_keys_and_nobody_coming_stays_in_sight(
    centre: Served, as_somebody: SignIn
) -> None:
    world = centre.world
    world.team("Mobile 6")
    alone = world.call(CALM, location="Far end of the quay")
    desk, path = world.client("dispatcher"), f"/calls/{alone.reference}"
    cancel = re.search(r'action="([^"]+/cancel)"', desk.get(path).text)
    assert cancel
    desk.submit(path, {"reason": "unsafe"}, to=cancel[1])
    for number in range(8):
        world.call({}, location=f"Stall {number}", zone="Northgate")
    world.call({}, location="Old mill", zone="Harbor")
    page = as_somebody("dispatcher", "/board")
    expect(page.locator("#board-rows")).to_contain_text("Old mill")
    page.set_viewport_size({"width": 1440, "height": 420})
    loud = page.locator("#board-first").get_by_role("link", name=alone.code, exact=True)
    expect(loud).to_be_visible()
    expect(page.locator("#board-alarms")).to_contain_text("NOBODY COMING")
    page.keyboard.press("End")
    page.wait_for_function("() => scrollY > 100")
    expect(loud).to_be_in_viewport()
    for width in (320, 640, 768, 1024, 1056, 1440):
        page.set_viewport_size({"width": width, "height": 420})
        assert page.evaluate(ONE_OVER_ANOTHER) == [], width
        assert page.evaluate(NO_SIDEWAYS), width

    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    page.wait_for_url("**sort=oldest**")
    places = page.locator("#board-rows .where bdi").all_inner_texts()
    assert places.index("Stall 1") < places.index("Stall 6") < places.index("Old mill")
    page.keyboard.press("0")
    page.wait_for_url("**/board")
    page.keyboard.press("z")
    expect(page.locator("#board-choice [name=zone]")).to_be_focused()
    page.keyboard.type("Northgate")
    expect(page.locator("#board-rows")).not_to_contain_text("Old mill")
    expect(page.locator("#board-rows")).to_contain_text("Stall 5")
    expect(loud).to_be_visible()  # whatever is chosen


def test_the_desk_is_made_dark_and_spanish_and_stays_so(as_somebody: SignIn) -> None:
    page = as_somebody("dispatcher", "/board", "night")
    press(page, "Colors")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    press(page, "Español")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.keyboard.press("n")
    page.wait_for_url("**/intake")
    expect(page.get_by_role("heading", name="Nueva llamada")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("[data-fact=weapon] .consequence")).to_contain_text("Pasa a")


def press_beside_the_text(page: Page, button: str) -> None:
    """In the text of the rules Tab indents: it is left by Escape first."""
    page.get_by_role("button", name=re.compile(f"^{button}")).first.focus()
    page.keyboard.press("Enter")


def test_rules_are_mended_tried_and_approved_by_a_second_supervisor(as_somebody: SignIn) -> None:
    author = as_somebody("supervisor", f"{RULES}/draft")
    editor = author.locator("#f-yaml")
    text = re.sub(r"^version: .*", 'version: "mended"', editor.input_value(), flags=re.MULTILINE)
    editor.fill(text.replace("low-risk call", "call of low risk") + "\nnonsense: 1\n")
    press_beside_the_text(author, "Save")
    wrong = author.get_by_role("region", name="To be mended")
    expect(wrong).to_contain_text("nonsense")
    expect(wrong).to_contain_text(re.compile(r"[Ll]ine \d+"))
    editor.fill(text.replace("low-risk call", "call of low risk"))
    author.get_by_label("Weapon").first.press_sequentially("In hand")
    press_beside_the_text(author, "Save and try the case")
    expect(author.get_by_role("region", name="Under this draft")).to_contain_text("Why")
    expect(author.get_by_role("region", name="Under the current version")).to_be_visible()
    press_beside_the_text(author, "Save and ask for approval")
    expect(author.locator("main")).to_contain_text("another supervisor must approve it")

    second = as_somebody("supervisor", f"{RULES}/approve", "second-supervisor")
    expect(second.locator("#standing")).to_contain_text("1 change of rules waits for you")
    expect(second.locator("main")).to_contain_text("call of low risk")
    write(second, "Reason", "Say it in the examples too")
    press(second, "Send it back")
    expect(second.locator("main")).to_contain_text("This change was sent back.")
    author.goto(f"{author.url.removesuffix('/approve')}/draft")
    expect(author.locator("main")).to_contain_text("Say it in the examples too")
    press_beside_the_text(author, "Save and ask for approval")
    expect(author.locator("main")).to_contain_text("another supervisor must approve it")
    second.reload()
    press(second, "Approve and publish")
    second.wait_for_url(lambda url: "/approve" not in url)
    expect(second.locator("body")).to_contain_text("mended")
