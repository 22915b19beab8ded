"""Real workers on real databases, killed with SIGKILL where it hurts most.

Whatever the moment, each text is sent after a restart: once wherever that can be known,
and a second copy, where none can know, says the same with the same code.
"""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text

from tests.faults.workers import (
    LEASE_IS_OVER_S,
    Workers,
    move_clock,
    owe,
    page_somebody,
    until,
)
from tests.twilio_double import Twilio
from tests.world import World
from triage.domain.lifecycle import MessageState
from triage.storage.messages import Message
from triage.storage.timers import Heartbeat
from triage.storage.unit_of_work import UnitOfWork


def messages(world: World) -> list[Message]:
    with world.context.reading() as uow:
        return list(uow.session.scalars(select(Message).order_by(Message.created_at)))


@contextmanager
def no_texts_can_be_written(world: World) -> Iterator[UnitOfWork]:
    """Hold the lock that a claim or a settlement needs."""
    with world.context.unit_of_work("test") as uow:
        if uow.session.get_bind().dialect.name == "postgresql":
            uow.session.execute(text("LOCK TABLE message IN EXCLUSIVE MODE"))
        yield uow


def waits_for_a_lock(uow: UnitOfWork, worker: subprocess.Popen[bytes]) -> bool:
    if uow.session.get_bind().dialect.name == "postgresql":
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(uow.session.scalar(waiting))
    lines = Path("/proc/locks").read_text().splitlines()
    return any("->" in line and str(worker.pid) in line.split() for line in lines)


def kill(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()


def was_killed(worker: subprocess.Popen[bytes]) -> bool:
    return worker.poll() == -signal.SIGKILL


def is_said_once(world: World, twilio: Twilio, code: str) -> None:
    """The page went out once and is known to have."""
    (message,) = messages(world)
    until(lambda: messages(world)[0].state is MessageState.SENT)
    time.sleep(0.5)  # a second copy would have gone by now
    (sent,) = twilio.texts
    assert sent["body"] == message.body
    assert sent["body"].endswith(f"Reply {code} 1=accept 2=decline")
    assert messages(world)[0].provider_id == sent["sid"]


def test_killed_before_the_claim(world: World, workers: Workers, twilio: Twilio) -> None:
    code = page_somebody(world)
    worker = workers.start()
    with no_texts_can_be_written(world) as uow:
        until(lambda: waits_for_a_lock(uow, worker))
        kill(worker)
    assert messages(world)[0].state is MessageState.READY

    workers.start()
    is_said_once(world, twilio, code)
    assert messages(world)[0].attempts == 1


def test_killed_between_the_claim_and_the_provider(
    world: World, workers: Workers, twilio: Twilio
) -> None:
    code = page_somebody(world)
    worker = workers.start()
    twilio.behave("kill:before_accept", pid=worker.pid, times=1)
    until(lambda: was_killed(worker))
    assert messages(world)[0].state is MessageState.ATTEMPTING

    workers.start()
    time.sleep(1)
    assert twilio.texts == []  # the lease is not over: the first may be slow and not dead
    move_clock(world, LEASE_IS_OVER_S)
    is_said_once(world, twilio, code)
    assert messages(world)[0].attempts == 2


def test_killed_when_the_provider_had_taken_the_text(
    world: World, workers: Workers, twilio: Twilio
) -> None:
    code = page_somebody(world)
    worker = workers.start()
    twilio.behave("kill:after_accept", pid=worker.pid, times=1)
    until(lambda: was_killed(worker))
    assert messages(world)[0].state is MessageState.ATTEMPTING

    workers.start()
    move_clock(world, LEASE_IS_OVER_S)
    is_said_once(world, twilio, code)


def test_a_second_copy_where_nobody_can_know_carries_the_same_code(
    world: World, workers: Workers, twilio: Twilio
) -> None:
    page_somebody(world)
    worker = workers.start()
    twilio.behave("kill:after_accept", pid=worker.pid, times=1, forgetful=True)
    until(lambda: was_killed(worker))

    workers.start()
    move_clock(world, LEASE_IS_OVER_S)
    until(lambda: messages(world)[0].state is MessageState.SENT)
    first, second = twilio.texts
    assert first["body"] == second["body"] == messages(world)[0].body
    assert world.audited("text.second_copy") == 1


def test_killed_before_settling(world: World, workers: Workers, twilio: Twilio) -> None:
    code = page_somebody(world)
    twilio.behave("ok", delay_s=1.5)
    worker = workers.start()
    until(lambda: twilio.requests)
    with no_texts_can_be_written(world) as uow:
        until(lambda: twilio.texts and waits_for_a_lock(uow, worker))
        kill(worker)
    assert messages(world)[0].state is MessageState.ATTEMPTING

    twilio.behave("ok")
    workers.start()
    move_clock(world, LEASE_IS_OVER_S)
    is_said_once(world, twilio, code)


def test_frozen_beyond_its_lease_and_woken(world: World, workers: Workers, twilio: Twilio) -> None:
    code = page_somebody(world)
    twilio.behave("ok", delay_s=1)
    frozen = workers.start()
    until(lambda: twilio.requests)
    frozen.send_signal(signal.SIGSTOP)
    twilio.wait_for(1)
    twilio.behave("ok")

    workers.start()
    move_clock(world, LEASE_IS_OVER_S)
    until(lambda: messages(world)[0].state is MessageState.SENT)
    frozen.send_signal(signal.SIGCONT)
    is_said_once(world, twilio, code)
    assert messages(world)[0].fence == 2


def test_told_to_stop_it_finishes_what_it_has_in_hand(
    world: World, workers: Workers, twilio: Twilio
) -> None:
    owe(world, "hello")
    twilio.behave("ok", delay_s=2)
    worker = workers.start()
    until(lambda: twilio.requests)
    worker.terminate()

    assert worker.wait(10) == 0
    assert messages(world)[0].state is MessageState.SENT


def test_a_provider_that_hangs_delays_no_other_worker_s_texts(
    world: World, workers: Workers, twilio: Twilio
) -> None:
    twilio.behave("hang", times=1)
    owe(world, "hangs")
    workers.start()
    until(lambda: twilio.texts)
    started = time.monotonic()
    owe(world, "flows")

    until(lambda: len(twilio.texts) == 2)
    assert time.monotonic() - started < 4
    until(lambda: all(m.state is MessageState.SENT for m in messages(world)), 20)
    assert len(twilio.texts) == 2  # the one that hung was found, not sent again


def test_it_tells_that_it_is_alive(world: World, workers: Workers) -> None:
    workers.start()
    workers.start()

    def alive() -> int:
        with world.context.reading() as uow:
            beats = uow.session.scalars(select(Heartbeat)).all()
            return sum((uow.now - beat.at).total_seconds() < 3 for beat in beats)

    until(lambda: alive() == 2)


@pytest.mark.slow
def test_a_lock_that_nobody_lets_go_ends_each_wait_and_not_the_worker(
    world: World, workers: Workers, twilio: Twilio
) -> None:
    owe(world, "hello")
    worker = workers.start()
    with no_texts_can_be_written(world):
        time.sleep(12)  # longer than the watchdog is patient
    assert worker.poll() is None
    until(lambda: messages(world)[0].state is MessageState.SENT)
    assert len(twilio.texts) == 1


@pytest.mark.slow
def test_a_night_of_kills_loses_nothing(world: World, workers: Workers, twilio: Twilio) -> None:
    chance = random.Random(seed := random.randrange(10**6))
    print(f"seed {seed}")
    bodies = [f"text {number}" for number in range(80)]
    twilio.behave("ok", delay_s=0.05)
    alive = [workers.start(), workers.start()]
    kills = 0
    while bodies or any(m.state is not MessageState.SENT for m in messages(world)):
        for body in bodies[:8]:
            owe(world, body)
        del bodies[:8]
        time.sleep(chance.uniform(0.7, 1.6))
        victim = chance.randrange(2)
        if kills < 10:
            kill(alive[victim])
            alive[victim] = workers.start()
            kills += 1
        move_clock(world, LEASE_IS_OVER_S)

    copies = Counter(sent["body"] for sent in twilio.texts)
    assert set(copies) == {f"text {number}" for number in range(80)}
    # The clock is moved past the lease of living workers too: theirs may be doubled then.
    doubled = [body for body, times in copies.items() if times > 1]
    assert max(copies.values()) <= 2
    assert len(doubled) <= world.audited("text.second_copy")
