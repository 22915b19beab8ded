"""What a person still has to do about a call beside sending somebody."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.storage.base import LiveRow, only
from triage.storage.calls import Call
from triage.storage.sealed import Sealed, sealed_column

_WAITING = text("ended_at IS NULL")


class Errand(LiveRow):
    """A caller to ring back, a cancelling to agree to, a neighbour who has not said yes, units to
    tell something by radio, a danger that stands no more, a rest of a team that may not be
    needed."""

    __tablename__ = "errand"
    __table_args__ = (
        Index(
            "uq_errand_waiting",
            "call_id",
            "kind",
            unique=True,
            **only(_WAITING),
        ),
    )

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"), index=True)
    kind: Mapped[str]
    """`line_lost`, `cancel`, `neighbour`, `radio`, `stand_down`, `corrected`, `referral`, `rest`,
    `late`, `pin` or `promise`."""
    turn: Mapped[int] = mapped_column(default=0)
    """How many times its due time was set: a timer of an earlier turn says nothing."""
    due_at: Mapped[datetime]
    """When a person is to do the next step; from then on its row is red."""
    late_at: Mapped[datetime | None]
    """When a timer found that this turn's time had come."""
    details: Mapped[dict[str, Any]]
    """Codes, counts and names of organisations, nothing personal."""
    note_sealed: Mapped[bytes | None] = sealed_column()
    note = Sealed()
    """What was typed with it, such as who took the call."""
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]

    call: Mapped[Call] = relationship()
