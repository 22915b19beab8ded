"""Saving what is new: as the session would, without what it does for rows that may be anything.

Keys are made by us and known before, so nothing has to come back from the database; what a row
points to was made before it or is saved with it. The session's own order of work for twenty new
rows was a fifth of what taking a call cost.
"""

from collections.abc import Iterable
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, inspect
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.interfaces import MANYTOONE

from triage.storage.base import Base, LiveRow, Row
from triage.storage.inserting import insert_rows


class _Shape(NamedTuple):
    """What of a kind of row goes where."""

    table: Table
    order: int
    """Tables that others point to come first."""
    columns: tuple[tuple[str, str], ...]
    """Attribute and column."""
    attributes: frozenset[str]
    owners: tuple[tuple[str, str], ...]
    """Attribute of what is pointed to, and of its key."""


@cache
def _shape(kind: type[Row]) -> _Shape:
    mapper: Mapper[Any] = inspect(kind)
    table = kind.__table__
    assert isinstance(table, Table)  # noqa: S101 -- each of our rows has a table
    columns = tuple((mapper.get_property_by_column(c).key, c.name) for c in table.columns)
    attributes = {column: attribute for attribute, column in columns}
    owners = tuple(
        (relation.key, attributes[local.name])
        for relation in mapper.relationships
        if relation.direction is MANYTOONE
        for local, _ in relation.local_remote_pairs or ()
        if local.name is not None
    )
    return _Shape(
        table,
        _order()[table.name],
        columns,
        frozenset(attributes.values()),
        owners,
    )


@cache
def _order() -> dict[str, int]:
    return {table.name: number for number, table in enumerate(Base.metadata.sorted_tables)}


def save_new(session: Session, rows: Iterable[Row]) -> None:
    """Save rows that the session was given and does not have yet; it keeps track of them then."""
    shaped = sorted(((row, _shape(type(row))) for row in rows), key=lambda one: one[1].order)
    connection: Connection = session.info["connection"]
    for table, alike in groupby(shaped, key=lambda one: one[1].table):
        insert_rows(connection, table, [_values(row, shape) for row, shape in alike])
    session._register_persistent({inspect(row) for row, _ in shaped})


def _values(row: Row, shape: _Shape) -> dict[str, Any]:
    """By column. What was never set is NULL, and known to be."""
    held = vars(row)
    if isinstance(row, LiveRow):
        held.setdefault("version", 1)
    for owner, key in shape.owners:
        if held.get(key) is None and held.get(owner) is not None:
            held[key] = held[owner].id
    held.update(dict.fromkeys(shape.attributes.difference(held)))
    return {column: held[attribute] for attribute, column in shape.columns}
