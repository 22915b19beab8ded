"""Rows that are new in a unit of work.

What refers to a new row is new too, whoever else is at work: nobody else can see it yet. So nothing
about it need be asked of the database, and nothing saved just to be found there.
"""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from triage.storage.base import Row

R = TypeVar("R", bound=Row)


class NewRows:
    """All rows that one session has added."""

    def __init__(self) -> None:
        self._keys: set[UUID] = set()
        self._by_kind: dict[type[Row], list[Any]] = {}

    @classmethod
    def of(cls, session: Session) -> "NewRows":
        found: NewRows = session.info.setdefault("new_rows", cls())
        return found

    def note(self, row: Row) -> None:
        self._keys.add(row.id)
        self._by_kind.setdefault(type(row), []).append(row)

    def under(self, session: Session, owner: UUID, kind: type[R], by: str) -> list[R] | None:
        """See `UnitOfWork.new_under`."""
        if owner not in self._keys:
            return None
        rows = self._by_kind.get(kind, ())
        # One whose savepoint was undone is in the session no longer.
        return [row for row in rows if getattr(row, by) == owner and row in session]
