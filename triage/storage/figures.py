"""Figures of whole days. They name no call and outlive what is erased."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import Base, LiveRow


class DailyFigure(Base):
    """One count of one day: what is counted, of what, and by what else (domain/figures.py)."""

    __tablename__ = "daily_figure"

    day: Mapped[date] = mapped_column(primary_key=True)
    """On the wall of the centre: the day on which the calls came in."""
    figure: Mapped[str] = mapped_column(primary_key=True)
    of: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]


class RolledDay(Base):
    """A day that is over, and whether its figures are as its calls are."""

    __tablename__ = "rolled_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    calls: Mapped[int | None]
    """How many were counted; None while nobody has counted."""
    rolled_at: Mapped[datetime | None]
    due: Mapped[bool]
    """Something of its calls has changed since, or they were never counted."""


class TrailRead(LiveRow):
    """One row: how far the audit trail was read for what has changed of days that are over."""

    __tablename__ = "trail_read"

    last_id: Mapped[UUID | None]
    """The newest entry that was read. Entries are ordered by their keys."""
    read_on: Mapped[date | None]
    """The day on which it was last read to its end."""
