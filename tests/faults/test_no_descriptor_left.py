"""A web process has no file descriptor left, because of connections that say nothing: it lives on,
serves those who are connected, leaves the others waiting and serves them afterwards."""

from __future__ import annotations

import os
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.faults.service import Service, at_work
from tests.faults.workers import children_of
from tests.twilio_double import Twilio

ABOVE = 120
"""Descriptors that it may open beyond those it has."""
SILENT = 300
"""Connections that are opened to it and say nothing."""
WATCHED_S = 8
BUSY = 0.3
"""Of one core: what a process that turns without end takes more of."""


def web_of(service: Service) -> int:
    (pid,) = children_of(service.web.pid)
    return pid


def may_open(pid: int, more: int) -> None:
    last = max(int(file.name) for file in Path(f"/proc/{pid}/fd").iterdir())
    _, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (last + more, hard))


@contextmanager
def silent_connections(port: int, count: int = SILENT) -> Iterator[None]:
    with ExitStack() as opened:
        for _ in range(count):
            opened.enter_context(socket.create_connection(("127.0.0.1", port), 5))
        yield


def computed_s(pid: int) -> float:
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@pytest.mark.slow
def test_a_web_process_outlives_more_connections_than_it_can_hold(
    tmp_path: Path, twilio: Twilio
) -> None:
    url = f"sqlite:///{tmp_path / 'triage.sqlite'}"
    with at_work(url, tmp_path, twilio) as service:
        web = web_of(service)
        may_open(web, ABOVE)
        assert service.status("/board") == 200  # and the browser stays connected
        with silent_connections(service.port):
            before_s = computed_s(web)
            for _ in range(WATCHED_S):
                time.sleep(1)
                assert service.status("/board") == 200
            assert computed_s(web) - before_s < BUSY * WATCHED_S
            assert web_of(service) == web
        service.recovers()
        assert web_of(service) == web
