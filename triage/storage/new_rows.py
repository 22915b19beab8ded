"""Rows that are new in a unit of work.

What refers to a new row is new too, whoever else is at work: nobody else can see it yet. So nothing
about it need be asked of the database, and nothing saved just to be found there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Update, inspect
from sqlalchemy.orm import Session, SessionTransaction

from triage.storage.audit_chains import ENTRIES, save_entries
from triage.storage.base import NoteRow, Row
from triage.storage.inserting import insert_rows

R = TypeVar("R", bound=Row)


class NewRows:
    """All rows that one session has added."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._keys: set[UUID] = set()
        self._by_kind: dict[type[Row], list[Any]] = defaultdict(list)
        self._savepoints: dict[SessionTransaction, int] = {}
        self._fresh: dict[type[Row], list[Any]] = defaultdict(list)
        """What the database does not have yet, by kind."""
        self.unsaved: list[NoteRow] = []
        """The notes among it."""
        self.last: list[Update] = []
        """See `UnitOfWork.do_last`."""

    @classmethod
    def of(cls, session: Session) -> "NewRows":
        found: NewRows | None = session.info.get("new_rows")
        if found is None:
            found = session.info["new_rows"] = cls()
        return found

    def add(self, session: Session, row: Row) -> None:
        if isinstance(row, NoteRow):
            self.unsaved.append(row)
        else:
            # As the session's own `add`, which looks for what else hangs on the row: that is added
            # by itself.
            session._save_or_update_impl(inspect(row))
        self._rows.append(row)
        self._keys.add(row.id)
        self._by_kind[type(row)].append(row)
        self._fresh[type(row)].append(row)

    def fresh(self, kinds: Iterable[type[Row]]) -> Iterator[Row]:
        """Those of these kinds that the database does not have yet."""
        return chain.from_iterable([self._fresh.get(kind, ()) for kind in kinds])

    def are_saved(self) -> None:
        """All there is so far."""
        self._fresh.clear()

    def under(self, owner: UUID, kind: type[R], by: str) -> list[R] | None:
        """See `UnitOfWork.new_under`."""
        if owner not in self._keys:
            return None
        rows = self._by_kind.get(kind, ())  # mostly of the same key, which is quicker to tell
        return [row for row in rows if (its := getattr(row, by)) is owner or its == owner]

    def save_notes(self, session: Session) -> None:
        """Save those that are not, what they point to being saved: those of a kind together;
        then do what is to be done last."""
        notes = sorted(self.unsaved, key=lambda row: row.__tablename__)
        self.unsaved = []
        connection: Connection = session.info["connection"]
        for table, rows in groupby(notes, key=lambda row: row.__table__):
            if table is ENTRIES:
                save_entries(session, [vars(row) for row in rows])
            else:
                insert_rows(connection, table, [vars(row) for row in rows])
        last, self.last = self.last, []
        for change in last:
            connection.execute(change)

    def begin_savepoint(self, savepoint: SessionTransaction) -> None:
        self._savepoints[savepoint] = len(self._rows)

    def undo_savepoint(self, savepoint: SessionTransaction) -> None:
        """What was added since is gone; what was not saved before was saved when it began."""
        self.unsaved, self.last = [], []
        self._fresh.clear()
        while len(self._rows) > self._savepoints[savepoint]:
            row = self._rows.pop()
            self._keys.discard(row.id)
            self._by_kind[type(row)].pop()
