"""How long until somebody else goes on when a worker dies or its clock stands still."""

from __future__ import annotations

import time
from dataclasses import dataclass

from sqlalchemy import select

from tests.faults.workers import (
    ALONE,
    move_clock,
    page_somebody,
    until,
    whose_clock_hangs,
)
from tests.performance.paging.stage import Stage
from triage.storage.messages import Message

ANSWER_IS_DUE_S = 300


@dataclass(frozen=True)
class Deaths:
    """Seconds of each round."""

    worker_killed_s: list[float]
    """From the death of a worker with a page in hand until the provider has the page."""
    clock_killed_s: list[float]
    """From the death of one of two workers, with a page due to be passed over, until it is."""
    clock_hung_s: list[float]
    """From the standstill of a worker's metronome until another worker runs in its place."""


def worker_killed(stage: Stage) -> float:
    both = [stage.work(ALONE), stage.work(ALONE)]
    stage.twilio.behave("hang_before_accept", times=1)
    page_somebody(stage.world)
    until(lambda: stage.twilio.requests)
    next(worker for worker in both if _has_it(stage, worker.pid)).kill()
    died = time.monotonic()
    until(lambda: stage.twilio.texts, 40)
    return float(stage.twilio.texts[0]["taken_at"]) - died


def _has_it(stage: Stage, pid: int) -> bool:
    with stage.world.context.reading() as uow:
        owner = uow.session.scalar(select(Message.lease_owner))
    return owner is not None and owner.endswith(f"-{pid}")


def clock_killed(stage: Stage) -> float:
    killed, _ = stage.work(ALONE), stage.work(ALONE)
    page_somebody(stage.world)
    until(lambda: stage.world.audited("text.sent"))  # its answer is due from then on
    killed.kill()
    move_clock(stage.world, ANSWER_IS_DUE_S)
    began = time.monotonic()
    until(lambda: stage.world.audited("page.passed_over"), 30)
    return time.monotonic() - began


def clock_hung(stage: Stage) -> float:
    hung = stage.folder / "hung"
    stage.workers.start(whose_clock_hangs(hung))
    until(hung.exists)
    began = time.monotonic()
    stage.workers.run(2)
    return time.monotonic() - began
