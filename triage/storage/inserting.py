"""INSERTs in the driver's own words, put together once for each table.

The session's way looks a statement up and names each value anew for every row, though all of ours
are alike: that took as long again as the database.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, Dialect, Table, insert

from triage.storage.base import UtcDateTime
from triage.storage.driving import drive

Prepare = Callable[[Any], Any]


class _Insert(NamedTuple):
    text: str
    names: tuple[str, ...]
    """Of the columns, in the order of the text."""
    take: Callable[[Mapping[str, Any]], tuple[Any, ...]]
    """Their values, of a row."""
    prepare: tuple[tuple[int, Prepare], ...]
    """For some, by their place: what makes of a value what the driver takes."""
    in_order: bool
    """Are values told apart by their places, and not by name?"""


@cache
def _insert(table: Table, dialect: Dialect) -> _Insert:
    names = tuple(column.name for column in table.columns)
    text = str(insert(table).compile(dialect=dialect, column_keys=names))
    prepared = enumerate(_prepare(column, dialect) for column in table.columns)
    prepare = tuple((place, it) for place, it in prepared if it is not None)
    return _Insert(text, names, itemgetter(*names), prepare, dialect.positional)


def _prepare(column: Column[Any], dialect: Dialect) -> Prepare | None:
    prepare: Prepare | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    if prepare is not None and isinstance(column.type, UtcDateTime):
        return lru_cache(maxsize=8)(prepare)  # most are the instant of their unit of work
    return prepare


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """rows -- by column, each with all of them; None is NULL, in a column of JSON as well."""
    text, names, take, prepared, in_order = _insert(table, connection.dialect)
    given = []
    for row in rows:
        values = list(take(row))
        for place, prepare in prepared:
            if (value := values[place]) is not None:
                values[place] = prepare(value)
        given.append(values if in_order else dict(zip(names, values, strict=True)))
    many = len(given) > 1
    drive(connection, text, given if many else given[0], many=many)
