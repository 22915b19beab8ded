"""Communication tests: everybody on the roster is texted, and answers or does not."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import LiveRow, only

_PLANNED = text("started_at IS NULL")


class ReachRun(LiveRow):
    """One test of everybody, planned or done."""

    __tablename__ = "reach_run"
    __table_args__ = (
        Index("ix_reach_run_started_at", "started_at"),
        Index(
            "uq_reach_run_planned",
            "by_plan",
            unique=True,
            **only(_PLANNED),
        ),
    )

    due_at: Mapped[datetime]
    by_plan: Mapped[bool]
    """Weekly, as the settings say; else somebody pressed the button."""
    started_at: Mapped[datetime | None]
    """When the texts were written; None: it is still to come."""


class ReachTest(LiveRow):
    """What one member was texted in a test, and when they answered."""

    __tablename__ = "reach_test"
    __table_args__ = (Index("uq_reach_test_member", "run_id", "responder_id", unique=True),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("reach_run.id"))
    responder_id: Mapped[UUID] = mapped_column(ForeignKey("responder.id"), index=True)
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("message.id"))
    not_asked: Mapped[str | None]
    """Why no text was written: `unverified`, `opted_out`, `phone_lost` or `silent_alarm`."""
    answered_at: Mapped[datetime | None]
