"""The disk of the log is full, or nobody reads the pipe it goes to: pages leave all the same."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.faults.workers import ALONE, Workers, owe, until
from tests.twilio_double import Twilio
from tests.world import World


@contextlib.contextmanager
def full_disk() -> Iterator[int]:
    log = os.open("/dev/full", os.O_WRONLY)
    yield log
    os.close(log)


@contextlib.contextmanager
def full_pipe() -> Iterator[int]:
    """Its reader lives, and reads nothing."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    yield writer
    os.close(writer)
    os.close(reader)


@pytest.mark.parametrize("log", [full_disk, full_pipe])
def test_a_page_leaves_and_what_came_of_it_is_written_down(
    world: World,
    workers: Workers,
    twilio: Twilio,
    log: Callable[[], contextlib.AbstractContextManager[int]],
) -> None:
    twilio.behave("500", times=1)  # something to be logged
    owe(world, "One moment, please")
    with log() as full:
        worker = subprocess.Popen(ALONE, env=workers.environ, stdout=full, stderr=full)
        workers.running.append(worker)

        until(lambda: twilio.texts)
        owe(world, "Somebody is coming")
        until(lambda: len(twilio.texts) == 2)

        assert worker.poll() is None
        worker.terminate()
        assert worker.wait(15) == 0
