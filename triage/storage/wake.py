"""Waking workers at once when a commit has left something to do, and whoever shows a board when it
has changed what is shown.

Only a hint: whoever misses it looks by himself a second or two later. So nothing here may fail a
unit of work, and nothing here is waited for.
"""

import hashlib
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol

import psycopg
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from triage.storage.engine import open_notice_engine
from triage.storage.pooler import is_pooled

log = logging.getLogger(__name__)

CHANNEL = "triage_due"
TEXTS, TIMERS = "texts", "timers"
"""What is due. A text in a storm does not have the timers looked through."""
SHOWN_CHANNEL = "triage_shown"
SHOWN = "shown"
"""What boards show has changed: heard by whoever shows it, never by workers."""
LOOK_UP_S = 1.0
"""How often a listener looks whether it is to stop."""
_AGAIN_S = 0.5
ASK_EVERY_S = 10.0
"""How often a listener asks whether the server is there: of one that is silent nobody would know
that it says nothing any more."""
EARS = 16
"""Workers on one machine that are woken at once, and as many who show boards; others look by
themselves."""

Heard = Callable[[frozenset[str]], None]
"""Is told what is due."""
ANYTHING = frozenset({TEXTS, TIMERS})
BOARDS = frozenset({SHOWN})
_CHANNELS = ((CHANNEL, ANYTHING), (SHOWN_CHANNEL, BOARDS))


class Wake(Protocol):
    def ring(self, due: Iterable[str]) -> None:
        """Wake all who listen on this database. Quick, and raises nothing that matters."""

    def listen(
        self, heard: Heard, stopping: threading.Event, of: frozenset[str] = ANYTHING
    ) -> None:
        """Call `heard` for each ring, or for several together, until told to stop.

        of -- what this listener is for: ANYTHING that is due, or BOARDS.
        """


def wake_for(engine: Engine) -> Wake:
    if engine.dialect.name == "postgresql":
        return Notices(engine)
    file = engine.url.database
    return Datagrams(Path(file).resolve()) if file and file != ":memory:" else Silence()


class Silence:
    """A database that no other process can see."""

    def ring(self, due: Iterable[str]) -> None:
        pass

    def listen(
        self, heard: Heard, stopping: threading.Event, of: frozenset[str] = ANYTHING
    ) -> None:
        stopping.wait()


class Datagrams:
    """For an SQLite file: Linux' abstract sockets, named after the file.

    No file is left behind by a process that is killed, and no path is too long. A word tells
    nothing but that it is worth looking, so it matters little who on this machine may send one.
    Where there are no such sockets, workers look each second.
    """

    def __init__(self, database: Path) -> None:
        name = hashlib.sha256(os.fsencode(database)).hexdigest()[:24]
        self._names = {
            ANYTHING: [f"\0triage-{name}-{number}" for number in range(EARS)],
            BOARDS: [f"\0triage-{name}-{SHOWN}-{number}" for number in range(EARS)],
        }

    def ring(self, due: Iterable[str]) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
            bell.setblocking(False)
            for of, names in self._names.items():
                if said := " ".join(of.intersection(due)).encode():
                    self._tell(bell, said, names)

    def _tell(self, bell: socket.socket, said: bytes, names: Iterable[str]) -> None:
        for name in names:
            try:
                bell.sendto(said, name)
            except OSError:  # nobody there, or so many rings unheard that one more is nothing
                continue

    def listen(
        self, heard: Heard, stopping: threading.Event, of: frozenset[str] = ANYTHING
    ) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
            ear.settimeout(LOOK_UP_S)
            while not stopping.is_set():
                if self._bound(ear, of):
                    self._hear(ear, heard, stopping, of)
                else:  # all are taken: perhaps one of them ends
                    stopping.wait(LOOK_UP_S)

    def _bound(self, ear: socket.socket, of: frozenset[str]) -> bool:
        for name in self._names[of]:
            try:
                ear.bind(name)
            except OSError:
                continue
            return True
        return False

    def _hear(
        self, ear: socket.socket, heard: Heard, stopping: threading.Event, of: frozenset[str]
    ) -> None:
        while not stopping.is_set():
            try:
                due = ear.recv(64)
            except TimeoutError:
                continue
            heard(_due(due.decode(errors="replace"), of))


class Notices:
    """For PostgreSQL: NOTIFY, on a connection and a thread of its own.

    Never inside the unit of work: a transaction that notifies holds a lock of the whole database
    while it commits. Rings that come while one is under way go out together.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = open_notice_engine(engine.url)
        self._ringer: _Ringer | None = None
        event.listen(engine, "engine_disposed", self._rest)

    def ring(self, due: Iterable[str]) -> None:
        ringer = self._ringer
        if ringer is None or ringer.process != os.getpid():  # a fork takes no threads along
            ringer = self._ringer = _Ringer(self._engine)
        for one in due:
            ringer.due.put(one)
        ringer.rung.set()

    def _rest(self, _engine: Engine) -> None:
        if self._ringer is not None:
            self._ringer.ends = True
            self._ringer.rung.set()
            self._ringer = None

    def listen(
        self, heard: Heard, stopping: threading.Event, of: frozenset[str] = ANYTHING
    ) -> None:
        channel = next(name for name, words in _CHANNELS if words == of)
        while not stopping.is_set():
            try:
                with self._engine.connect() as connection:
                    if is_pooled(connection):
                        break
                    connection.exec_driver_sql(f"LISTEN {channel}")
                    heard(of)  # whatever was rung while nobody listened
                    self._hear(connection, heard, stopping, of)
            except (DBAPIError, psycopg.Error) as error:
                log.warning("not woken, looking by itself: %s", type(error).__name__)
                stopping.wait(_AGAIN_S)
        else:
            return
        log.warning("behind a pooler nobody is woken: looking by itself")
        stopping.wait()

    def _hear(
        self, connection: Connection, heard: Heard, stopping: threading.Event, of: frozenset[str]
    ) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)  # noqa: S101 -- the only driver we open
        asked_at = time.monotonic()
        while not stopping.is_set():
            for notice in driver.notifies(timeout=LOOK_UP_S, stop_after=1):
                heard(_due(notice.payload, of))
            if time.monotonic() - asked_at > ASK_EVERY_S:
                driver.execute("SELECT 1")
                heard(of)  # whatever was rung while it was asked
                asked_at = time.monotonic()


def _due(said: str, of: frozenset[str]) -> frozenset[str]:
    """What somebody said is due; anything, if it is no word of ours."""
    return of & frozenset(said.split()) or of


class _Ringer:
    """The thread of one process that notifies, and its connection."""

    def __init__(self, engine: Engine) -> None:
        self.process = os.getpid()
        self.rung = threading.Event()
        self.due: SimpleQueue[str] = SimpleQueue()
        self.ends = False
        self._engine = engine
        self._connection: Connection | None = None
        threading.Thread(target=self._run, name="ringer", daemon=True).start()

    def _run(self) -> None:
        while not self.ends:
            self.rung.wait()
            self.rung.clear()
            due = {self.due.get() for _ in range(self.due.qsize())}
            if not self.ends:
                # The connection may be an old one.
                self._notify(due) or self._notify(due)
        self._close()

    def _notify(self, due: Iterable[str]) -> bool:
        try:
            self._connection = self._connection or self._engine.connect()
            told = [(name, " ".join(words.intersection(due))) for name, words in _CHANNELS]
            calls = ", ".join(f"pg_notify('{name}', '{said}')" for name, said in told if said)
            self._connection.exec_driver_sql(f"SELECT {calls}")
        except Exception as error:  # whatever it is: the next commit rings again
            log.warning("nobody was woken: %s", type(error).__name__)
            self._close()
            return False
        return True

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # of a connection that is broken
                connection.close()
