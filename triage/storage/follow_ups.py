"""What was promised for afterwards."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.domain.lifecycle import FollowUpState
from triage.storage.base import LiveRow, Row, only
from triage.storage.calls import Call
from triage.storage.sealed import Sealed, sealed_column
from triage.storage.teams import Responder

_OPEN = text("state = 'open'")
_NOT_REACHED = text("state = 'not_reached'")
OPEN_FOLLOW_UP = text("follow_up.state = 'open'")
NOT_REACHED_FOLLOW_UP = text("follow_up.state = 'not_reached'")
"""For queries: see OPEN_CALL."""


class FollowUp(LiveRow):
    """One contact to make, by one owner, by one time."""

    __tablename__ = "follow_up"
    __table_args__ = (
        Index("ix_follow_up_open", "due_at", **only(_OPEN)),
        Index(
            "ix_follow_up_not_reached",
            "due_at",
            **only(_NOT_REACHED),
        ),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"), index=True)
    kind: Mapped[str]
    what: Mapped[str]
    """The rule set's own sentence."""
    rule: Mapped[str]
    owner_role: Mapped[str]
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("responder.id"))
    """The responder who is reminded; a role's list otherwise."""
    due_at: Mapped[datetime]
    state: Mapped[FollowUpState]
    consent: Mapped[str]
    """not_asked, given, refused, not_needed."""
    safe_to_call: Mapped[str]
    """yes, no or unknown; likewise below."""
    safe_to_text: Mapped[str]
    safe_to_leave_message: Mapped[str]

    call: Mapped[Call] = relationship()
    owner: Mapped[Responder | None] = relationship()
    attempts: Mapped[list["FollowUpAttempt"]] = relationship(
        order_by="FollowUpAttempt.created_at, FollowUpAttempt.id"
    )


class FollowUpAttempt(Row):
    """One try: what came of it."""

    __tablename__ = "follow_up_attempt"

    follow_up_id: Mapped[UUID] = mapped_column(ForeignKey("follow_up.id"), index=True)
    outcome: Mapped[str]
    """done, not_reached, refused or rescheduled."""
    by: Mapped[str]
    next_due_at: Mapped[datetime | None]
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()
