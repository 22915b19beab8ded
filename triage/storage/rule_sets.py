"""Rule sets as supervisors publish them."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.storage.base import LiveRow, Row
from triage.storage.sealed import Sealed, sealed_column


class VocabularyVersion(Row):
    """The call facts as they stood, kept for every decision made under them."""

    __tablename__ = "vocabulary_version"

    sha256: Mapped[str] = mapped_column(unique=True)
    yaml: Mapped[str] = mapped_column(Text)


class RuleSetVersion(Row):
    """The exact text that decided calls. Never changed."""

    __tablename__ = "rule_set_version"

    name: Mapped[str] = mapped_column(index=True)
    label: Mapped[str]
    """The `version` that stands in the text."""
    sha256: Mapped[str] = mapped_column(unique=True)
    vocabulary_sha256: Mapped[str]
    yaml: Mapped[str] = mapped_column(Text)
    written_by: Mapped[str]
    approved_by: Mapped[str]


class Publication(Row):
    """From this moment on, calls are decided by this version. The latest one holds."""

    __tablename__ = "publication"
    __table_args__ = (Index("ix_publication_name", "name", "created_at"),)

    name: Mapped[str]
    version_id: Mapped[UUID] = mapped_column(ForeignKey("rule_set_version.id"))
    published_by: Mapped[str]
    why: Mapped[str]
    """`seed`, `approved` or `went_back`."""

    of: Mapped[RuleSetVersion] = relationship()


class RuleDraft(LiveRow):
    """A change somebody is working on. One at a time for each rule set."""

    __tablename__ = "rule_draft"

    name: Mapped[str] = mapped_column(unique=True)
    yaml: Mapped[str] = mapped_column(Text)
    based_on_sha256: Mapped[str]
    state: Mapped[str]
    """`editing`, `awaiting_approval` or `sent_back`; editing leads back to `editing`."""
    edited_by: Mapped[str]
    edited_by_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"))


class ChangeSentBack(Row):
    """A second person did not approve a draft as it stood, and why. It outlives the draft."""

    __tablename__ = "change_sent_back"
    __table_args__ = (Index("ix_change_sent_back_name", "name", "created_at"),)

    name: Mapped[str]
    sha256: Mapped[str]
    """Of the text that was read."""
    written_by: Mapped[str]
    sent_back_by: Mapped[str]
    reason_sealed: Mapped[bytes | None] = sealed_column()
    reason = Sealed()
