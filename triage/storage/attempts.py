"""What was handed to a provider, what it said of it, and how the provider does."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from triage.domain.delivery import AttemptState, later_of
from triage.domain.lifecycle import MessageState
from triage.storage.base import LiveRow, only

_OPEN = text("state IN ('attempting', 'unknown')")


class Attempt(LiveRow):
    """One handing over of one text, written down before it is done."""

    __tablename__ = "attempt"
    __table_args__ = (
        Index("uq_attempt_number", "message_id", "number", unique=True),
        Index("ix_attempt_open", "started_at", **only(_OPEN)),
        Index("ix_attempt_ended_at", "ended_at"),
    )

    message_id: Mapped[UUID] = mapped_column(ForeignKey("message.id"))
    number: Mapped[int]
    """Of this text, from 1."""
    channel: Mapped[str]
    """`sms`."""
    provider: Mapped[str]
    fence: Mapped[int]
    """Of the claim that it was made under."""
    state: Mapped[AttemptState]
    is_copy: Mapped[bool]
    """An earlier copy may have been out when this one was handed over."""
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    provider_id: Mapped[str | None] = mapped_column(unique=True)
    error: Mapped[str | None]
    reported: Mapped[MessageState | None]
    """The furthest that the provider's reports have come."""
    reported_at: Mapped[datetime | None]
    raw_status: Mapped[str | None]
    """The latest report in the provider's own word."""
    conflict: Mapped[bool] = mapped_column(default=False)
    """Reported as delivered and as not delivered: the first is believed."""

    def learn(self, state: AttemptState, now: datetime, error: str | None = None) -> None:
        """What is known becomes more, never less."""
        if later_of(self.state, state) is self.state:
            return
        self.state, self.ended_at = state, now
        self.error = error or self.error


class ProviderState(LiveRow):
    """How a provider as a whole does, while it does not do well."""

    __tablename__ = "provider_state"

    provider: Mapped[str] = mapped_column(unique=True)
    doubts: Mapped[int] = mapped_column(default=0)
    """Handings over in a row of which nobody knows what came."""
    shut_since: Mapped[datetime | None]
    """Nothing but a probe now and then is handed to it; None: it works."""
    probe_at: Mapped[datetime | None]
    """The next probe is not before this."""
    reason: Mapped[str | None]
    later_until: Mapped[datetime | None]
    """So far in time, texts that can wait have used up their share of it."""


class StrayReport(LiveRow):
    """A genuine report that fits nothing of ours, or says what we do not know."""

    __tablename__ = "stray_report"
    __table_args__ = (
        Index("uq_stray_report", "provider_id", "raw_status", "why", unique=True),
        Index("ix_stray_report_seen_at", "seen_at"),
    )

    provider_id: Mapped[str]
    raw_status: Mapped[str]
    why: Mapped[str]
    """`unknown_text`, `unknown_status`, `other_number` or `other_key`."""
    seen: Mapped[int]
    seen_at: Mapped[datetime]
