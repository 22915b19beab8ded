"""One transaction, one instant, one actor."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import SelectBase, Update
from sqlalchemy.orm import Session

from triage.domain.errors import NotFound
from triage.storage.audit import AuditEntry
from triage.storage.base import Row
from triage.storage.new_rows import NewRows
from triage.storage.revisions import Kept
from triage.storage.selecting import select_rows
from triage.storage.timers import Timer

R = TypeVar("R", bound=Row)
T = TypeVar("T")

LATER = 5
"""Priority of what nobody waits for at the telephone."""


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
        vars(row)["created_at"] = self.now
        NewRows.of(self.session).add(self.session, row)
        return row

    def do_last(self, change: Update) -> None:
        """Change rows that nobody holds when all that is new is saved, in the same exchange."""
        NewRows.of(self.session).last.append(change)

    def new_under(self, owner: UUID, kind: type[R], by: str = "call_id") -> list[R] | None:
        """The rows of this kind that name this owner in the column `by`, in the order in which they
        were added: all there are, where this unit of work has made the owner. None where it has
        not: then the database knows."""
        return NewRows.of(self.session).under(owner, kind, by)

    def audit(self, event: str, about: Row, /, call_id: UUID | None = None, **details: Any) -> None:
        """Write one line of the audit trail. Details are codes and counts, never personal."""
        call_id = call_id or getattr(about, "call_id", None)
        if about.__tablename__ == "call":
            call_id = about.id
        self.add(
            AuditEntry.made(
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
        session, new = self.session, NewRows.of(self.session).fresh(of)
        if session.identity_map.check_modified() or session.deleted:
            changed = any(isinstance(row, of) for row in (*session.dirty, *session.deleted))
        else:
            changed = False
        if changed or any(matters(row) for row in new):
            session.flush()
        before, session.autoflush = session.autoflush, False
        try:
            yield
        finally:
            session.autoflush = before

    def rows(self, statement: SelectBase, given: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """What a statement that is built once finds, as plain values: for what every call asks.
        See `select_rows`; what is new is not saved before, that is for `asking`."""
        return select_rows(self.session.info["connection"], statement, given)

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
