"""A pooler between us and PostgreSQL, such as PgBouncer, that lends a session for one transaction.

Whatever is said to a session beyond that is said to another one the next time: statements are not
prepared there, nobody is woken by LISTEN, and the limits that each connection of ours asks for must
be the role's own.
"""

from typing import Any

import psycopg
from sqlalchemy import Connection, Engine

_POOLED = "pooled"
"""In a connection's `info`."""
_LIMITS = "SELECT current_setting('statement_timeout'), current_setting('lock_timeout')"
NONE = "0"


def look(connection: psycopg.Connection[Any], info: dict[Any, Any]) -> None:
    """Is the session that answers another one than that which greeted us? Then it is lent."""
    before, connection.autocommit = connection.autocommit, True
    [(answers,)] = connection.execute("SELECT pg_backend_pid()").fetchall()
    connection.autocommit = before
    info[_POOLED] = answers != connection.info.backend_pid
    if info[_POOLED]:
        connection.prepare_threshold = None


def is_pooled(connection: Connection) -> bool:
    return bool(connection.info.get(_POOLED))


def has_limits(engine: Engine) -> bool:
    """Does the server end what takes too long, as each connection of ours asks it to?"""
    if engine.dialect.name != "postgresql":
        return True
    with engine.connect() as connection:
        return NONE not in connection.exec_driver_sql(_LIMITS).one()
