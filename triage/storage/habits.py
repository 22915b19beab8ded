"""What a centre's callers usually answer, as it was counted."""

from datetime import datetime

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import LiveRow


class AnswerHabits(LiveRow):
    """Counts over many calls, nothing about any one. The newest orders the questions.

    Only `counted_at` and `calls` change, when the same counts come out again: what an assessment
    names by `sha256` stays as it was.
    """

    __tablename__ = "answer_habits"

    sha256: Mapped[str] = mapped_column(unique=True)
    """Of the counts."""
    counted_at: Mapped[datetime] = mapped_column(index=True)
    calls: Mapped[int]
    """How many calls were counted."""
    counts: Mapped[dict[str, dict[str, int]]] = mapped_column(JSON)
    """By fact and value; what fewer than five calls answered was left out."""
