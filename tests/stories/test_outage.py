"""The carrier is away: nobody is passed over, people are told to ring, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.world import Browser, Phone, World
from triage.domain.delivery import Whose
from triage.domain.lifecycle import PageState
from triage.domain.phone_network import Refused, Unknown
from triage.services import dispatches, outbox
from triage.storage.attempts import Attempt
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page
from triage.storage.messages import Message
from triage.storage.teams import Shift

AWAY = Refused("no connection: NewConnectionError", Whose.PROVIDER)


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def send(world: World, call: Call, rank: int = 2) -> Dispatch:
    """A team is owed to this call; nobody has been texted yet."""
    urgency = dispatches.Urgency({1: "EMERGENCY", 2: "URGENT", 3: "SOON"}[rank], rank, 30, 2)
    with world.context.unit_of_work("test") as uow:
        made = dispatches.open_dispatch(
            uow, world.centre, uow.get(Call, call.id), "mobile_crisis", urgency, "by_hand"
        )
    assert made is not None
    return made


def calls_that_need_a_team(world: World, number: int) -> list[Call]:
    return [world.call({"problem_type": "other"}) for _ in range(number)]


def pages(world: World) -> list[Page]:
    with world.context.reading() as uow:
        return list(uow.session.scalars(select(Page).order_by(Page.created_at, Page.id)))


def test_after_eight_hours_what_still_helps_goes_out_by_priority_and_nothing_stale(
    world: World,
) -> None:
    phones = [phone for n in range(4) for phone in world.team(f"MCT {n}")]
    routine, urgent, over = calls_that_need_a_team(world, 3)
    world.phones.broken = AWAY
    send(world, routine, 3)
    send(world, urgent, 1)
    ended = send(world, over)
    with world.context.unit_of_work("test") as uow:
        outbox.enqueue(
            uow,
            world.centre,
            kind="update",
            to=phones[0].number,
            to_role="clinician",
            body="old news",
            priority=0,
        )
    for _ in range(8 * 20):
        world.wait(minutes=3)
    with world.context.unit_of_work("test") as uow:
        dispatches.cancel(uow, world.centre, uow.get(Dispatch, ended.id), "not_needed")
    world.phones.broken = None
    world.wait(seconds=6)

    told = [sms.body for sms in world.phones.sent]
    assert [urgent.code in told[0], routine.code in told[1]] == [True, True]
    assert not any(over.code in body or "old news" in body for body in told)
    assert len(told) == 2
    first = pages(world)
    assert [page.number for page in first] == [1, 1, 1]  # nobody was passed over
    assert [page.state for page in first].count(PageState.OPEN) == 2
    assert all(page.answer_by > page.created_at + timedelta(hours=8) for page in first[:2])


def test_whoever_was_asked_by_text_is_rung_meanwhile(world: World, dispatcher: Browser) -> None:
    world.team("MCT 1")
    (call,) = calls_that_need_a_team(world, 1)
    world.phones.broken = AWAY
    send(world, call)
    world.settle()

    board = dispatcher.get("/board").get_data(as_text=True)
    assert "RING BY TELEPHONE, the text has not left: MCT 1 (clinician)" in board
    shown = dispatcher.get(f"/calls/{call.reference}").get_data(as_text=True)
    assert "RING MCT 1 BY TELEPHONE" in shown

    world.phones.broken = None
    world.wait(seconds=6)
    assert "RING BY TELEPHONE" not in dispatcher.get("/board").get_data(as_text=True)


def test_an_answer_by_telephone_ends_it_and_the_text_is_not_sent_late(
    world: World,
) -> None:
    (phone,) = world.team("MCT 1")
    (call,) = calls_that_need_a_team(world, 1)
    world.phones.broken = AWAY
    send(world, call)
    world.settle()
    with world.context.unit_of_work("test") as uow:
        page = uow.session.scalars(select(Page)).one()
        dispatches.record_answer(uow, world.centre, page, True, "telephone")

    world.phones.broken = None
    world.wait(seconds=6)
    assert not any("1=accept" in body for body in phone.inbox)


def test_while_it_is_away_the_provider_is_asked_now_and_then_only(world: World) -> None:
    for n in range(6):
        world.team(f"MCT {n}")
    world.phones.broken = AWAY
    for call in calls_that_need_a_team(world, 6):
        send(world, call)
    for _ in range(12):
        world.wait(seconds=5.1)

    with world.context.reading() as uow:
        made = uow.session.scalars(select(Attempt)).all()
    assert 12 <= len(made) <= 14


def test_a_provider_that_asks_to_be_left_alone_is(world: World) -> None:
    world.team("MCT 1")
    (call,) = calls_that_need_a_team(world, 1)
    world.phones.broken = Refused("20429", Whose.PROVIDER, wait_s=60)
    send(world, call)
    world.settle()
    world.phones.broken = None
    world.wait(seconds=50)
    assert world.phones.sent == []
    world.wait(seconds=11)
    assert len(world.phones.sent) == 1


def test_one_text_in_doubt_delays_no_other(world: World) -> None:
    world.team("MCT 1")
    world.team("MCT 2")
    one, other = calls_that_need_a_team(world, 2)
    send(world, one)
    world.phones.broken = Unknown("ReadTimeoutError")
    world.settle()
    world.phones.broken = None
    send(world, other)
    world.settle()

    assert [other.code in sms.body for sms in world.phones.sent] == [True]


# --- looked at again when it is about to leave --------------------------------------------


def text_of(world: World, page: Page) -> Message:
    with world.context.reading() as uow:
        return uow.session.scalars(select(Message).where(Message.page_id == page.id)).one()


def test_whose_shift_has_ended_is_not_paged_and_the_next_is(world: World) -> None:
    first, second = world.team("MCT 1") + world.team("MCT 2")
    (call,) = calls_that_need_a_team(world, 1)
    send(world, call)
    asked = {page.responder_id for page in pages(world)}
    phone, next_one = (first, second) if first.responder_id in asked else (second, first)
    end_shift(world, phone)
    world.settle()

    phone.expect_silence()
    next_one.expect("1=accept")


def end_shift(world: World, phone: Phone) -> None:
    with world.context.unit_of_work("test") as uow:
        for shift in uow.session.scalars(
            select(Shift).where(Shift.responder_id == phone.responder_id)
        ):
            shift.ends_at = uow.now


def test_a_page_of_a_cancelled_dispatch_never_leaves_and_nobody_need_be_told(
    world: World,
) -> None:
    (phone,) = world.team("MCT 1")
    (call,) = calls_that_need_a_team(world, 1)
    made = send(world, call)
    with world.context.unit_of_work("test") as uow:
        dispatches.cancel(uow, world.centre, uow.get(Dispatch, made.id), "not_needed")

    phone.expect_silence()


def test_who_was_passed_over_is_told_that_nobody_is_needed(world: World) -> None:
    first, second = world.team("MCT 1") + world.team("MCT 2")
    (call,) = calls_that_need_a_team(world, 1)
    made = send(world, call)
    world.settle()
    world.wait(minutes=3)
    for phone in (first, second):
        phone.expect("1=accept")
    with world.context.unit_of_work("test") as uow:
        dispatches.cancel(uow, world.centre, uow.get(Dispatch, made.id), "not_needed")

    for phone in (first, second):
        phone.expect(call.code)
        phone.expect_silence()
