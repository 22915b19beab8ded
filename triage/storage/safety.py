"""The safety of people in the field: their alarms, and whether they were asked how they are."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.domain.alarms import COVERT, AlarmKind
from triage.storage.base import LiveRow, only
from triage.storage.calls import Call
from triage.storage.dispatches import Page, Slot
from triage.storage.teams import Responder

_UNTAKEN = text("taken_at IS NULL")
_STANDS = text("taken_at IS NULL OR over_at IS NULL")
STANDING_ALARM = text("(alarm.taken_at IS NULL OR alarm.over_at IS NULL)")
"""For queries: see OPEN_CALL."""
_OPEN = text("closed_at IS NULL")


class Alarm(LiveRow):
    """Somebody in the field is in danger or may be. It rings until a person takes it, and stands
    until one says that it is over."""

    __tablename__ = "alarm"
    __table_args__ = (
        Index("ix_alarm_untaken", "created_at", **only(_UNTAKEN)),
        Index("ix_alarm_standing", "created_at", **only(_STANDS)),
        Index("ix_alarm_taken_at", "taken_at"),
    )

    kind: Mapped[AlarmKind]
    responder_id: Mapped[UUID] = mapped_column(ForeignKey("responder.id"))
    page_id: Mapped[UUID | None] = mapped_column(ForeignKey("page.id"))
    """By which they are on a call, or asked about one; None where they are on none."""
    call_id: Mapped[UUID | None] = mapped_column(ForeignKey("call.id"), index=True)
    written_code: Mapped[str | None]
    """Of the text that raised it; of another call, or of none, where they mistook it."""
    raised_at: Mapped[datetime]
    """Lately; they may have said so more than once."""
    rings: Mapped[int] = mapped_column(default=0)
    """Times that the telephones were rung."""
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[str | None]
    """An actor of the audit trail."""
    taken_through: Mapped[str | None]
    """`screen` or `voice`."""
    over_at: Mapped[datetime | None]
    """When somebody said that they are safe; that they had to withdraw is over when it is
    taken."""
    over_by: Mapped[str | None]
    """An actor, too."""

    responder: Mapped[Responder] = relationship()
    page: Mapped[Page | None] = relationship()
    call: Mapped[Call | None] = relationship()

    @property
    def covert(self) -> bool:
        return self.kind in COVERT


class CheckIn(LiveRow):
    """Somebody on the way or on scene was asked whether all is well."""

    __tablename__ = "check_in"
    __table_args__ = (
        Index(
            "uq_check_in_open",
            "slot_id",
            unique=True,
            **only(_OPEN),
        ),
    )

    slot_id: Mapped[UUID] = mapped_column(ForeignKey("slot.id"))
    responder_id: Mapped[UUID] = mapped_column(ForeignKey("responder.id"))
    asked_again_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    """`answered`, `missed`, `out_of_reach` where no text reached them any more, or `over` where
    they left the call meanwhile."""
    through: Mapped[str | None]
    """`text`, `screen` or `radio`."""

    slot: Mapped[Slot] = relationship()
    responder: Mapped[Responder] = relationship()
