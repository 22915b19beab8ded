"""Worker processes on a test's database, whose texts go to the double of Twilio."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import Missing, PostgresServer, missing, start_postgresql
from tests.twilio_double import ACCOUNT, SENDER, TOKEN, Twilio
from tests.world import World, environment, make_world, prepared_template
from triage.services import dispatches, outbox
from triage.storage.calls import Call
from triage.storage.timers import ClockShift

TRIAGE = [sys.executable, "-m", "triage.entrypoints.cli"]
ALONE = [*TRIAGE, "worker", "--no-restart"]
WITH_A_PARENT = [*TRIAGE, "worker"]
LEASE_IS_OVER_S = 16
# APScheduler's own loop stands still, in the first process that runs it: a library's fault.
_CLOCK_HANGS = """
import sys, time
from pathlib import Path
from apscheduler.schedulers.blocking import BlockingScheduler
whole = BlockingScheduler._main_loop
def loop(self):
    if not Path({hung!r}).exists():
        Path({hung!r}).touch()
        time.sleep(3600)
    whole(self)
BlockingScheduler._main_loop = loop
sys.argv[1:] = ["worker"]
from triage.entrypoints.cli import main
main()
"""


@dataclass
class Workers:
    environ: dict[str, str]
    log: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @classmethod
    def on(cls, database_url: str, folder: Path, twilio: Twilio) -> Workers:
        environ = environment(database_url, folder) | {
            "TRIAGE_SMS": "twilio",
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": SENDER,
            "TWILIO_API_URL": twilio.url,
            "PATH": os.environ["PATH"],
        }
        log = folder / "workers.log"
        log.touch()
        return cls(environ, log)

    def start(self, command: Sequence[str] = ALONE) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, env=self.environ, stdout=log, stderr=log)
        self.running.append(process)
        return process

    def run(self, count: int = 1) -> int:
        """How many workers have said that they run; waits until there are `count`."""
        until(lambda: self.log.read_text(errors="replace").count("worker runs") >= count, 60)
        return count

    def stop(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
        print(self.log.read_text(errors="replace")[-3000:])  # shown where a test fails


@contextmanager
def on_own_postgresql(
    folder: Path, twilio: Twilio
) -> Iterator[tuple[PostgresServer, World, Workers]]:
    """A server that a test may crash, with a centre on it and workers to start."""
    try:
        server = start_postgresql(folder)
    except Missing as reason:
        missing(str(reason))
    url = server.create("centre")
    prepared_template(url)
    workers = Workers.on(url, folder, twilio)
    try:
        with make_world(url, folder) as world:
            yield server, world, workers
    finally:
        workers.stop()
        server.remove()


def whose_clock_hangs(hung: Path) -> list[str]:
    """A worker with a parent, whose first child's metronome stands still; then `hung` exists."""
    return [sys.executable, "-c", _CLOCK_HANGS.format(hung=str(hung))]


def children_of(pid: int) -> list[int]:
    file = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in file.read_text().split()] if file.exists() else []


WAITS_S: list[float] = []
"""How long the story that runs has waited for each thing that was to come right."""


def until(what: Callable[[], object], within_s: float = 30) -> None:
    began = time.monotonic()
    while not what():
        assert time.monotonic() < began + within_s, f"not within {within_s} s"
        time.sleep(0.02)
    WAITS_S.append(time.monotonic() - began)


def page_somebody(world: World) -> str:
    """A call whose team is owed a page; returns the code."""
    world.team("MCT 1")
    call = world.call({"problem_type": "other"})
    urgency = dispatches.Urgency("URGENT", 2, 30, 2)
    with world.context.unit_of_work("test") as uow:
        row = uow.get(Call, call.id)
        dispatches.open_dispatch(uow, world.centre, row, "mobile_crisis", urgency, "by_hand")
    return call.code


def owe(world: World, body: str, priority: int = 1) -> None:
    with world.context.unit_of_work("test") as uow:
        outbox.enqueue(
            uow,
            world.centre,
            kind="reply",
            to="+12025550177",
            to_role="clinician",
            body=body,
            priority=priority,
        )


def move_clock(world: World, seconds: float) -> None:
    with world.context.unit_of_work("test") as uow:
        uow.add(ClockShift(ahead_s=seconds))
