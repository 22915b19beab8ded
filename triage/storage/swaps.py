"""Shifts that members offer to each other."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.domain.lifecycle import SWAP_MOVES, SwapState, check_move
from triage.storage.base import LiveRow, only
from triage.storage.teams import Responder

_WAITS = text("state IN ('offered', 'taken')")


class ShiftSwap(LiveRow):
    """One member offers a shift of theirs to one colleague."""

    __tablename__ = "shift_swap"
    __table_args__ = (
        Index(
            "uq_shift_swap_waiting",
            "shift_id",
            unique=True,
            **only(_WAITS),
        ),
    )

    shift_id: Mapped[UUID]
    """No foreign key: a shift may be taken out, and is when the swap is agreed."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    """As the shift had it when it was offered."""
    giver_id: Mapped[UUID] = mapped_column(ForeignKey("responder.id"), index=True)
    taker_id: Mapped[UUID] = mapped_column(ForeignKey("responder.id"), index=True)
    state: Mapped[SwapState]
    ended_at: Mapped[datetime | None]

    giver: Mapped[Responder] = relationship(foreign_keys=giver_id)
    taker: Mapped[Responder] = relationship(foreign_keys=taker_id)

    def move_to(self, state: SwapState) -> None:
        self.state = check_move(SWAP_MOVES, self.state, state)
