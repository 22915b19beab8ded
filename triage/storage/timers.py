"""Whatever must happen later: a row with a due time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import LiveRow, Row

_WAITING = text("state = 'waiting'")


class Timer(LiveRow):
    """One thing to do at one time, done once."""

    __tablename__ = "timer"
    __table_args__ = (
        Index("uq_timer_step", "subject_id", "kind", "step", unique=True),
        Index("ix_timer_waiting", "due_at", sqlite_where=_WAITING, postgresql_where=_WAITING),
    )

    kind: Mapped[str]
    """page_answer, hand_over, ask_deadline, follow_up ..."""
    subject_id: Mapped[UUID]
    step: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    state: Mapped[str]
    """`waiting`, `done` or `cancelled`."""
    fence: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None]


class Heartbeat(LiveRow):
    """When a worker last looked for due rows."""

    __tablename__ = "heartbeat"

    worker: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]


class ClockShift(Row):
    """How far `app_now()` runs ahead of the database's clock: demos and tests only.

    Processes that share the database share the shift. `triage doctor` and the
    start outside the demo refuse a database that has one.
    """

    __tablename__ = "clock_shift"

    ahead_s: Mapped[float]
