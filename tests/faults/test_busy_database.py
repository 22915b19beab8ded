"""SQLite has one writer: when that one holds on, the others are told so and lose nothing."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from tests.world import World
from triage.storage.timers import Heartbeat
from triage.storage.writers_queue import WAIT_S

TYPED = "He stands on the bridge and does not answer"
TOLD_WITHIN_S = 10
"""Five seconds and what the page itself takes here."""


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    file = tmp_path / "triage.sqlite"
    file.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{file}"


@contextmanager
def somebody_writes(world: World, queued: bool) -> Iterator[None]:
    """A writer that does not end: one of ours, or a program that knows nothing of the queue."""
    if queued:
        with world.context.unit_of_work("test"):
            yield
        return
    file = world.context.database.engine.url.database
    with closing(sqlite3.connect(file or "", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@pytest.mark.parametrize("queued", [True, False])
def test_whoever_waits_too_long_is_told_and_what_was_typed_is_kept(
    world: World, queued: bool
) -> None:
    browser = world.client("dispatcher")
    token = browser.csrf("/intake")
    form = {"csrf_token": token, "form_key": str(uuid4()), "action": "send"}
    form |= {"narrative": TYPED, "location": "Pier 3"}
    with somebody_writes(world, queued):
        began = time.monotonic()
        answer = browser.client.post("/intake", data=form)
        assert time.monotonic() - began < TOLD_WITHIN_S

    assert answer.status_code == 503
    assert TYPED in answer.get_data(as_text=True)
    again = browser.client.post("/intake", data=form)
    assert again.status_code == 303


def test_those_who_wait_are_served_in_their_turn(world: World) -> None:
    served: list[str] = []

    def beat(name: str) -> None:
        with world.context.unit_of_work("test") as uow:
            uow.add(Heartbeat(worker=name, at=uow.now))
        served.append(name)

    with somebody_writes(world, queued=True):
        threads = [threading.Thread(target=beat, args=[f"w{number}"]) for number in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        assert served == []
    for thread in threads:
        thread.join(WAIT_S)
    assert len(served) == 6


def test_nobody_who_gave_up_holds_the_turn_afterwards(
    world: World, another_world: Callable[[], World]
) -> None:
    other = another_world()

    def wait_in_vain() -> None:
        waited = other.context.unit_of_work("test")
        with pytest.raises(OperationalError, match="database is locked"):
            waited.__enter__()

    with somebody_writes(world, queued=True):
        waiting = threading.Thread(target=wait_in_vain)
        waiting.start()
        waiting.join(WAIT_S + 2)
        assert not waiting.is_alive()
    began = time.monotonic()
    for mine in (world, other):
        with mine.context.unit_of_work("test") as uow:
            uow.add(Heartbeat(worker="w" + str(id(mine)), at=uow.now))
    assert time.monotonic() - began < WAIT_S / 2
