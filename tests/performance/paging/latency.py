"""From the commit that owes a text until the provider has it, at a steady rate."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import event
from sqlalchemy.orm import Session

from tests.faults.workers import ALONE, owe
from tests.performance.paging.stage import Stage

PRODUCERS = 4
WARM_UP = 40
PATIENCE_S = 60


@dataclass(frozen=True)
class Latency:
    rate: int
    """Texts a second that were to be owed, whether the machine kept up or not."""
    seconds: float
    """How long owing them took; it was to take their number by the rate."""
    samples_s: list[float]
    missing: int
    twice: int


def measure(stage: Stage, rate: int, texts: int) -> Latency:
    stage.work(ALONE)
    clock = CommitClock()
    for number in range(WARM_UP):
        owe(stage.world, f"warm {number}")
        time.sleep(0.02)
    stage.twilio.wait_for(WARM_UP, PATIENCE_S)
    seconds = _owe_all(stage, clock, rate, texts)
    taken = stage.twilio.wait_for(WARM_UP + texts, PATIENCE_S)
    clock.stop()
    stamps = {text["body"]: text["taken_at"] for text in reversed(taken)}  # the first copy counts
    copies = Counter(text["body"] for text in taken)
    samples = [stamps[body] - at for body, at in clock.committed.items() if body in stamps]
    twice = sum(times > 1 for times in copies.values())
    return Latency(rate, seconds, samples, texts - len(samples), twice)


class CommitClock:
    """The instant at which a thread's latest COMMIT came back, before anybody is woken."""

    def __init__(self) -> None:
        self.committed: dict[str, float] = {}
        self._mine = threading.local()
        event.listen(Session, "after_commit", self._stamp)

    def _stamp(self, _session: Session) -> None:
        if body := getattr(self._mine, "body", None):
            self.committed[body] = time.monotonic()

    def about_to_commit(self, body: str) -> None:
        self._mine.body = body

    def stop(self) -> None:
        event.remove(Session, "after_commit", self._stamp)


def _owe_all(stage: Stage, clock: CommitClock, rate: int, texts: int) -> float:
    """Each at its own instant, however long the one before took; returns how long all took."""
    began = time.monotonic()

    def produce(first: int) -> None:
        for number in range(first, texts, PRODUCERS):
            time.sleep(max(began + number / rate - time.monotonic(), 0))
            clock.about_to_commit(f"text {number}")
            owe(stage.world, f"text {number}")

    threads = [threading.Thread(target=produce, args=[number]) for number in range(PRODUCERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began
