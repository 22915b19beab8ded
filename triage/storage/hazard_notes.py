"""What is known to be dangerous at a place, or about whoever rings from a number."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from triage.domain.words import msgid
from triage.storage.base import LiveRow
from triage.storage.sealed import Sealed, sealed_column


class HazardNote(LiveRow):
    """One warning. It always ends; a note that ended or was removed is kept for the record."""

    __tablename__ = "hazard_note"

    author: Mapped[str]
    """An actor of the audit trail."""
    text_sealed: Mapped[bytes | None] = sealed_column()
    text = Sealed(
        msgid("This note cannot be read: ask whoever wrote it, and tell whoever runs the service.")
    )
    place_sealed: Mapped[bytes | None] = sealed_column()
    place = Sealed()
    place_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    """As a call's `location_index` and `found_index`."""
    phone_sealed: Mapped[bytes | None] = sealed_column()
    phone = Sealed()
    phone_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[str | None]
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None]
