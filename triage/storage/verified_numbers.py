"""Telephones that are no member's, and somebody has shown whose they are."""

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import LiveRow


class VerifiedNumber(LiveRow):
    """The telephone of the desk, or a partner's. Another number is not verified by it."""

    __tablename__ = "verified_number"

    phone_index: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    how: Mapped[str] = mapped_column(String(16))
    """`key`: pressed on a call of ours; `by_hand`: a person rang it; `carried_over` from a release
    that did not ask."""
