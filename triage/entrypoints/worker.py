"""The clock: looks for what is due, again and again, and does it.

Correctness is in the rows: any number of workers may run, and any may be killed at any
moment. APScheduler is only the metronome.
"""

import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable

import structlog
from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy import delete, select

from triage.context import AppContext
from triage.domain.phone_network import NotSent, OutboundSms, Sent
from triage.entrypoints.counting import count_answers
from triage.services import outbox, paging, timers
from triage.services.outbox import ClaimedText
from triage.storage.timers import Heartbeat
from triage.storage.unit_of_work import UnitOfWork

ACTOR = "worker"
TIMERS_EVERY_S = 1.0
HEARTBEAT_EVERY_S = 1.0
HABITS_EVERY_S = 5.0
"""Between looks whether the daily count of answers is due; well below STUCK_AFTER_S."""
FINISH_WITHIN_S = 10.0
"""How long a worker that was told to stop may finish what it has in hand."""
STUCK_AFTER_S = 10.0
STUCK = 70
"""Exit status of a worker whose clock stands still: a supervisor starts another."""
_FORGET_AFTER = timedelta(days=1)
_ROUNDS = 100
"""Claims in a row that may come back empty before a step ends."""

log = structlog.get_logger("triage.worker")


@runtime_checkable
class Remembers(Protocol):
    """A telephone network that can be asked what it has taken."""

    def find(self, sms: OutboundSms, within_s: float) -> list[str]: ...


def fire_timers(context: AppContext, go_on: Callable[[], bool] = lambda: True) -> None:
    """Do everything that is due, each in a transaction of its own."""
    while go_on():
        with context.reading() as uow:
            if not timers.anything_due(uow):
                return
        if not context.do(ACTOR, lambda uow: timers.fire_due(uow, context.centre)):
            return  # another worker has it in hand


def send_texts(context: AppContext, owner: str) -> None:
    """Send everything that is due, one after the other, and come back when it is done."""
    while claimed := claim_texts(context, owner, 1):
        following: ClaimedText | None = claimed[0]
        while following is not None:
            following = hand_over(context, following, owner)


def claim_texts(context: AppContext, owner: str, limit: int) -> list[ClaimedText]:
    """Up to `limit` due texts, or none where none is due."""
    for _ in range(_ROUNDS):
        with context.reading() as uow:
            if not outbox.anything_due(uow):
                break
        claimed = context.do(
            ACTOR,
            lambda uow: outbox.claim(uow, context.centre, owner, limit, paging.undeliverable),
        )
        if claimed:  # else all of them were put aside, or another worker has them in hand
            return claimed
    return []


def hand_over(context: AppContext, claimed: ClaimedText, owner: str | None) -> ClaimedText | None:
    """Give a text to the provider, outside any transaction; write down what came of it and,
    in the same transaction, claim the next for `owner`, if one is named and one is due."""
    outcome: Sent | NotSent | None = None
    if claimed.perhaps_sent_s is not None and (sid := _already_taken(context, claimed)):
        outcome, claimed = Sent(sid), replace(claimed, perhaps_sent_s=None)
    settled = outcome or context.phone.send(claimed.sms)

    def settle(uow: UnitOfWork) -> None:
        outbox.settle(uow, context.centre, claimed, settled, paging.undeliverable)

    def settle_and_go_on(uow: UnitOfWork) -> ClaimedText | None:
        settle(uow)
        following = outbox.claim(uow, context.centre, owner or "", 1, paging.undeliverable)
        return next(iter(following), None)

    if owner is not None:
        try:
            return context.do(ACTOR, settle_and_go_on)
        except Exception as error:  # whatever is wrong with the next is not this one's fault
            log.error("the next text was not claimed", **_described(error))
    context.do(ACTOR, settle)
    return None


def _already_taken(context: AppContext, claimed: ClaimedText) -> str | None:
    """The provider's key of an earlier copy of this text, if it knows of one."""
    if not isinstance(context.phone, Remembers) or claimed.perhaps_sent_s is None:
        return None
    candidates = context.phone.find(claimed.sms, claimed.perhaps_sent_s)
    if not candidates:
        return None
    with context.reading() as uow:
        others = outbox.known(uow, candidates)
    return next((key for key in candidates if key not in others), None)


@dataclass
class Worker:
    """One process: its senders, its pulse, and whether it was told to stop."""

    context: AppContext
    owner: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")
    stopping: threading.Event = field(default_factory=threading.Event)
    _pulse: dict[str, float] = field(default_factory=dict)
    _well: dict[str, bool] = field(default_factory=dict)
    _hands: threading.Condition = field(default_factory=threading.Condition)
    _in_hand: int = 0

    def __post_init__(self) -> None:
        self._senders = self.context.settings.policy.senders
        self._pool = ThreadPoolExecutor(self._senders, thread_name_prefix="sender")

    def run(self) -> None:
        """Until told to stop; what is in hand then is finished."""
        scheduler = BlockingScheduler(timezone="UTC")
        steps = {
            self._drain_texts: self.context.settings.policy.look_every_s,
            self._fire_timers: TIMERS_EVERY_S,
            self._beat_heart: HEARTBEAT_EVERY_S,
            self._count_answers: HABITS_EVERY_S,
        }
        for step, seconds in steps.items():
            self._alive(step.__name__)
            scheduler.add_job(
                self._step,
                "interval",
                args=[step],
                seconds=seconds,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        threading.Thread(target=self._watch, args=[scheduler], daemon=True).start()
        log.info("worker runs", worker=self.owner, senders=self._senders)
        scheduler.start()
        last_resort = threading.Timer(FINISH_WITHIN_S, os._exit, [0])
        last_resort.daemon = True
        last_resort.start()
        with self._hands:
            self._hands.wait_for(lambda: self._in_hand == 0)
        log.info("worker stopped", worker=self.owner)

    def _step(self, step: Callable[[], None]) -> None:
        """One beat. What it raises is logged by type only: the text of an error may hold
        numbers or names."""
        try:
            step()
            self._well[step.__name__] = True
        except Exception as error:
            self._well[step.__name__] = False
            log.error("step failed, it is tried again", step=step.__name__, **_described(error))
        self._alive(step.__name__)

    def _alive(self, step: str) -> bool:
        """Note that a step goes on; should it?"""
        self._pulse[step] = time.monotonic()
        return not self.stopping.is_set()

    def _watch(self, scheduler: BlockingScheduler) -> None:
        """End the process if a step hangs, for the scheduler would not notice."""
        while not self.stopping.wait(0.25):
            oldest = min(self._pulse, key=self._pulse.__getitem__)
            if time.monotonic() - self._pulse[oldest] > STUCK_AFTER_S:
                log.critical("step hangs, the worker ends itself", step=oldest)
                sys.stdout.flush()
                os._exit(STUCK)
        while not scheduler.running:  # told to stop before it has begun
            time.sleep(0.05)
        scheduler.shutdown(wait=False)

    def _fire_timers(self) -> None:
        fire_timers(self.context, lambda: self._alive("_fire_timers"))

    def _count_answers(self) -> None:
        count_answers(self.context, lambda: self._alive("_count_answers"))

    def _drain_texts(self) -> None:
        """Hand over what is due, as many at a time as there are senders."""
        while self._alive("_drain_texts"):
            free = self._reserve()
            claimed: list[ClaimedText] = []
            try:
                claimed = claim_texts(self.context, self.owner, free) if free else []
            finally:
                self._release(free - len(claimed))
            for text in claimed:
                self._pool.submit(self._send, text)
            if len(claimed) < free:
                return  # nothing more is due, or senders go on by themselves

    def _reserve(self) -> int:
        """Keep all free senders, waiting a moment for one to become free."""
        with self._hands:
            self._hands.wait_for(lambda: self._in_hand < self._senders, timeout=0.2)
            free, self._in_hand = self._senders - self._in_hand, self._senders
            return free

    def _release(self, number: int) -> None:
        with self._hands:
            self._in_hand -= number
            self._hands.notify_all()

    def _send(self, claimed: ClaimedText) -> None:
        following: ClaimedText | None = claimed
        try:
            while following is not None:
                owner = None if self.stopping.is_set() else self.owner
                following = hand_over(self.context, following, owner)
        except Exception as error:
            log.error("a text is in doubt, it falls due again", **_described(error))
        finally:
            self._release(1)

    def _beat_heart(self) -> None:
        """Tell everybody that paging works, only while it does."""
        if self._well.get("_drain_texts") and self._well.get("_fire_timers"):
            self.context.do(ACTOR, self._write_heartbeat)

    def _write_heartbeat(self, uow: UnitOfWork) -> None:
        row = uow.session.scalar(select(Heartbeat).where(Heartbeat.worker == self.owner))
        if row is None:
            old = delete(Heartbeat).where(Heartbeat.at < uow.now - _FORGET_AFTER)
            uow.session.execute(old)
            row = uow.add(Heartbeat(worker=self.owner, at=uow.now))
        row.at = uow.now


def _described(error: Exception) -> dict[str, str]:
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return {"error": type(error).__name__, "where": where}


def run(context: AppContext) -> None:
    """Work until SIGTERM or SIGINT; then finish what is in hand, within 10 s."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    worker = Worker(context)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stopping.set())
    # The modules and the live rule set stay as long as the process: collections need not walk
    # them again and again while texts are due.
    gc.collect()
    gc.freeze()
    worker.run()
    context.database.engine.dispose()
