"""A referral is taken by a partner, or the desk finds somebody who takes it."""

from __future__ import annotations

from tests.stories.test_alarms import words
from tests.stories.test_call_page import act
from tests.stories.test_calls import CALM, close
from tests.world import Phone, World
from triage.storage.calls import Call

CHILD = CALM | {"neglect_or_abuse": "past_or_ongoing_not_immediate", "age_band": "child_under_12"}


def referred(world: World) -> tuple[Phone, Call]:
    world.desk.ignores("that no team is on shift is another story")
    partner = world.partner("County child protection", "child_protection")
    call = world.call(CHILD)
    text = partner.expect(call.reference)
    assert "a referral waits, report" in text
    assert "Reply 1=accept 2=decline" in text
    return partner, call


def test_a_partner_who_has_not_answered_is_reminded_once_and_takes_it_with_one_digit(
    world: World,
) -> None:
    partner, call = referred(world)
    page = f"/calls/{call.reference}"
    said = words(world.client("dispatcher"), page)
    assert "County child protection Waits for an answer" in said
    assert "A referral waits for County child protection to take it." in said
    close(world, call, "no_response")

    world.wait(hours=24.1)
    assert f"referral {call.reference} still waits" in partner.expect("Reply 1=accept")
    assert "REFERRAL NOT TAKEN" not in words(world.client("dispatcher"), "/board")
    partner.text("1")
    assert partner.expect(f"{call.reference} is yours, thank you. Ask at")
    world.wait(hours=25)
    dispatcher = world.client("dispatcher")
    assert "REFERRAL NOT TAKEN" not in words(dispatcher, "/board")
    said = words(dispatcher, page)
    assert "County child protection They took it" in said
    assert "Referrals: all settled." in said
    partner.expect_silence()


def test_what_nobody_has_taken_is_red_at_the_desk_until_somebody_has(world: World) -> None:
    partner, call = referred(world)
    close(world, call, "no_response")
    world.wait(hours=49)
    partner.expect("still waits")
    dispatcher = world.client("dispatcher")
    assert "REFERRAL NOT TAKEN: County child protection" in words(dispatcher, "/board")
    assert "Nobody has taken a referral" in words(dispatcher, f"/calls/{call.reference}")

    form = {"number": "0", "answer": "other"}
    assert "Referral: somebody else took it." in act(dispatcher, call, "/referral", form)
    assert "REFERRAL NOT TAKEN" not in words(dispatcher, "/board")


def test_a_no_and_a_partner_who_is_not_there_are_the_desks_at_once(world: World) -> None:
    partner, call = referred(world)
    second = world.call(CHILD)
    partner.expect(second.reference)
    partner.text("2")
    partner.expect(f"Reply with the reference, such as {call.reference} 1")
    partner.text(f"{second.reference.lower()} 2")
    partner.expect(f"{second.reference} declined. Dispatch finds somebody else.")
    dispatcher = world.client("dispatcher")
    page = words(dispatcher, f"/calls/{second.reference}")
    assert "Refused: somebody else is to be found" in page
    board = words(dispatcher, "/board")
    assert second.reference in board.split("REFERRAL NOT TAKEN: County child protection")[1]

    third = world.call(CHILD | {"problem_type": "family_dispute", "domestic_violence": "yes"})
    partner.expect(third.reference)
    page = words(dispatcher, f"/calls/{third.reference}")
    assert "County child protection Waits for an answer" in page
    assert "Victim services No partner is there: find somebody" in page
    board = words(dispatcher, "/board")
    assert f"REFERRAL NOT TAKEN: Victim services Call {third.code}" in board
    close(world, third, "wrong_number")
    assert "REFERRAL NOT TAKEN: Victim services" not in words(dispatcher, "/board")
    partner.expect(f"Referral {third.reference} is not needed any more")
    partner.expect_silence()


def test_a_referral_outlives_a_canceled_call_and_is_ended_by_a_person(world: World) -> None:
    partner, call = referred(world)
    dispatcher, page = world.client("dispatcher"), f"/calls/{call.reference}"
    waits = "The call was canceled; this still waits."
    assert waits not in words(dispatcher, page)
    close(world, call, "caller_cancelled")
    partner.expect_silence()
    assert waits in words(dispatcher, page)

    form = {"number": "0", "answer": "not_needed"}
    assert "Referral: not needed any more: it ends." in act(dispatcher, call, "/referral", form)

    partner.expect(f"Referral {call.reference} is not needed any more: nothing is to be done.")
    assert waits not in words(dispatcher, page)


def test_other_texts_of_a_partner_are_left_to_a_person(world: World) -> None:
    partner, _ = referred(world)
    partner.text("When do you open?")
    partner.expect("")
    assert "When do you open?" in words(world.client("dispatcher"), "/board")
