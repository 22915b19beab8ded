"""One transaction, one instant, one actor. The only place that commits."""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from triage.domain.errors import Conflict, NotFound
from triage.storage.audit import AuditEntry
from triage.storage.base import Row, UtcDateTime
from triage.storage.timers import Timer

R = TypeVar("R", bound=Row)
T = TypeVar("T")

LATER = 5
"""Priority of what nobody waits for at the telephone."""
TRIES = 3
"""A unit of work that lost a race is begun anew this often in all."""

_NOW = {
    "postgresql": """SELECT clock_timestamp()
        + make_interval(secs => coalesce((SELECT sum(ahead_s) FROM clock_shift), 0)) AS now""",
    "sqlite": """SELECT strftime('%Y-%m-%d %H:%M:%f000',
        julianday('now') + coalesce((SELECT sum(ahead_s) FROM clock_shift), 0) / 86400.0) AS now""",
}


def app_now(session: Session) -> datetime:
    """The instant of a transaction: the database's clock, plus what a test or demo moved it by."""
    statement = text(_NOW[session.get_bind().dialect.name]).columns(now=UtcDateTime())
    now: datetime = session.execute(statement).scalar_one()
    return now


@dataclass(frozen=True)
class UnitOfWork:
    """An open transaction, the instant it stands for, and who asked."""

    session: Session
    now: datetime
    actor: str
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    def get(self, kind: type[R], key: UUID) -> R:
        if (row := self.session.get(kind, key)) is None:
            raise NotFound(f"no {kind.__tablename__} {key}")
        return row

    def add(self, row: R) -> R:
        row.created_at = self.now
        self.session.add(row)
        return row

    def audit(self, event: str, about: Row, /, call_id: UUID | None = None, **details: Any) -> None:
        """Write one line of the audit trail. Details are codes and counts, never personal."""
        call_id = call_id or getattr(about, "call_id", None)
        if about.__tablename__ == "call":
            call_id = about.id
        self.add(
            AuditEntry(
                actor=self.actor,
                event=event,
                subject_table=about.__tablename__,
                subject_id=about.id,
                call_id=call_id,
                details=details,
            )
        )

    def set_timer(
        self,
        kind: str,
        subject: Row,
        due_at: datetime,
        *,
        step: int = 0,
        priority: int = LATER,
        dispatch_id: UUID | None = None,
        valid_until: datetime | None = None,
    ) -> None:
        """Do this later: a row that some worker finds when it is due.

        priority -- 0 is fired first. dispatch_id -- whose next step it is.
        valid_until -- not done after this instant but shown as missed.
        """
        self.add(
            Timer(
                kind=kind,
                subject_id=subject.id,
                step=step,
                due_at=due_at,
                priority=priority,
                dispatch_id=dispatch_id,
                valid_until=valid_until,
                state="waiting",
            )
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
    def turn(self) -> Iterator[None]:
        if self._path is None:
            yield
            return
        with self._turn, self._path.open("a") as queue:
            fcntl.flock(queue, fcntl.LOCK_EX)
            yield


class Database:
    """The engine, and the two ways into it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        file = engine.url.database if engine.dialect.name == "sqlite" else None
        self._queue = WritersQueue(Path(file) if file else None)

    @contextmanager
    def unit_of_work(self, actor: str) -> Iterator[UnitOfWork]:
        """Commit if the block ends well; undo everything if it does not.

        Raises Conflict when somebody else changed a row first.
        """
        try:
            with self._queue.turn(), self._session() as session, session.begin():
                self._begin_writing(session)
                unit = UnitOfWork(session, app_now(session), actor)
                yield unit
            for act in unit.afterwards:
                act()
        except (StaleDataError, IntegrityError) as error:
            raise Conflict("somebody else changed this first: look again") from error
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) in {"40001", "40P01"}:
                raise Conflict("two changes met: try again") from error
            raise

    def do(self, actor: str, work: Callable[[UnitOfWork], T]) -> T:
        """Run a unit of work, anew if it lost a race. Raises Conflict if it lost every time."""
        for _ in range(TRIES - 1):
            try:
                with self.unit_of_work(actor) as unit:
                    return work(unit)
            except Conflict as error:
                if error.__cause__ is None:  # a refusal of ours, not a lost race
                    raise
        with self.unit_of_work(actor) as unit:
            return work(unit)

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """Look without changing anything: no queue, no lock, rolled back at the end."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield UnitOfWork(session, app_now(session), "reader")

    def _session(self) -> Session:
        # A row is read after its unit of work closed (rendered, sent): it must not expire.
        return Session(self.engine, expire_on_commit=False)

    def _begin_writing(self, session: Session) -> None:
        if self.engine.dialect.name == "sqlite":
            session.connection().exec_driver_sql("BEGIN IMMEDIATE")
