"""The points at which a process is killed or frozen: armed in a forked child, nowhere else.

The service has no hooks for this. The points lie in the libraries that it cannot do without:
SQLAlchemy's way to the database and the HTTP client's way to the provider; and below them in
the kernel, which holds system calls.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any

from sqlalchemy.engine.default import DefaultDialect
from urllib3.connectionpool import HTTPConnectionPool

from tests.faults import system_calls

POINTS = (
    *("statement", "before_commit", "after_commit"),
    *("before_send", "request_written", "after_send", "before_find", "after_find", "moment"),
    *system_calls.POINTS,
)
FROZEN_S = 1.0
SIGNALS = {"killed": signal.SIGKILL, "stopped": signal.SIGSTOP}


@dataclass(frozen=True)
class Strike:
    """What befalls one process, once: the `nth` time that it comes to `point`; of a `moment`,
    `nth` milliseconds after its start."""

    fault: str
    """Its name in the ledger."""
    role: str
    """web or worker."""
    point: str
    nth: int
    does: str = "killed"
    """killed or stopped."""


@dataclass
class _Armed:
    strikes: Sequence[Strike]
    log: int
    """Where a strike is written down before it happens."""
    pid: int = field(default_factory=os.getpid)
    seen: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, point: str) -> bool:
        """Was the process killed here?"""
        with self.lock:
            count = self.seen[point] = self.seen.get(point, 0) + 1
        due = [one for one in self.strikes if (one.point, one.nth) == (point, count)]
        for strike in due:
            self.befall(strike)
        return any(strike.does == "killed" for strike in due)

    def befall(self, strike: Strike) -> None:
        line = f"{time.monotonic()} {self.pid} {strike.does} {strike.fault}\n"
        os.write(self.log, line.encode())
        if strike.does == "stopped":
            _wake_later(self.pid)
        os.kill(self.pid, SIGNALS[strike.does])

    def befall_later(self, strike: Strike) -> None:
        time.sleep(strike.nth / 1000)
        self.befall(strike)


def _wake_later(pid: int) -> None:
    """Another process lets it go on, whatever the rest of the test is waiting for."""
    if os.fork() == 0:
        try:
            time.sleep(FROZEN_S)
            os.kill(pid, signal.SIGCONT)
        finally:  # also where it is dead by then: a copy of the process must not go on
            os._exit(0)


def arm(strikes: Sequence[Strike], log: int) -> None:
    """Let this process be struck. log -- an open file, in which strikes are written down."""
    if not strikes:
        return
    armed = _Armed(strikes, log)
    if held := {strike.point for strike in strikes} & set(system_calls.POINTS):
        system_calls.watch(held, armed.reach)
    for execute in ("do_execute", "do_executemany"):
        _around(DefaultDialect, execute, lambda *_: armed.reach("statement"))
    _around(
        DefaultDialect,
        "do_commit",
        lambda *_: armed.reach("before_commit"),
        lambda *_: armed.reach("after_commit"),
    )
    _around(
        HTTPConnectionPool,
        "urlopen",
        lambda _, method, *__: armed.reach(f"before_{_kind(method)}"),
        lambda _, method, *__: armed.reach(f"after_{_kind(method)}"),
    )
    _around(HTTPConnection, "getresponse", lambda line, *_: _written(armed, line))
    for strike in strikes:
        if strike.point == "moment":
            threading.Thread(target=armed.befall_later, args=[strike], daemon=True).start()


def _kind(method: str) -> str:
    return "send" if method == "POST" else "find"


def _written(armed: _Armed, line: Any) -> None:
    if line._method == "POST":
        armed.reach("request_written")


def _around(
    kind: type,
    name: str,
    before: Callable[..., object] = lambda *_: None,
    after: Callable[..., object] = lambda *_: None,
) -> None:
    real = getattr(kind, name)

    def struck(*args: Any, **kwargs: Any) -> Any:
        before(*args)
        result = real(*args, **kwargs)
        after(*args)
        return result

    setattr(kind, name, struck)
