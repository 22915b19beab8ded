"""The link in a page's text."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column, relationship

from triage.storage.base import LiveRow
from triage.storage.dispatches import Page
from triage.storage.teams import Responder


class PageLink(LiveRow):
    """Opens one call for one member, once. Neither secret is kept, only what each is known by."""

    __tablename__ = "page_link"

    page_id: Mapped[UUID] = mapped_column(ForeignKey("page.id"), index=True)
    responder_id: Mapped[UUID] = mapped_column(ForeignKey("responder.id"), index=True)
    secret_index: Mapped[bytes] = mapped_column(LargeBinary, index=True, unique=True)
    """Of what stands in the text."""
    expires_at: Mapped[datetime]
    """The link may be opened until then, and lasts until then once it is."""
    opened_at: Mapped[datetime | None]
    session_index: Mapped[bytes | None] = mapped_column(LargeBinary, index=True, unique=True)
    """Of what the browser that opened it holds."""
    ended_at: Mapped[datetime | None]
    """Revoked."""

    page: Mapped[Page] = relationship()
    responder: Mapped[Responder] = relationship()
