"""A session that notices what it changes."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session, SessionTransaction

from triage.storage.base import Row
from triage.storage.exchanges import in_one_exchange
from triage.storage.messages import Message
from triage.storage.new_rows import NewRows
from triage.storage.revisions import COUNTED
from triage.storage.saving import save_new
from triage.storage.timers import Timer
from triage.storage.wake import SHOWN, TEXTS, TIMERS

_TO_DO = {"ready", "waiting"}
_NEVER_SHOWN = {
    "audit_entry",
    "change_sent_back",
    "heartbeat",
    "idempotency_key",
    "intake_draft",
    "page_link",
    "presence",
    "rolled_day",
    "rule_draft",
    "sign_in",
    "timer",
    "trail_read",
}
"""Tables that change often, or for one person alone, and stand on no board."""


class WritingSession(Session):
    """A session that notices what it changes and whether it leaves something to do at once.

    A row is read after its unit of work closed (rendered, sent): it must not expire.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, expire_on_commit=False)

    def begin_nested(self) -> SessionTransaction:
        """At once, and not with the session's next statement: some of ours go past it."""
        savepoint = super().begin_nested()
        self.connection()
        return savepoint

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        new, rows = NewRows.of(self), list(self.new)
        if rows and not self._come_first(rows):
            super().flush(objects)
            rows = []
        changed = self.dirty or self.deleted
        if rows or ((new.unsaved or new.last) and not changed):
            with in_one_exchange(self.info["connection"]):
                if rows:
                    save_new(self, rows)
                    self._notice(rows)
                if not changed:
                    self._save_notes()
        if changed:
            super().flush(objects)  # whether a row was met as it was known is asked for each
            self._save_notes()
        new.are_saved()

    def _come_first(self, rows: Iterable[Any]) -> bool:
        """May new rows be saved before others are changed? In one table the change may make room
        for what is new, as where one row of many may be open."""
        changed = {row.__tablename__ for row in (*self.dirty, *self.deleted)}
        return all(isinstance(row, Row) and row.__tablename__ not in changed for row in rows)

    def _save_notes(self) -> None:
        new = NewRows.of(self)
        for note in new.unsaved:
            self.has_changed(note)
        new.save_notes(self)

    def _notice(self, rows: Iterable[Any]) -> None:
        for row in rows:
            self.has_changed(row)
            if row.__tablename__ not in _NEVER_SHOWN:
                self.info.setdefault("due", set()).add(SHOWN)
            to_do = isinstance(row, (Message, Timer)) and row.state in _TO_DO
            if to_do and row.due_at <= self.info["now"]:
                kind = TEXTS if isinstance(row, Message) else TIMERS
                self.info.setdefault("due", set()).add(kind)

    def has_changed(self, row: Any) -> None:
        """What was read of such rows is to be read anew."""
        if row.__tablename__ in COUNTED:
            self.info.setdefault("changed", set()).add(type(row))
        once = self.info.get("once", {})
        for what in [what for what, (of, _) in once.items() if isinstance(row, of)]:
            del once[what]


@event.listens_for(WritingSession, "after_flush")
def _notice_what_changed(session: WritingSession, _context: Any) -> None:
    session._notice((*session.new, *session.dirty, *session.deleted))


@event.listens_for(WritingSession, "after_transaction_create")
def _notice_a_savepoint(session: WritingSession, transaction: SessionTransaction) -> None:
    if transaction.nested:
        NewRows.of(session).begin_savepoint(transaction)


@event.listens_for(WritingSession, "after_soft_rollback")
def _forget_what_was_undone(session: WritingSession, transaction: SessionTransaction) -> None:
    session.info.pop("once", None)
    if transaction.nested:
        NewRows.of(session).undo_savepoint(transaction)
