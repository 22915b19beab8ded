"""The database goes away and comes back, and machines disagree about the time: the worker that
was running goes on, and nothing is sent twice or early."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.faults.workers import (
    ALONE,
    Workers,
    on_own_postgresql,
    owe,
    page_somebody,
    until,
)
from tests.twilio_double import Twilio
from tests.world import World
from triage.services import dispatches
from triage.storage.calls import Call

AWAY_S = 4.0
AFTERWARDS_S = 10.0

IN_ANOTHER_TIME = """
import sys, time_machine
from datetime import timedelta
from triage.entrypoints.cli import main
time_machine.travel(timedelta(seconds=float(sys.argv[1])), tick=True).start()
sys.argv = ["triage", "worker", "--no-restart"]
main()
"""
"""A worker on a machine whose clock is wrong."""


@pytest.mark.slow
def test_a_worker_outlives_its_database_and_sends_when_it_is_back(
    tmp_path: Path, twilio: Twilio
) -> None:
    with on_own_postgresql(tmp_path, twilio) as (server, world, workers):
        worker = workers.start()
        owe(world, "before")
        twilio.wait_for(1, 30)
        owe(world, "while it goes")
        server.stop(crash=True)
        time.sleep(AWAY_S)
        assert worker.poll() is None
        server.start()
        world.context.database.engine.dispose()
        owe(world, "after")
        owed = {"before", "while it goes", "after"}
        until(lambda: {text["body"] for text in twilio.texts} == owed, AFTERWARDS_S)
        time.sleep(0.5)  # a copy would have gone by now
        assert len(twilio.texts) == len(owed) + world.audited("text.second_copy")
        assert worker.poll() is None


@pytest.mark.parametrize("ahead_s", [-3600, 3600])
def test_a_machine_with_a_wrong_clock_changes_nothing(
    world: World, workers: Workers, twilio: Twilio, ahead_s: int
) -> None:
    """Due times are the database's. SQLite reads its machine's clock itself, past Python: on
    one machine there is one clock."""
    workers.start([sys.executable, "-c", IN_ANOTHER_TIME, str(ahead_s)])
    workers.start(ALONE)
    until(lambda: workers.log.read_text(errors="replace").count("worker runs") == 2, 90)
    code = page_somebody(world)
    twilio.wait_for(1, 20)
    time.sleep(2.5)  # time enough for a worker that is an hour ahead to pass the team over

    (sent,) = twilio.texts
    assert code in sent["body"]
    assert world.audited("page.passed_over") == 0
    assert world.audited("text.second_copy") == 0
    assert world.audited("text.expired") == 0


def test_the_clock_of_the_database_put_back_fires_nothing_twice(world: World) -> None:
    (first,) = world.team("First")
    (second,) = world.team("Second")
    code = page_first(world)
    first.expect(code)
    world.wait(minutes=3)
    second.expect(code)
    world.wait(minutes=-5)
    world.settle()

    assert sum(code in text for text in first.inbox if "1=accept" in text) == 1
    assert sum(code in text for text in second.inbox if "1=accept" in text) == 1
    assert world.audited("page.passed_over") == 1


def page_first(world: World) -> str:
    call = world.call({"problem_type": "other"})
    urgency = dispatches.Urgency("URGENT", 2, 30, 2)
    with world.context.unit_of_work("test") as uow:
        row = uow.get(Call, call.id)
        dispatches.open_dispatch(uow, world.centre, row, "mobile_crisis", urgency, "by_hand")
    return call.code
