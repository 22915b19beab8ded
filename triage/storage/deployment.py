"""Which installation this database belongs to."""

from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import Row


class Deployment(Row):
    """One row, written when the tables are made."""

    __tablename__ = "deployment"

    index_key_fingerprint: Mapped[str] = mapped_column(unique=True)
    """SHA-256 of the index key, cut short: with another key every look-up would find nothing."""
    environment: Mapped[str | None]
    """Where it is at home. Elsewhere it is a copy, and nothing of it reaches a telephone."""
