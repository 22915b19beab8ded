"""COMMITs of PostgreSQL whose outcome nobody knows.

One that waits for a synchronous standby that is gone waits for ever: no time limit of the server
ends it. It is cancelled here, and is then committed on the primary and perhaps nowhere else. One
whose connection breaks may have happened or not.
"""

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from triage.domain.errors import CommitInDoubt, OnOneServerOnly

WITHIN_S = 4.0
"""A COMMIT that takes longer is not waited for: whoever pressed the button is told within 5 s."""
_LOOK_EVERY_S = 0.25
_SENTENCE = (
    "It is not known whether this was saved. Look at the board before you send it again,"
    " and go on by telephone and radio until then."
)
NOT_ON_THE_STANDBY = "not_on_the_standby"
"""In a connection's `info`: its last COMMIT stopped waiting for the standby."""


def note_unconfirmed(connection: psycopg.Connection[Any], info: dict[Any, Any]) -> None:
    """Have the server's warning about a COMMIT kept with the connection."""

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        if notice.source_function == "SyncRepWaitForLSN":  # its text may be in any language
            info[NOT_ON_THE_STANDBY] = True

    connection.add_notice_handler(hear)


@contextlib.contextmanager
def committing(session: Session) -> Iterator[None]:
    """Around a COMMIT. Raises CommitInDoubt where it may have happened or not."""
    connection: Connection = session.info["connection"]
    if connection.dialect.name != "postgresql":
        yield
        return
    info, driver = connection.info, connection.connection.driver_connection
    try:
        with _WATCH.over(driver):
            yield
    except DBAPIError as error:
        if error.connection_invalidated:
            raise CommitInDoubt(_SENTENCE) from error
        raise
    if info.pop(NOT_ON_THE_STANDBY, False):
        raise OnOneServerOnly(_SENTENCE)


class _Watch:
    """One thread of the process that cancels what waits too long."""

    def __init__(self) -> None:
        self._number = itertools.count()
        self._begun: dict[int, tuple[float, Any]] = {}
        self._process = 0

    @contextlib.contextmanager
    def over(self, driver: Any) -> Iterator[None]:
        if self._process != os.getpid():  # a fork takes no threads along
            self._process, self._begun = os.getpid(), {}
            threading.Thread(target=self._run, name="commits", daemon=True).start()
        number = next(self._number)
        self._begun[number] = (time.monotonic(), driver)
        try:
            yield
        finally:
            self._begun.pop(number, None)

    def _run(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_S)
            for number, (since, driver) in list(self._begun.items()):
                if time.monotonic() - since > WITHIN_S and number in self._begun:
                    del self._begun[number]
                    with contextlib.suppress(psycopg.Error):  # then the network's limits end it
                        driver.cancel_safe(timeout=1)


_WATCH = _Watch()
