"""Who did what, to what, when: one line for every change and every opening of a call."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import Base, NoteRow


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
    """Codes, keys, counts and call signs: never a name, a number, an address or a narrative, except
    for who declares something about the trail itself, and why."""
    chain: Mapped[int | None] = mapped_column(SmallInteger)
    """None: written before there were chains, or by a release that knows of none."""
    seq: Mapped[int | None] = mapped_column(BigInteger)
    seal: Mapped[bytes | None]


class AuditChain(Base):
    """The end of one of the chains of the audit trail; of how many a unit of work takes whichever
    is free."""

    __tablename__ = "audit_chain"

    chain: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    seal: Mapped[bytes]
    entry_id: Mapped[UUID | None]
