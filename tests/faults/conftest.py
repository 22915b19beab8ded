"""What the fault tests share: a double of Twilio, and real workers that text through it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.workers import WAITS_S, Workers
from tests.servers import Missing, PostgresServer, missing, start_postgresql
from tests.twilio_double import Twilio, start_twilio
from tests.world import World


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    twilio = start_twilio()
    yield twilio
    twilio.stop()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PostgresServer]:
    """One of the story's own, which may come to harm."""
    try:
        server = start_postgresql(tmp_path)
    except Missing as reason:
        missing(str(reason))
    yield server
    server.remove()


@pytest.fixture
def workers(world: World, database_url: str, tmp_path: Path, twilio: Twilio) -> Iterator[Workers]:
    world.ignores_texts("real workers send them, and the story reads the double's account")
    made = Workers.on(database_url, tmp_path, twilio)
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def longest_wait(record_property: Callable[[str, object], None]) -> Iterator[None]:
    """For the table of `make faults`: how long it took until all was well again."""
    WAITS_S.clear()
    yield
    if WAITS_S:
        record_property("longest_wait_s", max(WAITS_S))
