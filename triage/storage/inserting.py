"""INSERTs in the driver's own words, put together once for each table.

The session's way looks a statement up and names each value anew for every row, though all of ours
are alike: that took as long again as the database.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Dialect, Table, insert

from triage.storage.base import UtcDateTime
from triage.storage.driving import drive

Prepare = Callable[[Any], Any]


class _Insert(NamedTuple):
    text: str
    columns: tuple[tuple[str, Prepare | None], ...]
    """In the order of the text, with what makes of a value what the driver takes."""
    in_order: bool
    """Are values told apart by their places, and not by name?"""


@cache
def _insert(table: Table, dialect: Dialect) -> _Insert:
    names = [column.name for column in table.columns]
    text = str(insert(table).compile(dialect=dialect, column_keys=names))
    columns = [(column.name, _prepare(column, dialect)) for column in table.columns]
    return _Insert(text, tuple(columns), dialect.positional)


def _prepare(column: Column[Any], dialect: Dialect) -> Prepare | None:
    prepare: Prepare | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    if prepare is not None and isinstance(column.type, UtcDateTime):
        return lru_cache(maxsize=8)(prepare)  # most are the instant of their unit of work
    return prepare


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """rows -- by column; what a row does not have is NULL, in a column of JSON as well."""
    text, columns, in_order = _insert(table, connection.dialect)
    names = [name for name, _ in columns]
    given = []
    for row in rows:
        values = [
            value if (value := row.get(name)) is None or prepare is None else prepare(value)
            for name, prepare in columns
        ]
        given.append(tuple(values) if in_order else dict(zip(names, values, strict=True)))
    many = len(given) > 1
    drive(connection, text, given if many else given[0], many=many)
