"""The clock: looks for what is due, again and again, and does it.

Correctness is in the rows: any number of workers may run, and any may be killed at any
moment. APScheduler is only the metronome.
"""

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol, runtime_checkable

import structlog
from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy import delete, select

from triage.context import AppContext
from triage.domain.phone_network import NotSent, OutboundSms, Sent
from triage.services import outbox, paging, timers
from triage.services.outbox import ClaimedText
from triage.storage.timers import Heartbeat
from triage.storage.unit_of_work import UnitOfWork

ACTOR = "worker"
TIMERS_EVERY_S = 1.0
HEARTBEAT_EVERY_S = 1.0
FINISH_WITHIN_S = 10.0
"""How long a worker that was told to stop may finish what it has in hand."""
STUCK_AFTER_S = 10.0
STUCK = 70
"""Exit status of a worker whose clock stands still: a supervisor starts another."""
_FORGET_AFTER = timedelta(days=1)

log = structlog.get_logger("triage.worker")


@runtime_checkable
class Remembers(Protocol):
    """A telephone network that can be asked what it has taken."""

    def find(self, sms: OutboundSms, within_s: float) -> list[str]: ...


def fire_timers(context: AppContext, stopping: Callable[[], bool] = lambda: False) -> None:
    """Do everything that is due, each in a transaction of its own."""
    while not stopping():
        with context.reading() as uow:
            if not timers.anything_due(uow):
                return
        context.do(ACTOR, lambda uow: timers.fire_due(uow, context.centre))


def send_texts(context: AppContext, owner: str) -> None:
    """Send everything that is due, one after the other, and come back when it is done."""
    while claimed := claim_texts(context, owner, 1):
        for text in claimed:
            hand_over(context, text)


def claim_texts(context: AppContext, owner: str, limit: int) -> list[ClaimedText]:
    """Up to `limit` texts; none only if nothing is due."""
    while True:
        with context.reading() as uow:
            if not outbox.anything_due(uow):
                return []
        claimed = context.do(
            ACTOR,
            lambda uow: outbox.claim(uow, context.centre, owner, limit, paging.undeliverable),
        )
        if claimed:
            return claimed


def hand_over(context: AppContext, claimed: ClaimedText) -> None:
    """Give a text to the provider, outside any transaction, and write down what came of it."""
    outcome: Sent | NotSent | None = None
    if claimed.perhaps_sent_s is not None and (sid := _already_taken(context, claimed)):
        outcome, claimed = Sent(sid), replace(claimed, perhaps_sent_s=None)
    outcome = outcome or context.phone.send(claimed.sms)
    settled = outcome
    context.do(
        ACTOR,
        lambda uow: outbox.settle(uow, context.centre, claimed, settled, paging.undeliverable),
    )


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
    """One process's hands and pulse."""

    context: AppContext
    owner: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")
    stopping: threading.Event = field(default_factory=threading.Event)
    _pulse: dict[str, float] = field(default_factory=dict)
    _well: dict[str, bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        senders = self.context.settings.policy.senders
        self._pool = ThreadPoolExecutor(senders, thread_name_prefix="sender")
        self._free = threading.Semaphore(senders)
        self._in_hand = 0

    def step(self, name: str, work: Callable[[], None]) -> None:
        """One beat. What it raises is logged by type: the text of an error may tell too much."""
        self._pulse[name] = time.monotonic()
        try:
            work()
            self._well[name] = True
        except Exception as error:
            self._well[name] = False
            log.error("step failed, what it was doing falls due again", step=name, **_kind(error))
        self._pulse[name] = time.monotonic()
