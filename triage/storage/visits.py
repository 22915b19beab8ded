"""What a member of a team writes of their visit."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.storage.base import LiveRow
from triage.storage.sealed import Sealed, sealed_column
from triage.storage.teams import Responder


class Visit(LiveRow):
    """One note, from its first words on. What was written down stays; more is a note of its own."""

    __tablename__ = "visit"

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"), index=True)
    responder_id: Mapped[UUID] = mapped_column(ForeignKey("responder.id"))
    draft_sealed: Mapped[bytes | None] = sealed_column()
    draft = Sealed(None)
    """JSON of the fields as typed; None once it is written down."""
    behaviour_sealed: Mapped[bytes | None] = sealed_column()
    behaviour = Sealed()
    intervention_sealed: Mapped[bytes | None] = sealed_column()
    intervention = Sealed()
    response_sealed: Mapped[bytes | None] = sealed_column()
    response = Sealed()
    plan_sealed: Mapped[bytes | None] = sealed_column()
    plan = Sealed()
    disposition: Mapped[str | None]
    """A code of DISPOSITIONS: how it ended for the person."""
    verdict: Mapped[int | None]
    """A code of VERDICTS."""
    verdict_why_sealed: Mapped[bytes | None] = sealed_column()
    verdict_why = Sealed()
    written_at: Mapped[datetime | None]

    responder: Mapped[Responder] = relationship()
