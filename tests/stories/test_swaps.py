"""A clinician gives a shift to a colleague; a supervisor agrees, and paging follows at once."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.stories.test_call_page import words
from tests.stories.test_calls import CALM
from tests.stories.test_visits import signs_in
from tests.world import Browser, Phone, World
from triage.storage.teams import Responder, Shift


@pytest.fixture
def mine(world: World) -> Phone:
    (phone,) = world.team("Mobile 8", skills=["es"])
    return signs_in(world, phone, "giver")


@pytest.fixture
def theirs(world: World) -> Phone:
    (phone,) = world.team("Mobile 9", skills=["asl", "es"])
    signs_in(world, phone, "taker")
    with world.context.unit_of_work("test") as uow:
        for shift in uow.session.scalars(select(Shift).filter_by(responder_id=phone.responder_id)):
            uow.session.delete(shift)
    return phone


@pytest.fixture
def shift(world: World, mine: Phone) -> Shift:
    """The shift of `mine` begins in an hour."""
    with world.context.unit_of_work("test") as uow:
        (shift,) = uow.session.scalars(select(Shift).filter_by(responder_id=mine.responder_id))
        shift.starts_at = uow.now + timedelta(hours=1)
        shift.ends_at = uow.now + timedelta(hours=9)
        return shift


def offer(world: World, shift: Shift, to: Phone) -> Browser:
    me = world.client("clinician", "giver")
    form = {f"taker-{shift.id}": str(to.responder_id)}
    told = me.submit("/shifts", form, to=f"/shifts/{shift.id}/offer", follow=True)
    assert "It stays yours until a supervisor has agreed" in words(told.text)
    return me


def press(browser: Browser, doing: str) -> str:
    """The button of that form, as the page shows it."""
    found = re.search(rf'action="(/shifts/swaps/[^"]+/{doing})"', browser.get("/shifts").text)
    assert found, f"no button to {doing}"
    return words(browser.submit("/shifts", {}, to=found[1], follow=True).text)


def owner_of_shifts(world: World) -> list[str]:
    with world.context.reading() as uow:
        shifts = uow.session.scalars(select(Shift).order_by(Shift.starts_at))
        return [uow.get(Responder, shift.responder_id).team.name for shift in shifts]


def test_a_shift_goes_to_a_colleague_when_a_supervisor_agrees(
    world: World, mine: Phone, theirs: Phone, shift: Shift
) -> None:
    world.ignores_texts("who confirms a shift is another story")
    offer(world, shift, theirs)
    them, boss = world.client("clinician", "taker"), world.client("supervisor")
    assert "A colleague offers you a shift." in words(them.get("/banners").text)
    assert "None." in words(boss.get("/shifts").text)
    assert "You would take it" in press(them, "take")
    assert "waits for you to agree" in words(boss.get("/banners").text)
    assert "offers you a shift" not in words(them.get("/banners").text)
    assert owner_of_shifts(world) == ["Mobile 8"]

    assert "from now on it is the colleague" in press(boss, "agree")
    assert owner_of_shifts(world) == ["Mobile 9"]
    assert "No shift is planned for you" in words(
        world.client("clinician", "giver").get("/shifts").text
    )
    world.wait(hours=1, minutes=1)
    call = world.call(CALM)
    world.settle()
    assert any(call.code in text for text in theirs.inbox)
    assert not any(call.code in text for text in mine.inbox)
    for event in ("swap.offered", "swap.taken", "swap.agreed", "shift.ended", "shift.added"):
        assert world.audited(event) >= 1


def test_it_stays_whose_it_was_where_one_of_the_three_says_no(
    world: World, mine: Phone, theirs: Phone, shift: Shift
) -> None:
    them, boss = world.client("clinician", "taker"), world.client("supervisor")
    me = offer(world, shift, theirs)
    assert "You do not take it" in press(them, "decline")
    offer(world, shift, theirs)
    press(them, "take")
    assert "the shift stays whose it was" in press(boss, "refuse")
    assert "Refused by a supervisor" in words(me.get("/shifts").text)
    offer(world, shift, theirs)
    agreed = re.search(r'/shifts/swaps/[^"/]+', me.get("/shifts").text)
    assert agreed
    for not_open in ("agree", "refuse"):  # nobody agrees to their own
        assert me.submit("/shifts", {}, to=f"{agreed[0]}/{not_open}").status_code == 403
    assert boss.submit("/shifts", {}, to=f"{agreed[0]}/agree").status_code == 409  # not taken yet
    assert "the shift stays yours" in press(me, "withdraw")
    assert them.submit("/shifts", {}, to=f"{agreed[0]}/take").status_code == 409
    assert owner_of_shifts(world) == ["Mobile 8"]


def test_only_a_free_colleague_who_can_stand_in_is_offered_it(
    world: World, mine: Phone, theirs: Phone, shift: Shift
) -> None:
    world.team("Mobile 7")  # without the language
    signs_in(world, world.team("Mobile 6", skills=["es"], zones=["Northgate"])[0], "elsewhere")
    me = world.client("clinician", "giver")
    shown = me.get("/shifts").text
    assert "Mobile 9" in shown
    assert "Mobile 7" not in shown
    assert "Mobile 6" not in shown
    to = f"/shifts/{shift.id}/offer"
    assert me.submit("/shifts", {f"taker-{shift.id}": ""}, to=to).status_code == 422
    assert (
        me.submit("/shifts", {f"taker-{shift.id}": str(mine.responder_id)}, to=to).status_code
        == 422
    )

    offer(world, shift, theirs)
    assert (
        me.submit("/shifts", {f"taker-{shift.id}": str(theirs.responder_id)}, to=to).status_code
        == 409
    )
    with world.context.unit_of_work("test") as uow:
        uow.add(
            Shift(
                responder_id=theirs.responder_id, starts_at=shift.starts_at, ends_at=shift.ends_at
            )
        )
    them = world.client("clinician", "taker")
    assert "has a shift in this time already" in press(them, "take")
    assert world.client("dispatcher").get("/shifts").status_code == 403


def test_a_swap_that_nobody_agreed_to_in_time_is_told_to_all_it_concerned(
    world: World, mine: Phone, theirs: Phone, shift: Shift
) -> None:
    world.ignores_texts("who confirms a shift is another story")
    me, them = offer(world, shift, theirs), world.client("clinician", "taker")
    press(them, "take")
    boss = world.client("supervisor")
    assert "Begins within 12 hours" in words(boss.get("/shifts").text)
    world.wait(hours=1, minutes=1)
    for browser in (me, them):
        shown = browser.get("/shifts").text
        assert "Not agreed in time: it stayed" in words(shown)
        assert "/shifts/swaps/" not in shown  # nothing is left to press
    assert "None." in words(boss.get("/shifts").text)
    assert owner_of_shifts(world) == ["Mobile 8"]


def test_a_swap_of_a_shift_that_was_taken_out_is_told_as_that(
    world: World, mine: Phone, theirs: Phone, shift: Shift
) -> None:
    with world.context.unit_of_work("test") as uow:
        later = uow.get(Shift, shift.id)
        later.starts_at, later.ends_at = (
            uow.now + timedelta(hours=13),
            uow.now + timedelta(hours=20),
        )
    me, them = offer(world, shift, theirs), world.client("clinician", "taker")
    press(them, "take")
    assert "Begins within 12 hours" not in words(world.client("supervisor").get("/shifts").text)
    with world.context.unit_of_work("test") as uow:
        uow.session.delete(uow.get(Shift, shift.id))
    for browser in (me, them):
        shown = browser.get("/shifts").text
        assert "The shift was taken out" in words(shown)
        assert "/shifts/swaps/" not in shown
