"""Lists that may be long come page by page. Each page leads on from the last row of the one before,
by its time and its key: a deep page costs what the first one does, and rows that come meanwhile
move nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Tuple, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

Place = tuple[datetime, UUID]
"""Of a row in its list: its time, and its key."""
T = TypeVar("T")
At: TypeAlias = InstrumentedAttribute[datetime]
Key: TypeAlias = InstrumentedAttribute[UUID]


def later(at: At, key: Key, place: Place) -> ColumnElement[bool]:
    return tuple_(at, key) > _bound(at, key, place)


def earlier(at: At, key: Key, place: Place) -> ColumnElement[bool]:
    return tuple_(at, key) < _bound(at, key, place)


def _bound(at: At, key: Key, place: Place) -> Tuple:
    return tuple_(literal(place[0], at.type), literal(place[1], key.type))


def first_of(found: Sequence[T], most: int) -> tuple[Sequence[T], bool]:
    """The rows of one page, and whether there are more: one more was asked for."""
    return found[:most], len(found) > most
