"""What the watcher found, which copies were kept, and what a person took note of."""

from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import Row
from triage.storage.messages import Message
from triage.storage.timers import Timer

_LEFT = text("state IN ('parked', 'expired')")
_MISSED = text("state IN ('expired', 'failed')")

Index(
    "ix_timer_left",
    Timer.__table__.c.state,
    Timer.__table__.c.due_at,
    sqlite_where=_LEFT,
    postgresql_where=_LEFT,
)
Index(
    "ix_message_missed",
    Message.__table__.c.created_at,
    sqlite_where=_MISSED,
    postgresql_where=_MISSED,
)


class WatchRound(Row):
    """One look at everything that must not stand still; kept for a day."""

    __tablename__ = "watch"
    __table_args__ = (Index("ix_watch_created_at", "created_at"),)

    watcher: Mapped[str]
    took_ms: Mapped[int]
    passed: Mapped[bool]
    findings: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """Codes, counts and ages; the words are the audit's (services/audits.py)."""


class BackupNote(Row):
    """A whole copy of the database was made, looked at and kept."""

    __tablename__ = "backup_note"
    __table_args__ = (Index("ix_backup_note_created_at", "created_at"),)

    place: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)


class MissedText(Row):
    """A person took note of a text that was never sent."""

    __tablename__ = "missed_text"

    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"), unique=True)
