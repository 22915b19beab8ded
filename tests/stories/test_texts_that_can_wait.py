"""Hundreds of reminders at once: carriers send in the order they were given, so they go a few a
second and no page stands behind them."""

from __future__ import annotations

import time

from sqlalchemy import func, select

from tests.stories.test_outage import calls_that_need_a_team, send
from tests.world import Phone, World
from triage.domain.lifecycle import MessageState
from triage.entrypoints.worker.desk import Desk
from triage.services import dispatches, outbox
from triage.storage.calls import Call
from triage.storage.messages import Message
from triage.storage.timers import ClockShift
from triage.storage.unit_of_work import UnitOfWork

FOLLOW_UP_DESK = "+12025550188"
BURST = 10
"""A second's share, as the settings have it."""


def remind(world: World, number: int) -> None:
    def queue(uow: UnitOfWork) -> None:
        for one in range(number):
            outbox.enqueue(
                uow,
                world.centre,
                kind="reminder",
                to=FOLLOW_UP_DESK,
                to_role="clinician",
                body=f"reminder {one}",
                priority=8,
            )

    world.context.do("test", queue)
    Phone(world, FOLLOW_UP_DESK).ignores("reminders, which the stories count")


def reminders_out(world: World) -> int:
    return len(world.phones.inboxes.get(FOLLOW_UP_DESK, []))


def test_a_page_overtakes_reminders_that_leave_a_few_a_second(world: World) -> None:
    (alpha,) = world.team("MCT 1")
    (call,) = calls_that_need_a_team(world, 1)
    began = time.monotonic()
    remind(world, 60)
    world.settle()
    assert reminders_out(world) >= BURST, "a second's share at once"

    send(world, call)
    assert "1=accept" in alpha.expect(call.code or "")
    passed_s = 0
    while reminders_out(world) < 60:
        shares = passed_s + time.monotonic() - began
        assert reminders_out(world) <= BURST * (1 + shares) + 1
        world.wait(seconds=1)
        passed_s += 1
        assert passed_s < 10
    assert world.phones.inboxes[FOLLOW_UP_DESK] == [f"reminder {one}" for one in range(60)]


def test_beside_many_texts_that_somebody_waits_for_reminders_leave_later(world: World) -> None:
    remind(world, 30)

    def tell(uow: UnitOfWork) -> None:
        for one in range(40):
            outbox.enqueue(
                uow,
                world.centre,
                kind="update",
                to="+12025550177",
                to_role="clinician",
                body=f"update {one}",
                priority=3,
            )

    world.context.do("test", tell)
    desk = Desk(world.context, "desk")

    def work_for(seconds: float) -> None:
        over = time.monotonic() + seconds
        while time.monotonic() < over:
            desk.tell()
            desk.work(lambda: True)
            desk.answers.work(lambda: True)

    work_for(0.5)
    assert len(world.phones.inboxes["+12025550177"]) == 40
    Phone(world, "+12025550177").ignores("the forty updates, which are counted")
    assert reminders_out(world) == 0
    work_for(2.5)
    desk.answers.no_more.set()
    desk.answers.finish(lambda: True)
    desk.finish(lambda: True)
    assert reminders_out(world) >= BURST


def test_a_page_of_a_fifth_level_is_no_text_that_can_wait(world: World) -> None:
    (alpha,) = world.team("MCT 1")
    (call,) = calls_that_need_a_team(world, 1)
    remind(world, 60)
    world.settle()
    assert reminders_out(world) < 60

    urgency = dispatches.Urgency("WHEN THERE IS TIME", 5, 300, 60)
    with world.context.unit_of_work("test") as uow:
        dispatches.open_dispatch(
            uow, world.centre, uow.get(Call, call.id), "mobile_crisis", urgency, "by_hand"
        )

    assert "1=accept" in alpha.expect(call.code or "")


def test_what_is_too_old_by_its_turn_is_put_aside_at_once(world: World) -> None:
    remind(world, 45)
    world.settle()
    sent = reminders_out(world)
    world.wait(hours=1)  # as long as a reminder is of use
    world.settle()
    with world.context.reading() as uow:
        expired = uow.session.scalar(
            select(func.count())
            .select_from(Message)
            .where(Message.kind == "reminder", Message.state == MessageState.EXPIRED)
        )
    assert (reminders_out(world), expired) == (sent, 45 - sent)


def test_a_clock_that_went_back_holds_no_text_for_long(world: World) -> None:
    remind(world, 30)
    world.settle()
    before = reminders_out(world)
    assert before < 30
    with world.context.unit_of_work("test") as uow:
        uow.add(ClockShift(ahead_s=-7200))
    remind(world, 5)
    world.settle()
    assert reminders_out(world) == before + 5
