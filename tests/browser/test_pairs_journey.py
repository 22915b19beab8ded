"""Officer and clinician, each at a telephone: half a pair is seen, and who is late stands down."""

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from tests.browser.conftest import TELEPHONE, Served, SignIn, Tab
from tests.browser.keyboard import press
from tests.browser.test_clinicians_evening import says
from tests.browser.test_phone_page import link_of
from tests.browser.test_reachability_page import NO_SIDEWAYS
from tests.stories.test_visits import signs_in
from tests.typical_calls import CALM
from tests.world import Phone
from triage.storage.calls import Call
from triage.storage.messages import Message


def texts_to(served: Served, phone: Phone, call: Call) -> list[str]:
    with served.world.context.reading() as uow:
        query = select(Message).filter_by(call_id=call.id, responder_id=phone.responder_id)
        return [text.body or "" for text in uow.session.scalars(query)]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "plain"])
def test_half_a_pair_is_seen_and_who_is_late_stands_down(
    centre: Served, tab: Tab, as_somebody: SignIn, scripts: bool
) -> None:
    world, zone = centre.world, ("Harbor", "Northgate")[scripts]
    pairs = [world.pair(f"CIT {zone} {one}", zones=[zone]) for one in (1, 2)]
    call = world.call(CALM | {"weapon": "accessible"}, zone=zone)
    late = tab(TELEPHONE, scripts)
    late.goto(link_of(centre, late, call.code))
    press(late, "Open the page")
    expect(late.locator("#call-mine")).to_contain_text("You are asked to come")
    asked, others = sorted(pairs, key=lambda pair: not texts_to(centre, pair[0], call))
    world.wait(minutes=3)  # nobody has answered: the next pair is asked
    signs_in(world, others[0], f"of-{zone.lower()}")
    own = as_somebody("clinician", f"/calls/{call.reference}", f"of-{zone.lower()}", scripts)
    desk = as_somebody("dispatcher", "/board", scripts=scripts)
    mine, row = own.locator("#call-mine"), desk.locator(f"#row-{call.reference}")

    says(own, "Accept, I arrive in 5 min", "You arrive in 5 min.")
    expect(mine).to_contain_text("With: officer")
    if not scripts:
        desk.reload()
    expect(row).to_contain_text(re.compile("half a team", re.IGNORECASE))
    others[1].text(f"{call.code} 1")
    for page in () if scripts else (desk, own):
        page.reload()
    expect(row).not_to_contain_text(re.compile("half a team", re.IGNORECASE))
    expect(mine).to_contain_text(f"With: officer CIT {zone}")

    for phone in asked:
        stand_down = [text for text in texts_to(centre, phone, call) if "stand down" in text]
        assert any(f"Taken by CIT {zone}" in text for text in stand_down)
    if not scripts:  # their page still stands as it was: the button tells
        press(late, "Accept")
        expect(late.locator("main")).to_contain_text("has it already")
    expect(late.locator("#call-mine")).to_contain_text(
        re.compile(f"Taken by CIT {zone} \\d, stand down.")
    )
    assert late.evaluate(NO_SIDEWAYS)
