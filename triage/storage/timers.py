"""Whatever must happen later: a row with a due time.

A timer changes rows only. It is fired in the transaction that locks its row, so the lock is its
lease: whoever dies lets go of it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import LiveRow, Row, only

_WAITING = text("state = 'waiting'")
WAITING_TIMER = text("timer.state = 'waiting'")
LEFT_TIMER = text("timer.state IN ('parked', 'expired')")
"""For queries: see OPEN_CALL."""


class Timer(LiveRow):
    """One thing to do at one time, done once."""

    __tablename__ = "timer"
    __table_args__ = (
        Index("uq_timer_step", "subject_id", "kind", "step", unique=True),
        Index(
            "ix_timer_waiting",
            "priority",
            "due_at",
            **only(_WAITING),
        ),
        Index("ix_timer_dispatch_id", "dispatch_id", **only(_WAITING)),
    )

    kind: Mapped[str]
    """page_answer, hand_over, ask_deadline, follow_up ..."""
    subject_id: Mapped[UUID]
    step: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    priority: Mapped[int] = mapped_column(default=5, server_default="5")
    """0 is fired first, whatever else is due."""
    valid_until: Mapped[datetime | None]
    """Later than this it would only mislead: it is shown as missed instead."""
    dispatch_id: Mapped[UUID | None]
    """The dispatch whose next step this is."""
    state: Mapped[str]
    """`waiting`, `done`, `expired` or `parked`."""
    attempts: Mapped[int] = mapped_column(default=0)
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
