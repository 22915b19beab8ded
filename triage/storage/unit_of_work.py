"""One transaction, one instant, one actor. The only place that commits."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Engine, event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from triage.domain.errors import CommitInDoubt, Conflict, NotFound, OnOneServerOnly
from triage.storage.audit import AuditEntry
from triage.storage.base import Row, UtcDateTime
from triage.storage.commits import committing
from triage.storage.messages import Message
from triage.storage.new_rows import NewRows
from triage.storage.revisions import COUNTED, Kept
from triage.storage.timers import Timer
from triage.storage.wake import TEXTS, TIMERS, wake_for
from triage.storage.writers_queue import WritersQueue

log = logging.getLogger(__name__)

R = TypeVar("R", bound=Row)
T = TypeVar("T")

LATER = 5
"""Priority of what nobody waits for at the telephone."""
TRIES = 3
"""A unit of work that lost a race is begun anew this often in all."""
_PAUSE_S = 0.01
_TO_DO = {"ready", "waiting"}

_CLOCKS = {
    "postgresql": """clock_timestamp()
        + make_interval(secs => coalesce((SELECT sum(ahead_s) FROM clock_shift), 0))""",
    "sqlite": """strftime('%Y-%m-%d %H:%M:%f000',
        julianday('now') + coalesce((SELECT sum(ahead_s) FROM clock_shift), 0) / 86400.0)""",
}
_BEGINS = {
    name: text(
        f"SELECT {clock} AS now, (SELECT number FROM revision) AS revision"  # noqa: S608 -- ours
    ).columns(now=UtcDateTime())
    for name, clock in _CLOCKS.items()
}


def _begin(session: Session, kept: Kept, actor: str) -> "UnitOfWork":
    """The unit of work of a transaction that begins. Its instant is that of the database's clock,
    plus what a test or demo moved it by."""
    now, revision = session.execute(_BEGINS[session.get_bind().dialect.name]).one()
    session.info.update(now=now, revision=revision, kept=kept)
    return UnitOfWork(session, now, actor)


@dataclass(frozen=True)
class UnitOfWork:
    """An open transaction, the instant it stands for, and who asked."""

    session: Session
    now: datetime
    actor: str

    @property
    def alone(self) -> bool:
        """Does the database let nobody else write meanwhile? Then nothing need be held."""
        return self.session.get_bind().dialect.name == "sqlite"

    def get(self, kind: type[R], key: UUID) -> R:
        with self.asking((kind,)):
            row = self.session.get(kind, key)
        if row is None:
            raise NotFound(f"no {kind.__tablename__} {key}")
        return row

    def add(self, row: R) -> R:
        row.created_at = self.now
        self.session.add(row)
        NewRows.of(self.session).note(row)
        return row

    def new_under(self, owner: UUID, kind: type[R], by: str = "call_id") -> list[R] | None:
        """The rows of this kind that name this owner in the column `by`, in the order in which they
        were added: all there are, where this unit of work has made the owner. None where it has
        not: then the database knows."""
        return NewRows.of(self.session).under(self.session, owner, kind, by)

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

    def once(
        self,
        what: str,
        read: Callable[["UnitOfWork"], T],
        of: tuple[type[Row], ...],
        matters: Callable[[Any], bool] = lambda row: True,
    ) -> T:
        """Read this once, and anew after this unit of work has changed rows of the kinds that it
        is read from, which are `of`. matters -- see `asking`."""
        kept = self.session.info.setdefault("once", {})
        with self.asking(of, matters):
            if what not in kept:
                kept[what] = (of, read(self))
        found: T = kept[what][1]
        return found

    def lasting(self, what: str, read: Callable[["UnitOfWork"], T], of: tuple[type[Row], ...]) -> T:
        """As `once`, and kept for later units of work while nobody changes rows of these kinds.

        of -- kinds of COUNTED tables. read -- returns plain values, nothing of this session; what
        depends on the time of day for KEPT_FOR from now on.
        """
        info = self.session.info
        with self.asking(of):
            if not info.get("changed", set()).isdisjoint(of):  # nobody else sees that yet
                return self.once(what, read, of)
            kept: Kept = info["kept"]
            found: T = kept.get(what, info["revision"], self.now, lambda: read(self))
        return found

    def forget(self, what: str) -> None:
        """Somebody else has changed it meanwhile: read anew whatever begins so."""
        kept = self.session.info.get("once", {})
        for key in [key for key in kept if key.startswith(what)]:
            del kept[key]

    @contextmanager
    def asking(
        self, of: tuple[type[Row], ...], matters: Callable[[Any], bool] = lambda row: True
    ) -> Iterator[None]:
        """Ask the database about rows of these kinds: what is of other kinds need not be saved
        before, nor new rows that do not matter to what is asked."""
        changed = any(isinstance(row, of) for row in (*self.session.dirty, *self.session.deleted))
        if changed or any(isinstance(row, of) and matters(row) for row in self.session.new):
            self.session.flush()
        with self.session.no_autoflush:
            yield

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


class _Writing(Session):
    """A session that notices what it changes and whether it leaves something to do at once.

    A row is read after its unit of work closed (rendered, sent): it must not expire.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, expire_on_commit=False)


@event.listens_for(_Writing, "after_flush")
def _notice_what_changed(session: Session, _context: Any) -> None:
    now, once = session.info["now"], session.info.get("once", {})
    for row in (*session.new, *session.dirty, *session.deleted):
        if row.__tablename__ in COUNTED:
            session.info.setdefault("changed", set()).add(type(row))
        for what in [what for what, (of, _) in once.items() if isinstance(row, of)]:
            del once[what]
        if isinstance(row, (Message, Timer)) and row.state in _TO_DO and row.due_at <= now:
            kind = TEXTS if isinstance(row, Message) else TIMERS
            session.info.setdefault("due", set()).add(kind)


@event.listens_for(_Writing, "after_soft_rollback")
def _forget_what_was_undone(session: Session, _transaction: Any) -> None:
    session.info.pop("once", None)


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
            with self._queue.turn() as left_s, _Writing(self.engine) as session:
                self._begin_writing(session, left_s)
                yield _begin(session, self._kept, actor)
                session.flush()
                with committing(session):
                    session.commit()
        except (StaleDataError, IntegrityError) as error:
            raise Conflict("somebody else changed this first: look again") from error
        except OperationalError as error:
            if is_lost_race(error):
                raise Conflict("two changes met: try again") from error
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

    def do(self, actor: str, work: Callable[[UnitOfWork], T], *, keyed: bool = False) -> T:
        """Run a unit of work, anew if it lost a race or its connection before the commit.

        keyed -- it looks first whether it was done before, by a key or a state of its own: then it
        is run anew after a commit in doubt too, which tells what came of that.
        Raises Conflict if it lost every time.
        """
        for tried in range(1, TRIES):
            try:
                return self._try(actor, work, keyed)
            except (Conflict, CommitInDoubt, DBAPIError) as error:
                if not _worth_another_try(error, keyed):
                    raise
            time.sleep(_PAUSE_S * tried)  # or both would meet again
        return self._try(actor, work, keyed)

    def _try(self, actor: str, work: Callable[[UnitOfWork], T], keyed: bool) -> T:
        try:
            with self.unit_of_work(actor) as unit:
                result = work(unit)
        except OnOneServerOnly:
            if not keyed:
                raise
            log.critical("committed, but no standby has confirmed it")  # as looking would tell
        return result

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        """Look without changing anything: no queue, no lock, rolled back at the end."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield _begin(session, self._kept, "reader")

    def _begin_writing(self, session: Session, left_s: float) -> None:
        if self.engine.dialect.name == "sqlite":
            connection = session.connection()
            connection.exec_driver_sql(f"PRAGMA busy_timeout={int(left_s * 1000)}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def is_lost_race(error: Exception) -> bool:
    """Did somebody else change it first? Then the same work, begun anew, may succeed."""
    if isinstance(error, OperationalError):
        return getattr(error.orig, "sqlstate", None) in {"40001", "40P01"}
    return isinstance(error, (StaleDataError, IntegrityError))


def _worth_another_try(error: Exception, keyed: bool) -> bool:
    if isinstance(error, CommitInDoubt):
        return keyed
    if isinstance(error, DBAPIError):
        return error.connection_invalidated  # not in COMMIT: nothing was saved
    return error.__cause__ is not None  # else a refusal of ours, not a lost race
