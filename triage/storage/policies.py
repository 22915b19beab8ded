"""What a supervisor has laid down about escalation. A policy is never changed: an edit is a new
row, and the calls that began under the old one end under it, unless they become more urgent."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import LiveRow, only

_LIVE = text("ended_at IS NULL")


class EscalationPolicyRow(LiveRow):
    """One policy, as it was written; only its end is added later."""

    __tablename__ = "escalation_policy"
    __table_args__ = (
        Index(
            "uq_escalation_policy_live",
            "response",
            "level_rank",
            unique=True,
            **only(_LIVE),
        ),
    )

    name: Mapped[str]
    response: Mapped[str]
    """A response of the vocabulary; "" for all of them."""
    level_rank: Mapped[int]
    """1 for the most urgent level ...; 0 for all of them."""
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    repeat_s: Mapped[int]
    call_back_min: Mapped[int | None]
    divert_ranks: Mapped[int | None]
    """Where these two are None the settings of the center hold."""
    edited_by: Mapped[str]
    ended_at: Mapped[datetime | None]
