"""Who may write into an SQLite file next."""

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy.exc import OperationalError

WAIT_S = 4.0
"""A writer waits no longer for its turn and for SQLite's own lock together: whoever pressed the
button is told within 5 s that nothing was saved."""


def busy() -> OperationalError:
    """What SQLite itself says when it has waited in vain."""
    return OperationalError(
        "waiting to write", None, sqlite3.OperationalError("database is locked")
    )


class WritersQueue:
    """Lets one writer at a time into an SQLite file, in order of arrival.

    SQLite's own waiting is unfair: with eight writers the unluckiest waits a second.
    A lock in the process and a lock on a file beside the database make a queue.
    """

    def __init__(self, database: Path | None) -> None:
        self._path = None if database is None else database.with_name(database.name + ".writers")
        self._turn = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[float]:
        """Yields the seconds that are left of the waiting. Raises OperationalError at its end."""
        deadline = time.monotonic() + WAIT_S
        if self._path is None:
            yield WAIT_S
            return
        if not self._turn.acquire(timeout=WAIT_S):
            raise busy()
        try:
            with self._first_in_line(self._path, deadline):
                yield max(deadline - time.monotonic(), 0.0)
        finally:
            self._turn.release()

    def _first_in_line(self, path: Path, deadline: float) -> IO[str]:
        """The locked file. The kernel keeps the line but no deadline: a thread waits in it."""
        queue = path.open("a")
        try:
            fcntl.flock(queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            place: Future[None] = Future()
            threading.Thread(target=_stand_in_line, args=[queue, place], daemon=True).start()
            try:
                place.result(max(deadline - time.monotonic(), 0.0))
            except TimeoutError:
                if place.cancel():
                    raise busy() from None
                place.result()  # it came in this very moment
        return queue


def _stand_in_line(queue: IO[str], place: Future[None]) -> None:
    fcntl.flock(queue, fcntl.LOCK_EX)
    if place.set_running_or_notify_cancel():
        place.set_result(None)
    else:
        queue.close()  # whoever wanted it has gone
