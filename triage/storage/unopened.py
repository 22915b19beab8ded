"""Do the keys of this process open what no work goes on without: people, teams, open calls?"""

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from triage.storage.base import Row
from triage.storage.calls import OPEN_CALL, Call
from triage.storage.people import Account
from triage.storage.sealed import CannotOpen, Sealed, key_of, unseal
from triage.storage.teams import Partner, Responder

MOST_CALLS = 1000
"""The calls open longest: they were sealed before the others."""


def unopened(session: Session) -> dict[str, int]:
    """By the id of a key with which nothing opens here, how many values are sealed with it. Where
    any does open, it is the right key, and a value that does not was altered."""
    sealed: Counter[str] = Counter()
    opened: set[str] = set()
    for kind, column, row, value in _values(session):
        key_id = key_of(value)
        sealed[key_id] += 1
        if key_id not in opened and _opens(value, kind.__tablename__, column, row):
            opened.add(key_id)
    return {key_id: count for key_id, count in sealed.items() if key_id not in opened}


def _values(session: Session) -> Iterator[tuple[type[Row], str, UUID, bytes]]:
    for kind in (Account, Responder, Partner, Call):
        names = [name for name, it in vars(kind).items() if isinstance(it, Sealed)]
        asked = select(kind.id, *(getattr(kind, f"{name}_sealed") for name in names))
        if kind is Call:
            asked = asked.where(OPEN_CALL).order_by(Call.received_at).limit(MOST_CALLS)
        for row, *values in session.execute(asked):
            for name, value in zip(names, values, strict=True):
                if value is not None:
                    yield kind, name, row, value


def _opens(value: bytes, table: str, column: str, row: UUID) -> bool:
    try:
        unseal(value, table=table, column=column, row=row)
    except CannotOpen:
        return False
    return True
