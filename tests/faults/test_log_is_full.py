"""The disk of the log is full, or nobody reads the pipe it goes to: pages leave all the same,
and the desk is answered."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.faults.workers import ALONE, TRIAGE, Workers, owe, until
from tests.performance.paging.stage import wait_until_alive
from tests.servers import free_port
from tests.twilio_double import Twilio
from tests.world import World
from triage.entrypoints.web.broadcasts import MOST_STREAMS
from triage.entrypoints.web.turns import AT_ONCE

STARTS_WITHIN_S = 90.0
"""A process on a busy machine: it is no part of what is told here."""
HANGS_S = 30.0
"""Whoever is held up by the log is so for ever; a busy machine is slow."""


@contextlib.contextmanager
def full_disk() -> Iterator[int]:
    log = os.open("/dev/full", os.O_WRONLY)
    yield log
    os.close(log)


def fill(pipe: int) -> None:
    os.set_blocking(pipe, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(pipe, b"x" * 4096)
    os.set_blocking(pipe, True)


@contextlib.contextmanager
def full_pipe() -> Iterator[int]:
    """Its reader lives, and reads nothing."""
    reader, writer = os.pipe()
    fill(writer)
    yield writer
    os.close(writer)
    os.close(reader)


@pytest.mark.parametrize("log", [full_disk, full_pipe])
def test_a_page_leaves_and_what_came_of_it_is_written_down(
    world: World,
    workers: Workers,
    twilio: Twilio,
    log: Callable[[], contextlib.AbstractContextManager[int]],
    tmp_path: Path,
) -> None:
    twilio.behave("500", times=1)  # something to be logged
    owe(world, "One moment, please")
    # What Python says at its end, as of finalizers that a thread disturbs, finds no room either.
    (tmp_path / "sitecustomize.py").write_text("import atexit\natexit.register(lambda: 1 / 0)\n")
    environ = {**workers.environ, "PYTHONPATH": str(tmp_path)}
    with log() as full:
        worker = subprocess.Popen(ALONE, env=environ, stdout=full, stderr=full)
        workers.running.append(worker)

        until(lambda: twilio.texts, STARTS_WITHIN_S)  # its log cannot tell that it runs
        owe(world, "Somebody is coming")
        until(lambda: len(twilio.texts) == 2)

        assert worker.poll() is None
        worker.terminate()
        assert worker.wait(HANGS_S) == 0


def test_the_desk_works_on_however_much_there_is_to_log(workers: Workers) -> None:
    """What is no request at all is logged by the server: once for each of its threads."""
    port = free_port()
    command = [*TRIAGE, "serve", "--bind", f"127.0.0.1:{port}", "--processes", "1"]
    reader, writer = os.pipe()
    web = subprocess.Popen(command, env=workers.environ, stdout=writer, stderr=writer)
    workers.running.append(web)
    wait_until_alive(f"http://127.0.0.1:{port}")
    fill(writer)

    server = ("127.0.0.1", port)
    for _ in range(AT_ONCE + MOST_STREAMS + 20):
        with contextlib.suppress(OSError), socket.create_connection(server, HANGS_S) as bad:
            bad.sendall(b"NONSENSE\r\n\r\n")

    for _ in range(5):
        answer = requests.get(f"http://127.0.0.1:{port}/livez", timeout=HANGS_S)
        assert answer.status_code == 200
    os.close(writer)
    os.close(reader)
