"""Calls of which nothing may be erased: a court, a lawyer or an inquiry has asked for them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import LiveRow, only
from triage.storage.sealed import Sealed, sealed_column

_STANDS = text("ended_at IS NULL")
STANDING_PRESERVATION = text("preservation.ended_at IS NULL")
"""For queries: see OPEN_CALL."""


class Preservation(LiveRow):
    """One call is kept whole until somebody says that it need not be any more."""

    __tablename__ = "preservation"
    __table_args__ = (Index("uq_preservation", "call_id", unique=True, **only(_STANDS)),)

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"), index=True)
    why_sealed: Mapped[bytes | None] = sealed_column()
    why = Sealed()
    """Who asked for it: a case number, a letter."""
    ended_at: Mapped[datetime | None]
