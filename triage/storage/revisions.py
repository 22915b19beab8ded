"""What seldom changes and every call asks for: kept in the process until somebody changes it.

A number in the database counts the changes of some tables: triggers of the database raise it, so
that no release, operator or script can forget to. Each unit of work learns the number together with
its instant. What was read under the same number is still true; under another it is read anew.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from triage.storage.base import Base

COUNTED = (
    "team",
    "responder",
    "shift",
    "suspension",
    "rule_set_version",
    "publication",
    "answer_habits",
    "escalation_policy",
    "api_token",
    "alarm",
)
"""The tables whose changes raise the number. Migrations 0009 to 0011 have the triggers."""
KEPT_FOR = timedelta(hours=1)
"""What depends on the time of day is read so far ahead, and anew after that."""
MOST_KEPT = 64


class Revision(Base):
    """One row."""

    __tablename__ = "revision"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)


class _Reading(NamedTuple):
    number: int
    since: datetime
    value: Any


class Kept:
    """What one process has read. Threads share it: values are never changed."""

    def __init__(self) -> None:
        self._readings: dict[str, _Reading] = {}

    def get(self, what: str, number: int, now: datetime, read: Callable[[], Any]) -> Any:
        """What was read under this number, less than KEPT_FOR ago; else what `read` returns."""
        known = self._readings.get(what)
        if known and known.number == number and known.since <= now < known.since + KEPT_FOR:
            return known.value
        value = read()
        if len(self._readings) >= MOST_KEPT:
            self._readings.clear()
        self._readings[what] = _Reading(number, now, value)
        return value

    def last(self, what: str) -> Any:
        """What was read last, true or not any more; None where nothing was."""
        known = self._readings.get(what)
        return known and known.value
