"""What tables, indexes and rows a database has, to be compared with another's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import NullPool, create_engine, inspect, text

from triage.storage import migration

_SCHEMA = {
    "sqlite": {
        "tables": "SELECT type, name, sql FROM sqlite_master WHERE type <> 'index'",
        "indexes": "SELECT name, sql FROM sqlite_master WHERE type = 'index'",
    },
    "postgresql": {
        "tables": """
            SELECT table_name, column_name, data_type, is_nullable, column_default
                FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
                FROM pg_constraint WHERE connamespace = 'public'::regnamespace
            UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '', ''
                FROM pg_trigger WHERE NOT tgisinternal""",
        "indexes": """
            SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid), indisvalid
                FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
                WHERE relnamespace = 'public'::regnamespace""",
    },
}


Described = tuple[str, ...]


@dataclass(frozen=True)
class Stand:
    """What a database has."""

    revision: str
    tables: frozenset[Described]
    indexes: frozenset[Described]
    rows: tuple[tuple[str, int], ...]

    def lies_between(self, before: Stand, after: Stand) -> bool:
        """The tables of the one or the other, with indexes of both: what a migration leaves that
        makes its indexes while calls are taken."""
        return self.tables in {before.tables, after.tables} and (
            before.indexes & after.indexes <= self.indexes <= before.indexes | after.indexes
        )


def stand_of(url: str) -> Stand:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        schema = {
            part: frozenset(map(_in_order, connection.execute(text(query))))
            for part, query in _SCHEMA[engine.dialect.name].items()
        }
        tables = sorted(set(inspect(connection).get_table_names()) - {"alembic_version"})
        rows = tuple(
            (name, connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0)
            for name in tables
        )
    return Stand(migration.revision_of(engine) or "", rows=rows, **schema)


def _in_order(row: Iterable[object]) -> Described:
    """A table that was rebuilt on SQLite has its constraints in an order of their own each time."""
    return tuple("\n".join(sorted(line.strip(" ,\t") for line in str(v).split("\n"))) for v in row)
