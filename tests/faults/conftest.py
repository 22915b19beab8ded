"""What the fault tests share: a double of Twilio, and real workers that text through it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.workers import Workers
from tests.twilio_double import Twilio, start_twilio
from tests.world import World


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    twilio = start_twilio()
    yield twilio
    twilio.stop()


@pytest.fixture
def workers(world: World, database_url: str, tmp_path: Path, twilio: Twilio) -> Iterator[Workers]:
    made = Workers.on(database_url, tmp_path, twilio)
    yield made
    made.stop()
