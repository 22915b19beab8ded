"""What every table shares."""

from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Self
from uuid import UUID

from sqlalchemy import (
    JSON,
    ColumnDefault,
    DateTime,
    Dialect,
    Enum,
    MetaData,
    String,
    TextClause,
    TypeDecorator,
    Uuid,
    inspect,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from uuid_utils.compat import uuid7

from triage.domain.upright import upright
from triage.storage.sealed import Sealed


def new_id() -> UUID:
    """A key made by the application, known before the insert, ordered by time (UUIDv7)."""
    return uuid7()


def only(rows: TextClause) -> dict[str, Any]:
    """Of an index that holds some rows only: which, on both databases."""
    return {"sqlite_where": rows, "postgresql_where": rows}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes only, kept in UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: which zone is it in?")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:  # SQLite forgets the zone
            return value.replace(tzinfo=UTC)
        return value and value.astimezone(UTC)


class TypedLine(TypeDecorator[str]):
    """What a person typed, as it is read: without marks that turn it round."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value and upright(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return value and upright(value)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    # A StrEnum is stored as its value, in a plain text column, so that a new state
    # is a change of code and not of the table.
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime(),
        UUID: Uuid(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
        StrEnum: Enum(
            StrEnum,
            native_enum=False,
            create_constraint=False,
            length=24,
            values_callable=lambda kind: [member.value for member in kind],
        ),
    }


class Row(Base):
    """Written once: a key and a birthday."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-5)
    created_at: Mapped[datetime] = mapped_column(sort_order=-4)

    def __init__(self, **values: Any) -> None:
        if others := self._hold(values):
            super().__init__(**others)

    def _hold(self, values: dict[str, Any]) -> dict[str, Any]:
        """Take what columns hold; returns the rest, such as rows that it belongs to.

        The key comes first: encrypted columns bind to it. Defaults hold before it is saved. A new
        row has no history: its columns need not be kept track of one by one.
        """
        held, kind = vars(self), type(self)
        held["id"] = values.pop("id", None) or new_id()
        held |= _defaults(kind)
        plain, sealed = _plain_columns(kind), _sealed(kind)
        others: dict[str, Any] = {}
        for name, value in values.items():
            if name in plain:
                held[name] = value
            elif name in sealed:
                sealed[name].hold(self, value)
            else:
                others[name] = value
        return others


@cache
def _defaults(kind: type[Row]) -> dict[str, Any]:
    columns = kind.__table__.columns
    return {
        column.key: column.default.arg
        for column in columns
        if isinstance(column.default, ColumnDefault) and column.default.is_scalar
    }


@cache
def _plain_columns(kind: type[Row]) -> frozenset[str]:
    return frozenset(inspect(kind).column_attrs.keys())


@cache
def _sealed(kind: type[Row]) -> dict[str, Sealed]:
    found = {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}
    return {name: one for name, one in found.items() if isinstance(one, Sealed)}


class NoteRow(Row):
    """Written once and never changed or pointed to: saved as it is, without being kept track of."""

    __abstract__ = True

    @classmethod
    def made(cls, **values: Any) -> Self:
        """One to be added now, without the state that a session has of rows it keeps track of."""
        note = cls.__new__(cls)
        note._hold(values)
        return note

    def _hold(self, values: dict[str, Any]) -> dict[str, Any]:
        vars(self).update(dict.fromkeys(_plain_columns(type(self))))  # what is not given is NULL
        return super()._hold(values)


class LiveRow(Row):
    """May change. Two people changing it at once is refused, not merged."""

    __abstract__ = True

    version: Mapped[int] = mapped_column(sort_order=-3)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.version}
