"""One clock, many workers: whoever of them dies, hangs or is slow, what is due is done once."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from tests.faults.workers import (
    WITH_A_PARENT,
    Workers,
    children_of,
    move_clock,
    owe,
    page_somebody,
    until,
    whose_clock_hangs,
)
from tests.twilio_double import Twilio
from tests.world import World
from triage.domain.lifecycle import SlotState
from triage.services import dispatches
from triage.storage.calls import Call
from triage.storage.dispatches import Slot
from triage.storage.timers import Timer

ANSWER_IS_DUE_S = 300
"""Longer than any team may take to answer the page of `page_somebody`."""


def the_child(parent: int) -> int:
    until(lambda: children_of(parent))
    (child,) = children_of(parent)
    return child


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def within(seconds: float, what: Callable[[], object]) -> float:
    """Wait for it; returns how long it took."""
    began = time.monotonic()
    until(what, seconds)
    return time.monotonic() - began


def test_a_worker_that_dies_is_followed_at_once(
    world: World, workers: Workers, twilio: Twilio
) -> None:
    parent = workers.start(WITH_A_PARENT)
    workers.run()
    first = the_child(parent.pid)
    os.kill(first, signal.SIGKILL)
    owe(world, "after the first")

    within(5, lambda: twilio.texts)
    assert children_of(parent.pid) != [first]


def test_a_worker_with_a_parent_finishes_when_it_is_told_to_stop(
    world: World, workers: Workers, twilio: Twilio
) -> None:
    parent = workers.start(WITH_A_PARENT)
    owe(world, "hello")
    twilio.behave("ok", delay_s=2)
    until(lambda: twilio.requests)
    child = the_child(parent.pid)
    parent.terminate()

    assert parent.wait(12) == 0
    assert is_gone(child)
    assert world.audited("text.sent") == 1


def test_a_worker_does_not_outlive_its_parent(world: World, workers: Workers) -> None:
    parent = workers.start(WITH_A_PARENT)
    workers.run()
    child = the_child(parent.pid)
    parent.kill()
    within(5, lambda: is_gone(child))


@pytest.mark.slow
def test_a_clock_that_stands_still_is_replaced(
    world: World, workers: Workers, tmp_path: Path
) -> None:
    hung = tmp_path / "hung"
    parent = workers.start(whose_clock_hangs(hung))
    until(hung.exists)
    began = time.monotonic()
    first = the_child(parent.pid)
    until(lambda: first not in children_of(parent.pid) and children_of(parent.pid), 15)
    workers.run(2)
    assert time.monotonic() - began <= 12
    assert "status=70" in workers.log.read_text()


def test_another_clock_goes_on_when_one_is_killed(
    world: World, workers: Workers, twilio: Twilio
) -> None:
    """Two teams are passed over, the second when one clock is dead. All that the death may add is
    5 s: how long it takes with both tells how busy this machine is with other things."""
    killed, _ = workers.start(), workers.start()
    workers.run(2)
    page_somebody(world)
    world.team("MCT 2")
    until(lambda: world.audited("text.sent") == 1)  # from now on its answer is awaited
    usual_s = passed_over_after(world, 1)
    until(lambda: world.audited("text.sent") == 2)
    killed.kill()

    assert passed_over_after(world, 2) <= usual_s + 5


def passed_over_after(world: World, teams: int) -> float:
    """How long it took once its answer was due."""
    move_clock(world, ANSWER_IS_DUE_S)
    return within(30, lambda: world.audited("page.passed_over") == teams)


def test_three_clocks_pass_each_team_over_once(
    world: World, workers: Workers, twilio: Twilio
) -> None:
    for _ in range(3):
        workers.start()
    for number in range(5):
        world.team(f"MCT {number}")
        page_for_a_new_call(world)
    workers.run(3)
    until(lambda: world.audited("text.sent") == 5)
    move_clock(world, ANSWER_IS_DUE_S)

    until(lambda: world.audited("page.passed_over") == 5)
    time.sleep(1.5)
    assert world.audited("page.passed_over") == 5
    with world.context.reading() as uow:
        fired = select(Timer.attempts).where(Timer.kind == "page_answer", Timer.state == "done")
        assert set(uow.session.scalars(fired)) == {1}


def test_what_is_urgent_does_not_wait_for_ten_thousand_that_are_not(
    world: World, workers: Workers, twilio: Twilio
) -> None:
    fill_up(world, 10_000)  # minutes of work
    workers.start()
    workers.run()
    page_somebody(world)
    within(10, lambda: any("1=accept" in sent["body"] for sent in twilio.texts))
    within(10, lambda: world.audited("text.sent"))  # from now on its answer is awaited
    move_clock(world, ANSWER_IS_DUE_S)
    within(10, lambda: world.audited("page.passed_over"))


def fill_up(world: World, rows: int) -> None:
    """So many reminders that are long due, each of which fails."""
    call = world.call({"problem_type": "other"})
    with world.context.unit_of_work("test") as uow:
        about, due_at = uow.get(Call, call.id), uow.now - timedelta(hours=1)
        for number in range(rows):
            uow.set_timer("follow_up", about, due_at, step=number)


def test_what_is_too_old_to_help_is_shown_and_not_done(world: World) -> None:
    call = world.call({"problem_type": "other"})
    with world.context.unit_of_work("test") as uow:
        about = uow.get(Call, call.id)
        ends = uow.now + timedelta(hours=1)
        uow.set_timer("follow_up", about, uow.now, step=99, valid_until=ends)
    world.wait(hours=2)

    with world.context.reading() as uow:
        timer = uow.session.scalar(select(Timer).where(Timer.step == 99))
        assert (timer.state, timer.attempts) == ("expired", 0)
    assert world.audited("timer.expired") == 1


def test_a_lost_race_is_run_again_at_once(world: World) -> None:
    if world.context.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: nobody loses a race")
    world.ignores_texts("what becomes of the timer is what counts")
    page_somebody(world)
    world.settle()
    lose_races(world, "slot", 2)
    world.wait(seconds=ANSWER_IS_DUE_S)

    assert world.audited("page.passed_over") == 1
    with world.context.reading() as uow:
        timer = uow.session.scalar(select(Timer).where(Timer.kind == "page_answer"))
        assert (timer.state, timer.attempts, timer.last_error) == ("done", 1, None)


def test_a_race_that_is_always_lost_holds_up_nobody(world: World) -> None:
    if world.context.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: nobody loses a race")
    world.ignores_texts("what becomes of the timer is what counts")
    page_somebody(world)
    world.settle()
    lose_races(world, "slot", 1_000_000)
    world.wait(seconds=ANSWER_IS_DUE_S)

    with world.context.reading() as uow:
        timer = uow.session.scalar(select(Timer).where(Timer.kind == "page_answer"))
        assert (timer.state, timer.attempts) == ("waiting", 1)
        assert timer.due_at > uow.now


def lose_races(world: World, table: str, times: int) -> None:
    """The next changes of this table lose against somebody else, says the database."""
    with world.context.unit_of_work("test") as uow:
        for statement in (
            "CREATE SEQUENCE lost",
            f"""CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('lost') <= {times} THEN
                    RAISE EXCEPTION 'lost' USING ERRCODE = '40001';
                END IF; RETURN NEW; END $$""",
            f"CREATE TRIGGER lose BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION lose()",
        ):
            uow.session.execute(text(statement))


def test_two_calls_at_once_do_not_get_the_same_free_team(
    world: World, another_world: Callable[[], World]
) -> None:
    """A barrier before each pair of calls; the team has room for one."""
    worlds = [world, another_world()]
    phones = [phone for number in range(10) for phone in world.team(f"MCT {number}")]
    for _ in range(10):
        at_once = threading.Barrier(2)

        def take(mine: World, at_once: threading.Barrier = at_once) -> None:
            at_once.wait()
            page_for_a_new_call(mine)

        threads = [threading.Thread(target=take, args=[mine]) for mine in worlds]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with world.context.reading() as uow:
        asked = uow.session.execute(
            select(Slot.team_id, func.count())
            .where(Slot.state == SlotState.PAGED)
            .group_by(Slot.team_id)
        ).all()
    assert [count for _, count in asked] == [1] * 10
    for phone in phones:
        phone.expect("URGENT")
    for _ in phones:
        world.desk.expect("nobody is left to ask")


def page_for_a_new_call(world: World) -> None:
    call = world.call({"problem_type": "other"})
    urgency = dispatches.Urgency("URGENT", 2, 30, 2)
    world.context.do(
        "test",
        lambda uow: dispatches.open_dispatch(
            uow, world.centre, uow.get(Call, call.id), "mobile_crisis", urgency, "by_hand"
        ),
    )
