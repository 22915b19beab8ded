"""Workers that stand still, or whose database does, between a claim and what comes of it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.faults.databases import SETTINGS
from tests.faults.test_busy_database import somebody_writes
from tests.faults.workers import Workers, on_own_postgresql, owe, page_somebody, until
from tests.twilio_double import Twilio
from tests.world import World
from triage.domain.lifecycle import MessageState
from triage.entrypoints.worker.process import STUCK_AFTER_S
from triage.services import dispatches
from triage.storage.dispatches import Dispatch
from triage.storage.messages import Message

LEASE_S, PROVIDER_TIMEOUT_S = 3, 0.5
_FREEZES_WITH_A_TEXT_IN_HAND = """
import queue, signal, sys, threading
from apscheduler.schedulers.blocking import BlockingScheduler
class Freezing(queue.SimpleQueue):
    frozen = False
    def get(self, *how, **more):
        taken = super().get(*how, **more)
        if threading.current_thread().name.startswith("sender") and not Freezing.frozen:
            Freezing.frozen = True
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)  # it stops right here
        return taken
queue.SimpleQueue = Freezing
add_job = BlockingScheduler.add_job
def rarely(self, *arguments, seconds, **more):
    return add_job(self, *arguments, seconds=max(seconds, 5), **more)
BlockingScheduler.add_job = rarely  # frozen while it writes, it would hold up everybody on SQLite
sys.argv[1:] = ["worker", "--no-restart"]
from triage.entrypoints.cli import main
main()
"""
"""A worker that is frozen when a sender has taken its first text and not handed it over."""


def is_frozen(process: subprocess.Popen[bytes]) -> bool:
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def with_a_short_lease(workers: Workers, folder: Path) -> None:
    written = SETTINGS.read_text()
    for name, value in {
        "lease_s": LEASE_S,
        "provider_timeout_s": PROVIDER_TIMEOUT_S,
        "gazetteer": f'"{SETTINGS.parent / "demo_gazetteer.csv"}"',
    }.items():
        written, changed = re.subn(rf"(?m)^{name} = [^#\n]*", f"{name} = {value} ", written)
        assert changed == 1
    file = folder / "settings.toml"
    file.write_text(written)
    workers.environ["TRIAGE_CONFIG"] = str(file)


def frozen_with_a_page(
    world: World, workers: Workers, folder: Path
) -> tuple[subprocess.Popen[bytes], str]:
    """A worker that stands still with a page in hand, and the code of its call."""
    with_a_short_lease(workers, folder)
    frozen = workers.start([sys.executable, "-c", _FREEZES_WITH_A_TEXT_IN_HAND])
    workers.run()
    code = page_somebody(world)
    until(lambda: is_frozen(frozen))
    return frozen, code


def texts(world: World) -> list[Message]:
    with world.context.reading() as uow:
        return list(uow.session.scalars(select(Message).order_by(Message.created_at)))


def are_sent_once(world: World, twilio: Twilio, number: int) -> None:
    """So many texts went out and are known to have, without a doubt in between."""
    until(lambda: all(text.state is MessageState.SENT for text in texts(world)))
    assert [(text.attempts, text.fence) for text in texts(world)] == [(1, 1)] * number
    assert len(twilio.texts) == number


def test_a_page_that_was_withdrawn_meanwhile_is_not_sent_by_whoever_wakes(
    world: World, workers: Workers, twilio: Twilio, tmp_path: Path
) -> None:
    frozen, code = frozen_with_a_page(world, workers, tmp_path)
    with world.context.unit_of_work("test") as uow:
        (dispatch,) = uow.session.scalars(select(Dispatch))
        dispatches.cancel(uow, world.centre, dispatch, "changed_response")
    time.sleep(LEASE_S)
    world.settle()  # as another worker
    assert [body for inbox in world.phones.inboxes.values() for body in inbox] == [
        f"{code}: Stand down, another response was chosen."
    ]
    assert texts(world)[0].state is MessageState.WITHDRAWN

    frozen.send_signal(signal.SIGCONT)
    until(lambda: "left to its next claim" in workers.log.read_text(errors="replace"))
    owe(world, "afterwards")
    until(lambda: twilio.texts)
    assert [text["body"] for text in twilio.texts] == ["afterwards"]


def test_a_page_that_is_wanted_still_is_sent_by_whoever_wakes_alone(
    world: World, workers: Workers, twilio: Twilio, tmp_path: Path
) -> None:
    frozen, code = frozen_with_a_page(world, workers, tmp_path)
    time.sleep(LEASE_S)
    frozen.send_signal(signal.SIGCONT)

    until(lambda: texts(world)[0].state is MessageState.SENT)
    (sent,) = twilio.texts
    assert code in sent["body"]


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("queued", [True, False])
def test_answers_outlast_a_busy_database_and_so_does_the_worker(
    world: World, workers: Workers, twilio: Twilio, queued: bool
) -> None:
    twilio.behave("ok", delay_s=1.5)
    worker = workers.start()
    for number in range(4):
        owe(world, f"text {number}")
    until(lambda: len(twilio.requests) == 4)
    with somebody_writes(world, queued):
        twilio.wait_for(4)
        time.sleep(STUCK_AFTER_S + 2)  # longer than the watchdog is patient, less than a lease
    assert worker.poll() is None
    are_sent_once(world, twilio, 4)
    assert worker.poll() is None


@pytest.mark.slow
def test_answers_outlast_a_database_that_is_away(tmp_path: Path, twilio: Twilio) -> None:
    with on_own_postgresql(tmp_path, twilio) as (server, world, workers):
        twilio.behave("ok", delay_s=1.5)
        worker = workers.start()
        for number in range(4):
            owe(world, f"text {number}")
        until(lambda: len(twilio.requests) == 4)
        server.stop(crash=True)
        twilio.wait_for(4)
        time.sleep(3)
        server.start()
        world.context.database.engine.dispose()
        are_sent_once(world, twilio, 4)
        assert worker.poll() is None
