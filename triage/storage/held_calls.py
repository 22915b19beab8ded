"""Who at the desk has a call, and who has its page open."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.storage.base import LiveRow, Row
from triage.storage.calls import Call


class HeldCall(LiveRow):
    """A call that somebody at the desk has had. Calls that nobody ever took have no such row."""

    __tablename__ = "held_call"

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"), unique=True)
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"), index=True)
    """None when it was given back."""
    since: Mapped[datetime]
    offered_to: Mapped[UUID | None] = mapped_column(ForeignKey("account.id"), index=True)
    """Who is to have it, once they accept."""

    call: Mapped[Call] = relationship()


class Presence(Row):
    """Somebody has the page of a call open. Deleted soon after they have left."""

    __tablename__ = "presence"
    __table_args__ = (Index("uq_presence", "call_id", "account_id", unique=True),)

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"))
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))
    seen_at: Mapped[datetime] = mapped_column(index=True)
    typed_at: Mapped[datetime | None]
