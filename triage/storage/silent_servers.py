"""Servers that say nothing any more, though no connection to them is closed.

PostgreSQL ends each statement of ours after 5 s and says so. From whom nothing is heard for longer
is gone with its machine, or stands still while its system acknowledges every packet and answers
every keepalive, so that no limit of the network ends the wait. The connection is shut here: whoever
waits is told as for any that is lost, and finds the server that has taken over.
"""

import contextlib
import os
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from psycopg.pq import TransactionStatus

SILENT_S = 5.5
"""Longer than a statement may take; with the time to connect to another server, shorter than a
worker's step may hang before it counts as stuck."""
_LOOK_EVERY_S = 0.25
_TCP_INFO = struct.Struct("=8B12I")
_SINCE_HEARD_MS = -1
"""Milliseconds since data came, in Linux' `tcp_info`."""
_SAME_S = 0.1
"""So exact is the kernel's clock, looked at twice."""


@dataclass
class _Wait:
    """since -- when it was first seen to wait; heard_at -- when something had come before that."""

    since: float
    heard_at: float = 0.0


class _Watch:
    """One thread of the process that looks at its connections."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waits: WeakKeyDictionary[psycopg.Connection[Any], _Wait] = WeakKeyDictionary()
        threading.Thread(target=self._run, name="silent_servers", daemon=True).start()

    def over(self, connection: psycopg.Connection[Any]) -> None:
        with self._lock:
            self._waits[connection] = _Wait(time.monotonic())

    def leave(self, connection: Any) -> None:
        with self._lock:
            self._waits.pop(connection, None)

    def _run(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_S)
            with self._lock:
                waits = list(self._waits.items())
            for connection, wait in waits:
                with contextlib.suppress(psycopg.Error, OSError):  # it is closed in this moment
                    _look(connection, wait)


def _look(connection: psycopg.Connection[Any], wait: _Wait) -> None:
    driver, now = connection.pgconn, time.monotonic()
    if driver.transaction_status != TransactionStatus.ACTIVE:
        wait.since = now
        return
    with socket.socket(fileno=os.dup(driver.socket)) as line:
        heard_at = now - _since_heard_s(line)
        if abs(heard_at - wait.heard_at) > _SAME_S:
            wait.since, wait.heard_at = now, heard_at
        elif now - wait.since > SILENT_S and not select.select([line], [], [], 0)[0]:
            line.shutdown(socket.SHUT_RDWR)


def _since_heard_s(line: socket.socket) -> float:
    """Raises OSError where the system cannot tell."""
    told = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
    return float(_TCP_INFO.unpack(told)[_SINCE_HEARD_MS]) / 1000


_WATCHES: dict[int, _Watch] = {}
"""By process: a fork takes no threads along."""


def watch(connection: psycopg.Connection[Any]) -> None:
    """From now on look after a connection on which every statement has a limit."""
    _mine().over(connection)


def leave(connection: Any) -> None:
    """Look after it no more: a statement on it may take as long as it takes."""
    _mine().leave(connection)


def _mine() -> _Watch:
    process = os.getpid()
    if process not in _WATCHES:
        _WATCHES[process] = _Watch()
    return _WATCHES[process]
