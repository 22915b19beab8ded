"""A worker of the release before and one of the release after are at work on the same tables: what
only the newer one knows waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.faults.releases import Release, one_after
from tests.faults.workers import on_own_postgresql, until
from tests.twilio_double import Twilio
from tests.world import World
from triage.storage.timers import ClockShift, Timer

TICKS_S = 3.0
"""The release before looks some times and finds nothing to do."""
_KNOWS = """

_HANDLERS["newer_step"] = lambda uow, centre, timer: None
"""


@pytest.mark.slow
def test_an_older_worker_leaves_a_step_that_only_a_newer_one_knows(
    tmp_path: Path, twilio: Twilio
) -> None:
    after = _release_that_knows(tmp_path / "after")
    with on_own_postgresql(tmp_path, twilio) as (_, world, workers):
        older = workers.start()
        running = workers.run()
        step = _newer_step(world)
        time.sleep(TICKS_S)
        assert (step().state, step().attempts) == ("waiting", 0)
        assert older.poll() is None

        after.environ |= workers.environ
        after.run("db", "upgrade")
        workers.environ |= {"PYTHONPATH": str(after.folder)}
        workers.start(["env", "-C", str(after.folder), *after.command("worker", "--no-restart")])
        workers.run(running + 1)
        until(lambda: step().state == "done")


def _release_that_knows(folder: Path) -> Release:
    folder.mkdir()
    after = one_after(folder)
    known = folder / "triage" / "services" / "timers.py"
    text = known.read_text()
    known.write_text(text.replace("\n_IS_KNOWN = ", _KNOWS + "\n_IS_KNOWN = "))
    assert "newer_step" in known.read_text()
    return after


def _newer_step(world: World) -> Callable[[], Timer]:
    with world.context.unit_of_work("test") as uow:
        uow.set_timer("newer_step", uow.add(ClockShift(ahead_s=0)), uow.now)

    def now() -> Timer:
        with world.context.reading() as uow:
            return uow.session.scalars(select(Timer).where(Timer.kind == "newer_step")).one()

    return now
