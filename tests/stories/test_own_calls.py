"""A clinician signs in and finds their own calls, whatever became of the text's link."""

from __future__ import annotations

import pytest

from tests.stories.test_call_page import words
from tests.stories.test_calls import CALM
from tests.stories.test_visits import WHOLE, signs_in
from tests.world import Phone, World
from triage.storage.calls import Call


@pytest.fixture
def phone(world: World) -> Phone:
    (clinician,) = world.team("Mobile 9", calls_at_once=9)
    return signs_in(world, clinician, "test-clinician")


@pytest.fixture
def call(world: World, phone: Phone) -> Call:
    world.ignores_texts("the page is what matters")
    call = world.call(CALM, location="Pier 3", narrative="He cries.", zone="Harbor")
    world.settle()
    return call


def test_signing_in_leads_to_ones_calls(world: World, call: Call) -> None:
    me = world.client("clinician")

    assert me.get("/").location == "/my-calls"
    page = me.get("/my-calls").text
    assert f'href="/calls/{call.reference}"' in page
    assert "You are asked to come: 5 min left at most" in words(page)
    # Who looks over a shoulder reads nothing of the place or of anybody.
    assert "Pier 3" not in page
    assert "He cries" not in page


def test_a_call_goes_from_asked_to_had_and_to_its_note(
    world: World, phone: Phone, call: Call
) -> None:
    me = world.client("clinician")
    phone.text(f"{call.code} 1")
    page = words(me.get("/my-calls").text)
    assert "You have" in page
    assert "Please answer" not in page
    over_it = f"You have call {call.code}."
    assert over_it not in page
    assert over_it in words(me.get("/shifts").text)

    phone.text(f"{call.code} SCENE")
    phone.text(f"{call.code} CLEAR")
    note = f"/calls/{call.reference}/visit"
    assert f'href="{note}"' in me.get("/my-calls").text
    me.submit(note, WHOLE | {"form_key": "0b0f4c1e-6f0f-4a53-9d4c-3f1b2c3d4e5f"}, to=note)
    page = words(me.get("/my-calls").text)
    assert "You have no call" in page
    assert "Visit note written" in page

    world.wait(hours=24 * 3 + 1)
    assert call.code not in me.get("/my-calls").text


def test_what_others_are_asked_is_not_shown(world: World, call: Call) -> None:
    (other,) = world.team("Mobile 8")
    signs_in(world, other, "another")

    assert call.code not in world.client("clinician", "another").get("/my-calls").text


def test_whoever_is_in_no_team_is_told_that_they_have_none(world: World) -> None:
    assert "You have no call" in words(world.client("clinician").get("/my-calls").text)


def test_a_call_that_comes_stands_there_without_a_reload(world: World, phone: Phone) -> None:
    world.ignores_texts("the page is what matters")
    me = world.client("clinician")
    before = me.get("/my-calls/live")
    call = world.call(CALM)
    world.settle()

    after = me.get("/my-calls/live", headers={"If-None-Match": before.headers["ETag"]})
    assert call.code in after.text
    same = me.get("/my-calls/live", headers={"If-None-Match": after.headers["ETag"]})
    assert same.status_code == 304


def test_a_cry_for_help_needs_no_call(world: World, phone: Phone) -> None:
    me = world.client("clinician")

    told = me.submit("/my-calls", {}, to="/my-calls/help", follow=True)

    assert "ALARM RAISED" in words(told.text)
    assert "They are on no call" in world.desk.expect_ring("Mobile 9, clinician, needs help").body


def test_a_cry_for_help_is_raised_on_the_call_that_they_have(
    world: World, phone: Phone, call: Call
) -> None:
    phone.text(f"{call.code} 1")
    me = world.client("clinician")
    me.submit("/my-calls", {}, to="/my-calls/help")

    assert "They are on no call" not in world.desk.expect_ring("needs help").body


def test_who_is_in_no_team_has_no_button_that_would_do_nothing(world: World) -> None:
    assert "I need help" not in world.client("clinician").get("/my-calls").text
