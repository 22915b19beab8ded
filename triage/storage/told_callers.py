"""What callers were told of who comes."""

from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import Row


class ToldCaller(Row):
    """Somebody told a caller who comes, or could not."""

    __tablename__ = "told_caller"

    call_id: Mapped[UUID] = mapped_column(ForeignKey("call.id"), index=True)
    told: Mapped[bool]
    reason: Mapped[str | None]
    """A code of NOT_TOLD, where they were not told."""
    gist: Mapped[list[Any]] = mapped_column(JSON)
    """Who was to come then and when: see domain/who_comes.py."""
