"""The engine, and the two ways into it. The only place that commits."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import uniform
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from triage.domain.errors import CommitInDoubt, Conflict, OnOneServerOnly
from triage.domain.words import msgid
from triage.storage.commits import committing
from triage.storage.driving import ask, drive
from triage.storage.engine import each_by_itself
from triage.storage.revisions import Kept
from triage.storage.sessions import WritingSession
from triage.storage.unit_of_work import UnitOfWork
from triage.storage.wake import wake_for
from triage.storage.writers_queue import WritersQueue

log = logging.getLogger(__name__)

T = TypeVar("T")

TRIES = 5
"""A unit of work that lost a race is begun anew this often in all."""
_PAUSE_S = 0.01
"""Before the second try, twice as long before each further one: 0.15 s in all."""

_CLOCKS = {
    "postgresql": """clock_timestamp()
        + make_interval(secs => coalesce((SELECT sum(ahead_s) FROM clock_shift), 0))""",
    "sqlite": """strftime('%Y-%m-%d %H:%M:%f000',
        julianday('now') + coalesce((SELECT sum(ahead_s) FROM clock_shift), 0) / 86400.0)""",
}
_BEGINS = {
    name: f"SELECT {clock}, (SELECT number FROM revision)"  # noqa: S608 -- ours
    for name, clock in _CLOCKS.items()
}
"""Asked by every unit of work, so in the driver's own words: the session's way takes as long again
as the answer."""


def _begin(session: Session, kept: Kept, actor: str) -> UnitOfWork:
    """The unit of work of a transaction that begins. Its instant is that of the database's clock,
    plus what a test or demo moved it by."""
    connection = session.connection()
    [(told, revision)] = ask(connection, _BEGINS[connection.dialect.name])
    if isinstance(told, str):  # SQLite's, without the zone
        told = datetime.fromisoformat(f"{told}+00:00")
    now = told.astimezone(UTC)
    if revision is None:  # somebody has emptied its table: then nothing is kept
        kept = Kept()
    session.info.update(now=now, revision=revision, kept=kept, connection=connection)
    return UnitOfWork(session, now, actor)


class Database:
    """The engine, and the two ways into it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._queue = WritersQueue(Path(file) if file else None)
        self.wake = wake_for(engine)
        self._kept = Kept()

    @contextmanager
    def unit_of_work(self, actor: str) -> Iterator[UnitOfWork]:
        """Commit if the block ends well; undo everything if it does not.

        What it leaves to do at once wakes a worker, after the commit.
        Raises Conflict when somebody else changed a row first, CommitInDoubt when the database
        broke off while it committed.
        """
        try:
            with self._queue.turn() as left_s, WritingSession(self.engine) as session:
                self._begin_writing(session, left_s)
                yield _begin(session, self._kept, actor)
                session.flush()
                with committing(session):
                    session.commit()
        except (StaleDataError, IntegrityError) as error:
            raise Conflict(msgid("somebody else changed this first: look again")) from error
        except OperationalError as error:
            if is_lost_race(error):
                raise Conflict(msgid("two changes met: try again")) from error
            raise
        except CommitInDoubt:
            self._wake(session)
            raise
        self._wake(session)

    def _wake(self, session: Session) -> None:
        try:
            if due := session.info.get("due"):
                self.wake.ring(due)
        except Exception as error:  # what is committed stays so; a worker looks each second
            log.warning("nobody was woken: %s", type(error).__name__)

    def do(
        self,
        actor: str,
        work: Callable[[UnitOfWork], T],
        *,
        keyed: bool = False,
        patient: bool = False,
    ) -> T:
        """Run a unit of work, anew if it lost a race or its connection before the commit.

        keyed -- it looks first whether it was done before, by a key or a state of its own: then it
        is run anew after a commit in doubt too, which tells what came of that;
        patient -- nobody looks at a page meanwhile: it is run anew too where a row was held for
        longer than we wait for it.
        Raises Conflict if it lost every time, CommitInDoubt if nobody could tell either what came
        of a commit in doubt.
        """
        doubt: CommitInDoubt | None = None
        tried = 0
        while True:
            tried += 1
            try:
                return self._try(actor, work, keyed)
            except (Conflict, CommitInDoubt, DBAPIError) as error:
                doubt = error if isinstance(error, CommitInDoubt) else doubt
                again = _worth_another_try(error, keyed) or (patient and _is_held_up(error))
                if tried == TRIES or not again:
                    if doubt is not None and isinstance(error, DBAPIError):
                        raise doubt from error
                    raise
            # Not all for as long, or those that met would meet again.
            time.sleep(_PAUSE_S * 2 ** (tried - 1) * uniform(0.5, 1.0))  # noqa: S311

    def _try(self, actor: str, work: Callable[[UnitOfWork], T], keyed: bool) -> T:
        try:
            with self.unit_of_work(actor) as unit:
                result = work(unit)
        except OnOneServerOnly:
            if not keyed:
                raise
            log.critical("committed, but no standby has confirmed it")  # as looking would tell
        return result

    def last_kept(self, what: str) -> Any:
        """What `UnitOfWork.lasting` returned last under this name in this process, or None. It may
        not be true any more: a unit of work tells."""
        return self._kept.last(what)

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """Look without changing anything: no queue, no lock, no transaction, nothing saved."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            each_by_itself(session.connection())
            yield _begin(session, self._kept, "reader")
            session.expunge_all()  # whatever was done to the rows that were read is not saved
            session.commit()

    def _begin_writing(self, session: Session, left_s: float) -> None:
        if self.engine.dialect.name == "sqlite":
            connection = session.connection()
            drive(connection, f"PRAGMA busy_timeout={int(left_s * 1000)}")
            drive(connection, "BEGIN IMMEDIATE")


def is_lost_race(error: Exception) -> bool:
    """Did somebody else change it first? Then the same work, begun anew, may succeed."""
    if isinstance(error, OperationalError):
        return getattr(error.orig, "sqlstate", None) in {"40001", "40P01"}
    return isinstance(error, (StaleDataError, IntegrityError))


def must_begin_anew(error: Exception) -> bool:
    """Was a race lost, has the connection broken, or has this process no memory left? Then this
    unit of work can do no more."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return is_lost_race(error) or isinstance(error, MemoryError)


def _is_held_up(error: Exception) -> bool:
    """Does somebody hold a row for longer than the database lets us wait for it?"""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) == "55P03"


def _worth_another_try(error: Exception, keyed: bool) -> bool:
    if isinstance(error, CommitInDoubt):
        return keyed
    if isinstance(error, DBAPIError):
        return error.connection_invalidated  # not in COMMIT: nothing was saved
    return error.__cause__ is not None  # else a refusal of ours, not a lost race
