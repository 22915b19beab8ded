"""Workers are woken by the commit that leaves something to do, and by nothing else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.world import Phone, World
from triage.services import outbox
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork
from triage.storage.wake import BOARDS, CHANNEL, SHOWN, TEXTS, TIMERS

AT_ONCE_S = 0.8
"""Sooner than the next look without being woken."""


class Ear:
    """A listener as a worker has one."""

    def __init__(self, world: World) -> None:
        self._rung, self._over = threading.Event(), threading.Event()
        self.due: frozenset[str] = frozenset()
        arguments = (self._hear, self._over)
        self._thread = threading.Thread(target=world.context.database.wake.listen, args=arguments)
        self._thread.start()

    def _hear(self, due: frozenset[str]) -> None:
        self.due = due
        self._rung.set()

    def hears(self, within_s: float = AT_ONCE_S) -> bool:
        heard = self._rung.wait(within_s)
        self._rung.clear()
        return heard

    def close(self) -> None:
        self._over.set()
        self._thread.join(5)


@contextmanager
def listening(world: World) -> Iterator[Ear]:
    """An ear that is known to hear."""
    ear = Ear(world)
    try:
        deadline = time.monotonic() + 10
        world.context.database.wake.ring([TEXTS])
        while not ear.hears(0.1):
            assert time.monotonic() < deadline
            world.context.database.wake.ring([TEXTS])
        while ear.hears(0.3):  # a ring that was still under way
            pass
        yield ear
    finally:
        ear.close()


def owe(world: World, uow: UnitOfWork) -> None:
    outbox.enqueue(
        uow,
        world.centre,
        kind="reply",
        to="+12025550177",
        to_role="clinician",
        body="hello",
        priority=1,
    )


def owe_and_fail(world: World) -> None:
    with world.context.unit_of_work("test") as uow:
        owe(world, uow)
        uow.session.flush()
        raise RuntimeError("undone")


def a_call(world: World) -> Call:
    return world.call({"problem_type": "other"})


def test_a_commit_that_owes_a_text_is_heard_at_once(world: World) -> None:
    with listening(world) as ear:
        with world.context.unit_of_work("test") as uow:
            owe(world, uow)
            uow.session.flush()
            assert not ear.hears(0.3)  # not before it is committed
        assert ear.hears()
        assert ear.due == {TEXTS}
    Phone(world, "+12025550177").expect("hello")


def test_a_timer_that_is_due_wakes_and_one_for_later_does_not(world: World) -> None:
    call = a_call(world)
    with listening(world) as ear:
        with world.context.unit_of_work("test") as uow:
            uow.set_timer("nothing", uow.get(Call, call.id), uow.now + timedelta(hours=1))
        assert not ear.hears(0.4)
        with world.context.unit_of_work("test") as uow:
            uow.set_timer("nothing", uow.get(Call, call.id), uow.now, step=1)
        assert ear.hears()
        assert ear.due == {TIMERS}


def test_what_was_undone_wakes_nobody(world: World) -> None:
    with listening(world) as ear:
        with pytest.raises(RuntimeError, match="undone"):
            owe_and_fail(world)
        assert not ear.hears(0.4)


def test_every_worker_is_woken(world: World) -> None:
    with listening(world) as one, listening(world) as other:
        one.hears(0.3)  # the rings that the other was tried with
        with world.context.unit_of_work("test") as uow:
            owe(world, uow)
        assert one.hears()
        assert other.hears()
    Phone(world, "+12025550177").expect("hello")


def test_a_broken_bell_fails_no_commit_and_is_mended(world: World) -> None:
    with listening(world) as ear:
        cut_the_bells(world)
        with world.context.unit_of_work("test") as uow:
            owe(world, uow)
        with world.context.reading() as uow:
            assert uow.session.scalar(text("SELECT count(*) FROM message")) == 1

        deadline = time.monotonic() + 5
        while not ear.hears(0.2):
            assert time.monotonic() < deadline, "never heard again"
            with world.context.unit_of_work("test") as uow:
                owe(world, uow)
    assert Phone(world, "+12025550177").inbox


def cut_the_bells(world: World) -> None:
    """On PostgreSQL, end the sessions of the ringer and of the ear."""
    if world.context.database.engine.dialect.name == "sqlite":
        return
    ours = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid != pg_backend_pid() AND query LIKE :what"
    )
    with world.context.reading() as uow:
        for what in ("SELECT pg_notify(%", f"LISTEN {CHANNEL}"):
            assert uow.session.scalars(ours, {"what": what}).all() == [True]


def test_whoever_shows_boards_hears_of_what_they_show_and_of_nothing_else(world: World) -> None:
    rung, over = threading.Event(), threading.Event()
    wake = world.context.database.wake
    ear = threading.Thread(target=wake.listen, args=(lambda _: rung.set(), over, BOARDS))
    ear.start()
    try:
        while not rung.wait(0.1):  # until it listens
            wake.ring([SHOWN])
        time.sleep(0.3)
        rung.clear()
        wake.ring([TEXTS, TIMERS])
        assert not rung.wait(0.4)
        a_call(world)
        assert rung.wait(AT_ONCE_S)
    finally:
        over.set()
        ear.join(5)
