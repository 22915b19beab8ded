"""Who did what, to what, when: one line for every change and every opening of a call."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from triage.storage.base import NoteRow


class AuditEntry(NoteRow):
    """Written in the transaction of what it tells of. Never changed."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_call", "call_id", "created_at"),)

    actor: Mapped[str]
    """`account:KEY`, `token:NAME`, `responder:KEY`, `worker`, `carrier`, `operator`."""
    event: Mapped[str]
    subject_table: Mapped[str]
    subject_id: Mapped[UUID]
    call_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]]
    """Codes, keys, counts and call signs: never a name, a number, an address or a narrative."""
