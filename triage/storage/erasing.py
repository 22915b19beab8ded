"""What is sealed of a call, wherever it stands, and how it is made to be nothing.

Told from the columns of all tables, so that a table that comes later is not forgotten.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, LargeBinary, Table, select, update
from sqlalchemy.orm import Session

from triage.storage.calls import Call
from triage.storage.follow_ups import FollowUp
from triage.storage.messages import InboundMessage, Message
from triage.storage.models import Base

NOT_OF_CALLS = {
    "account": "who signs in",
    "responder": "who is in a team",
    "partner": "an organisation",
    "hazard_note": "a warning, which has an end of its own",
    "change_sent_back": "about rules",
}
"""Tables with something sealed that is of no call, and what it is about."""
_NUMBERS = {"call": ("external_id",), "dispatch": ("cad_number",)}
"""Under which the same call stands in the CAD, with all names."""


@cache
def _tables() -> tuple[tuple[Table, dict[str, Any]], ...]:
    found = ((table, emptied(table)) for table in Base.metadata.sorted_tables)
    return tuple((table, values) for table, values in found if values)


def emptied(table: Table) -> dict[str, Any]:
    """The values by which nothing is left of what somebody said, or can be looked up by it."""
    sealed = [column for column in table.columns if column.name.endswith("_sealed")]
    sealed += [table.c[name] for name in _NUMBERS.get(table.name, ())]
    if not sealed or table.name in NOT_OF_CALLS:
        return {}
    found = [
        column
        for column in table.columns
        if isinstance(column.type, LargeBinary) and column.name.endswith("_index")
    ]
    values = {column.name: None if column.nullable else b"" for column in (*sealed, *found)}
    if "version" in table.columns:  # whoever has the row in hand is told that it changed
        return {**values, "version": table.c.version + 1}
    return values


def _of_calls(table: Table, calls: Collection[UUID]) -> ColumnElement[bool]:
    if table.name == "call":
        return table.c.id.in_(calls)
    if "call_id" in table.columns:
        return table.c.call_id.in_(calls)
    return table.c.follow_up_id.in_(select(FollowUp.id).where(FollowUp.call_id.in_(calls)))


def erase(session: Session, calls: Collection[UUID], now: datetime) -> None:
    """Nothing that was said of these calls is left, no name, number or place."""
    for table, values in _tables():
        session.execute(update(table).where(_of_calls(table, calls)).values(values))
    session.execute(update(Call).where(Call.id.in_(calls)).values(erased_at=now))


def erase_texts(
    session: Session, kind: type[Message | InboundMessage], keys: Sequence[UUID]
) -> None:
    """Nothing of what these texts said, and to or from which telephone."""
    table = Base.metadata.tables[kind.__tablename__]
    session.execute(update(table).where(table.c.id.in_(keys)).values(emptied(table)))
