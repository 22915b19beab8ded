"""What the watcher found, and which copies of the database were kept."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import Row, only
from triage.storage.timers import Timer

_LEFT = text("state IN ('parked', 'expired')")

Index(
    "ix_timer_left",
    Timer.__table__.c.state,
    Timer.__table__.c.due_at,
    **only(_LEFT),
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
