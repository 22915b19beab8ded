"""One worker process: its threads, its pulse, and how it ends."""

import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import structlog
from apscheduler.schedulers.blocking import BlockingScheduler
from sqlalchemy import delete, select

from triage.context import AppContext
from triage.entrypoints import memory
from triage.entrypoints.counting import count_answers
from triage.entrypoints.worker.desk import Desk
from triage.entrypoints.worker.hushing import Hush
from triage.entrypoints.worker.timers import fire_timers, settle_unknown
from triage.entrypoints.worker.told import ACTOR, described
from triage.services import communication_tests, figures, retention
from triage.services.timers import LATER_LANE, URGENT_LANE
from triage.storage.timers import Heartbeat
from triage.storage.unit_of_work import UnitOfWork
from triage.storage.wake import TEXTS, TIMERS

HEARTBEAT_EVERY_S = 1.0
HABITS_EVERY_S = 5.0
"""Between looks whether the daily count of answers, or a plan for the weekly test, is due, or a
step of another release stands; well below STUCK_AFTER_S."""
FINISH_WITHIN_S = 10.0
"""How long a worker that was told to stop may finish what it has in hand."""
STUCK_AFTER_S = 10.0
STUCK = 70
"""Exit status of a worker whose clock stands still: whoever watches it starts another."""
_UNWOKEN_S = 5.0
"""A thread that nobody wakes shows this often that it lives."""
_FORGET_AFTER = timedelta(days=1)
GIVES_WAY = 5
"""Added to the niceness of what fires timers, beats and tidies, each a thread of its own: where all
cores are busy, whoever waits with a caller comes first, and the texts that are due."""
_PAGING = ("texts", "answers", "urgent_timers", "later_timers")
"""The threads without which no page leaves in time, or twice."""

log = structlog.get_logger("triage.worker")
GoOn = Callable[[], bool]


@dataclass
class Worker:
    """One process: its threads, its pulse, and whether it was told to stop."""

    context: AppContext
    owner: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")
    stopping: threading.Event = field(default_factory=threading.Event)
    _pulse: dict[str, float] = field(default_factory=dict)
    _well: dict[str, bool] = field(default_factory=dict)
    _bells: list[Callable[[], None]] = field(default_factory=list)
    _desk: Desk | None = None

    def run(self) -> None:
        """Until told to stop; what is in hand then is finished."""
        desk = self._desk = Desk(self.context, self.owner)
        answers = desk.answers
        threads = [
            self._start("texts", desk.work, desk.wakes, desk.finish),
            self._start("answers", answers.work, answers.wakes, answers.finish),
        ]
        self._bells += [desk.ring, answers.wakes.set]
        for name, lane in (("urgent_timers", URGENT_LANE), ("later_timers", LATER_LANE)):
            bell = threading.Event()
            self._bells.append(bell.set)
            fire = partial(fire_timers, self.context, lane=lane)
            threads.append(self._start(name, fire, bell, gives_way=True))
        self._wake_all()  # there may be something to do already
        threading.Thread(target=self._listen, name="ear", daemon=True).start()
        os.nice(GIVES_WAY)  # this thread, where the metronome beats; not those that have begun
        scheduler = self._metronome()
        threading.Thread(target=self._watch, args=[scheduler], daemon=True).start()
        log.info("worker runs", worker=self.owner, senders=desk.senders)
        scheduler.start()
        last_resort = threading.Timer(FINISH_WITHIN_S, os._exit, [0])
        last_resort.daemon = True
        last_resort.start()
        for thread in threads:
            thread.join()
        log.info("worker stopped", worker=self.owner)

    def _start(
        self,
        name: str,
        step: Callable[[GoOn], None],
        bell: threading.Event,
        finish: Callable[[GoOn], None] = lambda _: None,
        *,
        gives_way: bool = False,
    ) -> threading.Thread:
        """A thread that takes a step whenever its bell rings."""

        def repeat() -> None:
            if gives_way:
                os.nice(GIVES_WAY)
            while self._alive(name):
                bell.wait(_UNWOKEN_S)
                bell.clear()
                self._step(name, partial(step, partial(self._alive, name)))
            finish(lambda: True)

        self._alive(name)
        thread = threading.Thread(target=repeat, name=name, daemon=True)
        thread.start()
        return thread

    def _metronome(self) -> BlockingScheduler:
        """Memory only, and nothing of what is due: that is in the rows."""
        scheduler = BlockingScheduler(timezone="UTC")
        beats: dict[str, tuple[Callable[[], None], float]] = {
            "tick": (self._wake_all, self.context.settings.policy.look_every_s),
            "hush": (
                partial(Hush(self.context).work, partial(self._alive, "hush")),
                self.context.settings.policy.look_every_s,
            ),
            "heartbeat": (self._beat_heart, HEARTBEAT_EVERY_S),
            "habits": (self._count_answers, HABITS_EVERY_S),
            "plan": (self._plan_test, HABITS_EVERY_S),
            "retention": (self._plan_erasing, HABITS_EVERY_S),
            "figures": (self._plan_figures, HABITS_EVERY_S),
            "unknown": (partial(settle_unknown, self.context), HABITS_EVERY_S),
        }
        for name, (step, seconds) in beats.items():
            self._alive(name)
            scheduler.add_job(
                self._step,
                "interval",
                args=[name, step],
                seconds=seconds,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        return scheduler

    def _wake_all(self) -> None:
        for ring in self._bells:
            ring()

    def _told(self, due: frozenset[str]) -> None:
        if TIMERS in due:
            self._wake_all()
        if TEXTS in due and self._desk is not None:
            self._desk.tell()

    def _listen(self) -> None:
        while not self.stopping.is_set():
            try:
                self.context.database.wake.listen(self._told, self.stopping)
            except Exception as error:  # then the metronome alone wakes
                log.error("nothing is heard, it is tried again", **described(error))
                self.stopping.wait(1)

    def _step(self, name: str, step: Callable[[], None]) -> None:
        """One beat. What it raises is logged by type only: the text of an error may hold
        numbers or names."""
        self._alive(name)  # how long it has rested is no part of how long it hangs
        try:
            step()
            self._well[name] = True
        except Exception as error:
            self._well[name] = False
            log.error("step failed, it is tried again", step=name, **described(error))
        self._alive(name)

    def _alive(self, name: str) -> bool:
        """Note that a step goes on; should it?"""
        self._pulse[name] = time.monotonic()
        return not self.stopping.is_set()

    def _watch(self, scheduler: BlockingScheduler) -> None:
        """End the process if a step hangs or no memory is left, for nobody else would notice."""
        while not self.stopping.wait(0.25):
            if not memory.has_room():
                log.critical(memory.SENTENCE)
                sys.stdout.flush()
                os._exit(memory.STARVED)
            oldest = min(self._pulse, key=self._pulse.__getitem__)
            if time.monotonic() - self._pulse[oldest] > STUCK_AFTER_S:
                log.critical("step hangs, the worker ends itself", step=oldest)
                os._exit(STUCK)
        while not scheduler.running:  # told to stop before it has begun
            time.sleep(0.05)
        self._wake_all()
        scheduler.shutdown(wait=False)

    def _count_answers(self) -> None:
        count_answers(self.context, partial(self._alive, "habits"))

    def _plan_test(self) -> None:
        """The weekly test of everybody's telephone stands in the plan, whatever the settings were
        when the last one was planned."""
        centre = self.context.centre
        with self.context.reading() as uow:
            if communication_tests.stands(uow, centre):
                return
        self.context.do(ACTOR, lambda uow: communication_tests.plan(uow, centre))

    def _plan_erasing(self) -> None:
        """Likewise the next look for what is to be erased or forgotten."""
        with self.context.reading() as uow:
            if retention.stands(uow):
                return
        self.context.do(ACTOR, retention.plan)

    def _plan_figures(self) -> None:
        """Likewise the next night in which days that are over are counted."""
        centre = self.context.centre
        with self.context.reading() as uow:
            if figures.stands(uow):
                return
        self.context.do(ACTOR, lambda uow: figures.plan(uow, centre))

    def _beat_heart(self) -> None:
        """Tell everybody that paging works, only while it does."""
        if all(map(self._well.get, _PAGING)):
            self.context.do(ACTOR, self._write_heartbeat)

    def _write_heartbeat(self, uow: UnitOfWork) -> None:
        row = uow.session.scalar(select(Heartbeat).where(Heartbeat.worker == self.owner))
        if row is None:
            old = delete(Heartbeat).where(Heartbeat.at < uow.now - _FORGET_AFTER)
            uow.session.execute(old)
            row = uow.add(Heartbeat(worker=self.owner, at=uow.now))
        row.at = uow.now


def run(context: AppContext, orphaned: Callable[[Callable[[], None]], None] | None = None) -> None:
    """Work until SIGTERM or SIGINT; then finish what is in hand, within 10 s.

    orphaned -- calls back when whoever started this process is gone.
    """
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    worker = Worker(context)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stopping.set())
    if orphaned is not None:
        orphaned(worker.stopping.set)
    # The modules and the live rule set stay as long as the process: collections need not walk
    # them again and again while texts are due.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)  # as a web process: see config/gunicorn.conf.py
    # Whoever writes gives way at each statement; a thread that computes must not keep them for
    # 5 ms each time, while everybody else waits for their turn to write.
    sys.setswitchinterval(0.001)
    worker.run()
    context.database.engine.dispose()
