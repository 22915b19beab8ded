"""The watcher: looks every five seconds whether paging works, and says so to everybody.

A process of its own, so that what it says does not hang on what it watches. Its round is a
row; /pagingz and every screen read it, and say when no round comes. Any number may run.
"""

import os
import signal
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from triage.context import AppContext
from triage.domain.findings import Finding
from triage.entrypoints import memory
from triage.entrypoints.anchor_keeper import AnchorKeeper
from triage.entrypoints.downtime_paper import PaperKeeper
from triage.services import watch
from triage.services.audits import Surroundings, audit

ACTOR = "watcher"
EVERY_S = 5.0
STUCK_AFTER_S = 20.0
"""A round that takes longer hangs: its two statements may take 5 s each, and wait as long."""
STUCK = 70
HEARTBEAT_EVERY_S = 30.0
"""Outside, three minutes of silence are an alarm; a tenth of that is often enough."""
HEARTBEAT_WITHIN_S = 5.0
JUMP_S = 2.0
JUMP_TOLD_FOR_S = 300.0
"""A clock that jumped is wrong for one round only; people need longer to read it."""

log = structlog.get_logger("triage.watcher")


@dataclass
class ClockWatch:
    """Does the database's clock go as fast as this machine's steady one?"""

    only_back: bool
    """In a demo time is moved forward on purpose."""
    _last: tuple[float, datetime] | None = None
    _jumped: float | None = None

    def look(self, now: datetime, steady: float, unsure_s: float) -> list[Finding]:
        """now -- of the database; steady -- seconds of a clock that is never set;
        unsure_s -- how long asking took."""
        if self._last is not None:
            passed = timedelta(seconds=steady - self._last[0])
            jump_s = (now - self._last[1] - passed).total_seconds()
            if abs(jump_s) > JUMP_S + unsure_s and (jump_s < 0 or not self.only_back):
                self._jumped = steady
                log.error("the database's clock jumped", seconds=round(jump_s, 1))
        self._last = (steady, now)
        if self._jumped is None or steady - self._jumped >= JUMP_TOLD_FOR_S:
            return []
        return [Finding("clock", 1, round(steady - self._jumped, 1))]


@dataclass
class Watcher:
    """One process that watches."""

    context: AppContext
    name: str = field(default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}")
    stopping: threading.Event = field(default_factory=threading.Event)
    _pulse: float = field(default_factory=time.monotonic)
    _told_outside: float | None = None

    def __post_init__(self) -> None:
        settings = self.context.settings
        environment = settings.environment if settings.twilio else None
        self._around = Surroundings(settings.twilio is None, settings.demo, environment)
        self._clock = ClockWatch(only_back=settings.demo)
        folder = settings.downtime_folder
        self.paper = PaperKeeper(self.context, folder, self.stopping) if folder else None
        self.anchors = AnchorKeeper(self.context, self.stopping)

    def run(self) -> None:
        """Until told to stop."""
        threading.Thread(target=self._end_if_stuck, daemon=True).start()
        self.anchors.start()
        if self.paper:
            self.paper.start()
        log.info("watcher runs", watcher=self.name)
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                if self.round():
                    self.tell_outside()
            except Exception as error:  # the screens say by themselves that no round came
                log.error("no round, it is tried again", error=type(error).__name__)
            self._pulse = time.monotonic()
            self.stopping.wait(max(0.0, EVERY_S - (self._pulse - began)))
        log.info("watcher stopped", watcher=self.name)

    def round(self) -> bool:
        """Look once and write down what was found. True if nothing was."""
        began = time.monotonic()
        with self.context.reading() as uow:
            asked = time.monotonic()
            findings = self._clock.look(uow.now, asked, asked - began)
            findings += audit(uow, self.context.centre, self._around)
        findings += self.anchors.look()
        findings += self.paper.look() if self.paper else []
        took_ms = int((time.monotonic() - began) * 1000)
        self.context.do(ACTOR, lambda uow: watch.keep(uow, self.name, took_ms, findings))
        if findings:
            log.warning("found", findings=[finding.as_row() for finding in findings])
        return not findings

    def tell_outside(self) -> None:
        """Somebody outside hears from us as long as all is well, and from nobody when not."""
        if self.context.heartbeat is None:
            return
        now = time.monotonic()
        if self._told_outside is not None and now - self._told_outside < HEARTBEAT_EVERY_S:
            return
        self._told_outside = now
        if (problem := self.context.heartbeat.beat(HEARTBEAT_WITHIN_S)) is not None:
            log.error("the heartbeat address did not answer well", problem=problem)

    def _end_if_stuck(self) -> None:
        while not self.stopping.wait(1.0):
            if time.monotonic() - self._pulse > STUCK_AFTER_S:
                log.critical("a round hangs, the watcher ends itself")
                os._exit(STUCK)
            if not memory.has_room():
                log.critical(memory.SENTENCE)
                os._exit(memory.STARVED)


def run(context: AppContext) -> None:
    """Watch until SIGTERM or SIGINT."""
    watcher = Watcher(context)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: watcher.stopping.set())
    watcher.run()
    context.database.engine.dispose()
