"""The provider asks us to slow down: the highest level is rung at once, all others wait."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from tests.stories.test_escalation import call_in, code_of, state
from tests.stories.test_voice import phones
from tests.twilio_double import Twilio
from tests.world import Phone, World
from triage.domain.delivery import Whose
from triage.domain.phone_network import Refused, Unknown

IMMEDIATE, URGENT = 1, 2


@pytest.fixture
def wired(world: World, twilio: Twilio) -> World:
    """The world behind Twilio's own client. Nobody picks up and nothing is reported."""
    network = phones(twilio, "http://127.0.0.1:1")
    return World(replace(world.context, phone=network), world.phones)


def in_seconds(seconds: float) -> str:
    """An HTTP date so long after now."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


HEADERS = [
    pytest.param("1", 1, id="one second"),
    pytest.param("60", 60, id="a minute"),
    pytest.param(lambda: in_seconds(30), 30, id="a date to come"),
    pytest.param("Wed, 21 Oct 2015 07:28:00 GMT", 1, id="a date that is over"),
    pytest.param("-5", 1, id="less than nothing"),
    pytest.param(None, 5, id="nothing said"),
    pytest.param("soon", 5, id="no number and no date"),
]


@pytest.mark.parametrize(("header", "wait_s"), HEADERS)
def test_the_highest_level_is_rung_at_once_and_others_wait_as_asked(
    wired: World, twilio: Twilio, header: Any, wait_s: int
) -> None:
    (alpha,), (bravo,) = wired.team("Alpha"), wired.team("Bravo")
    said = header() if callable(header) else header
    twilio.behave("429", retry_after=said, only="Messages")

    began = time.monotonic()
    first = call_in(wired, IMMEDIATE)
    second = call_in(wired, URGENT)
    took_s = time.monotonic() - began

    asked, waits = (alpha, bravo) if rung(twilio) == [alpha.number] else (bravo, alpha)
    assert rung(twilio) == [asked.number]
    assert len(twilio.requests) == 1 or took_s > wait_s, "after the first no it is left alone"

    twilio.behave("ok")
    if wait_s > 5:
        wired.wait(seconds=wait_s - 4)
        assert twilio.texts == []
        wait_s = 4
    wired.wait(seconds=wait_s + 0.5)
    to = {text["to"]: text["body"] for text in twilio.texts}
    assert code_of(wired, second) in to[waits.number]
    assert code_of(wired, first) in to[asked.number]
    all_hands = {waits.number} if header == "60" else set()  # its first team had its minute
    assert set(rung(twilio)) == {asked.number, *all_hands}


def rung(twilio: Twilio) -> list[str]:
    return [call["to"] for call in twilio.calls]


def test_while_texts_wait_each_further_page_of_the_highest_level_rings_without_being_tried(
    wired: World, twilio: Twilio
) -> None:
    for number in range(3):
        wired.team(f"MCT {number}")
    twilio.behave("429", retry_after="60", only="Messages")
    for _ in range(3):
        call_in(wired, IMMEDIATE)

    assert len(set(rung(twilio))) == len(rung(twilio)) == 3
    assert len(twilio.requests) == 1


def test_calls_that_are_throttled_stop_no_text(wired: World, twilio: Twilio) -> None:
    (alpha,) = wired.team("Alpha")
    twilio.behave("429", retry_after="60", only="Calls")
    call_in(wired, IMMEDIATE)
    wired.wait(seconds=31)  # the telephone was to ring by now
    call_in(wired, URGENT)
    wired.team("Bravo")
    wired.wait(seconds=3)

    assert alpha.number in {text["to"] for text in twilio.texts}
    assert len(twilio.texts) == 2
    assert rung(twilio) == []


# --- what comes of it ---------------------------------------------------------------------

NO_TEXTS = Refused("20429", Whose.PROVIDER, wait_s=60)


def throttle(world: World, *teams: str) -> list[Phone]:
    world.phones.no_texts = NO_TEXTS
    return [phone for team in teams for phone in world.team(team)]


def test_whoever_was_rung_may_accept_and_is_not_texted_as_if_asked(world: World) -> None:
    (alpha,) = throttle(world, "Alpha")
    dispatch = call_in(world, IMMEDIATE)
    alpha.expect_ring("press 1 to accept")

    alpha.press("1")

    assert state(world, dispatch) == "accepted"
    world.phones.no_texts = None
    world.wait(seconds=61)
    alpha.expect("Go to: Dockside Apartments")
    assert not any("1=accept" in body for body in alpha.inbox)


def test_whoever_does_not_answer_the_telephone_is_passed_over_in_time(world: World) -> None:
    alpha, bravo = throttle(world, "Alpha", "Bravo")
    call_in(world, IMMEDIATE)
    first, second = (alpha, bravo) if alpha.rings else (bravo, alpha)
    assert second.rings == []

    world.wait(seconds=45)
    assert second.rings == []
    world.wait(seconds=16)

    second.expect_ring("press 1 to accept")
    assert world.phones.sent == []
    assert len(first.rings) == 2, "at once, and after half of the time as always"


def test_where_neither_texts_nor_calls_leave_nobody_is_passed_over(world: World) -> None:
    alpha, bravo = throttle(world, "Alpha", "Bravo")
    world.phones.broken = NO_TEXTS
    dispatch = call_in(world, IMMEDIATE)
    for _ in range(4):
        world.wait(seconds=61)

    assert state(world, dispatch) == "seeking"
    assert world.audited("page.passed_over") == 0
    world.phones.broken = world.phones.no_texts = None
    world.wait(seconds=61)
    alpha.expect_ring("Immediate page")
    assert [bool(phone.inbox) for phone in (alpha, bravo)].count(True) == 1


def test_pages_of_which_nobody_knows_whether_they_left_ring_too(world: World) -> None:
    """One doubt may be a hiccup; at the second the provider counts as away."""
    alpha, bravo = throttle(world, "Alpha", "Bravo")
    world.phones.no_texts = Unknown("ReadTimeoutError")
    call_in(world, IMMEDIATE)
    assert alpha.rings == bravo.rings == []

    call_in(world, IMMEDIATE)

    assert len(alpha.rings) == len(bravo.rings) == 1
