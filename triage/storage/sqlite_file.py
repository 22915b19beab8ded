"""The file of an SQLite database has to stay the one that was opened.

Deleted, or replaced by a copy, under a running process it lives on unseen for as long as a
connection holds it: whatever is written then is acknowledged, and lost when the process ends. So
nothing is read or written any more until this process is restarted, and looks at what is there.
"""

import logging
import sqlite3
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

log = logging.getLogger(__name__)

_BESIDE = ("-wal", "-shm")
"""SQLite keeps these while any connection is open that has read."""
_NOTED = "files"
_SENTENCE = "the file of the database was deleted or replaced while this process ran: restart it"


class SqliteFile:
    """One database's files, as an engine of this process has found them."""

    def __init__(self, path: Path) -> None:
        real = path.resolve()
        # A link is followed as SQLite follows it: it may be made to lead elsewhere.
        self._parts = [path, *(real.with_name(real.name + part) for part in _BESIDE)]
        self._opened: tuple[int, int] | None = None
        self._is_another = False
        """For good: a new connection beside old ones that hold other files would damage both."""

    def watch(self, engine: Engine) -> None:
        """Refuse connections once it is another. Raises OperationalError then."""
        event.listen(engine, "do_connect", self._before_opening)
        event.listen(engine, "connect", self._note)
        event.listen(engine, "checkout", self._compare)

    def _before_opening(self, *_: Any) -> None:
        moved = self._opened and _which(self._parts[0]) != self._opened  # SQLite makes a new one
        if moved or self._is_another:
            self._refuse()

    def _note(self, connection: sqlite3.Connection, record: Any) -> None:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # opens all of them
        record.info[_NOTED] = found = [_which(part) for part in self._parts]
        self._opened = self._opened or found[0]
        if found[0] != self._opened:
            self._refuse()

    def _compare(self, _connection: Any, record: Any, _proxy: Any) -> None:
        for part, noted in zip(self._parts, record.info[_NOTED], strict=True):
            if self._is_another or (noted and _which(part) != noted):
                self._refuse()

    def _refuse(self) -> NoReturn:
        if not self._is_another:
            self._is_another = True
            log.critical(_SENTENCE)
        raise OperationalError(_SENTENCE, None, sqlite3.OperationalError(_SENTENCE))


def _which(file: Path) -> tuple[int, int] | None:
    """Raises OperationalError where that cannot be told just now, as on a network's disk."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperationalError("stat", None, sqlite3.OperationalError(error.strerror)) from error
    return found.st_dev, found.st_ino
