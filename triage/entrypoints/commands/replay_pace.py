"""Time between replayed calls: waited for, moved, or both."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import click

from triage.context import AppContext
from triage.services import replays

PATIENCE_S = 30
"""How long the worker may take for what is due at one instant."""


@dataclass
class Pace:
    """speed -- how many times faster than it was; None waits for nothing.
    moved -- the database's clock moves on by all that is not waited for."""

    context: AppContext
    speed: float | None
    moved: bool
    last: datetime | None = None

    def check(self) -> None:
        """Raises UsageError where time must not be moved and nobody may be paged."""
        settings = self.context.settings
        if settings.sms != "simulator" or not settings.demo:
            raise click.UsageError("--page moves the clock and pages: only in the demo")
        with self.context.reading() as uow:
            if not replays.somebody_works(uow):
                raise click.UsageError("--page needs a running worker: start `triage worker`")

    def wait_for(self, moment: datetime) -> None:
        """Let the time pass that lay between the last call and this one."""
        gap = max(timedelta(), moment - (self.last or moment))
        self.last = max(moment, self.last or moment)
        waited = gap / self.speed if self.speed else timedelta()
        if self.moved:
            self._move(gap - waited)
        time.sleep(waited.total_seconds())

    def _move(self, by: timedelta) -> None:
        """Go from one due timer to the next, so that each fires at its own time."""
        self.let_work()
        with self.context.reading() as uow:
            until = uow.now + by
        while True:
            with self.context.reading() as uow:
                due = replays.next_due(uow, until)
                step = (due or until) - uow.now
            if step > timedelta():
                self.context.do(replays.ACTOR, partial(replays.move_clock, by=step))
            self.let_work()
            if due is None:
                return

    def let_work(self) -> None:
        """Wait until the worker has done what is due. Raises ClickException if it does not."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with self.context.reading() as uow:
                if replays.all_done(uow):
                    return
            time.sleep(0.05)
        raise click.ClickException("the worker does not keep up: is `triage worker` running?")
