"""Opening the database."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.exc import InvalidatePoolError

from triage.storage import pooler, silent_servers
from triage.storage.commits import note_unconfirmed
from triage.storage.pool import MakeDoPool
from triage.storage.sqlite_file import SqliteFile

_SQLITE = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=5000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA temp_store=MEMORY",
)
_POSTGRESQL = (
    "-c statement_timeout=5s -c lock_timeout=3s -c idle_in_transaction_session_timeout=15s"
    # Compiling a query of ours takes a second or two and saves nothing: all are short.
    " -c jit=off"
)
_NOTICES = " -c synchronous_commit=off"
"""A ring holds nothing that could be lost: it waits for no disk and no standby."""
RESTED_S = 1.0
"""A connection that was used less long ago is taken to be alive: asking costs as much as a
statement. Where it is not, the unit of work is begun anew."""
_RESTS_SINCE = "rests_since"
PREPARED = 400
"""Statements that a connection keeps planned: more than all that pages and workers ask."""
_GONE = {"25006", "25P03", "57P01", "57P02", "57P03", "57P05"}
"""SQLSTATEs of a server that was demoted, is going away or has ended the session: the connection
is of no more use."""


def open_engine(url: str) -> Engine:
    """An engine with the settings that this service relies on.

    SQLite: WAL, every commit on the disk, transactions begun by us and not by the driver.
    PostgreSQL: time limits on statements and locks, connections checked before use.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(
            url, hide_parameters=True, connect_args={"timeout": 5, "check_same_thread": False}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        if (file := engine.url.database) and file != ":memory:":
            SqliteFile(Path(file).absolute()).watch(engine)
        return engine
    engine = create_engine(
        url,
        hide_parameters=True,  # an error must not tell what was in the rows
        # None is replaced for its age: the server may have no other for us. Each is looked at
        # before use.
        poolclass=MakeDoPool,
        pool_size=12,
        max_overflow=8,
        pool_timeout=4,  # no free connection: told within 5 s, as any other failure to save
        connect_args=_postgresql_arguments(make_url(url)),
    )
    event.listen(engine, "handle_error", _notice_demotion)
    event.listen(engine, "connect", _prepare_postgresql)
    event.listen(engine, "checkin", _rest)
    event.listen(engine, "checkout", _look_whether_alive)
    return engine


def open_notice_engine(url: URL) -> Engine:
    """For LISTEN and NOTIFY: connections of their own, each statement by itself."""
    engine = create_engine(
        url,
        poolclass=NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args=_postgresql_arguments(url, _NOTICES),
    )
    event.listen(engine, "connect", _prepare_notices)
    return engine


def _prepare_notices(connection: psycopg.Connection[Any], record: Any) -> None:
    silent_servers.watch(connection)
    pooler.look(connection, record.info)


def reading_arguments(url: URL) -> dict[str, Any]:
    """For connections to a standby, of several hosts whichever is one today. libpq refuses a server
    that can be written to."""
    standby = _postgresql_arguments(url, " -c default_transaction_read_only=on")
    return standby | {"target_session_attrs": "standby"}


def _postgresql_arguments(url: URL, more: str = "") -> dict[str, Any]:
    arguments = {
        "connect_timeout": 2,
        "options": _POSTGRESQL + more,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        # What was sent and not acknowledged ends a connection after 2.5 s: with the 2 s that a
        # further try to connect may take, whoever waits is told within 5 s.
        "tcp_user_timeout": 2500,
        # Of several hosts the one that can be written to, whichever that is today.
        "target_session_attrs": "read-write",
    }
    return {name: value for name, value in arguments.items() if name not in url.query}


def _prepare_postgresql(connection: psycopg.Connection[Any], record: Any) -> None:
    connection.prepared_max = PREPARED
    silent_servers.watch(connection)
    pooler.look(connection, record.info)
    note_unconfirmed(connection, record.info)


def each_by_itself(connection: Connection) -> None:
    """Until it goes back to the pool, let each statement be a transaction of its own: for looking.

    In one transaction they would see what others commit meanwhile as well, and its BEGIN and COMMIT
    cost as much as the two questions of most. On SQLite it is so unless we say BEGIN.
    """
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        driver.autocommit = True


def _rest(connection: psycopg.Connection[Any] | None, record: Any) -> None:
    record.info[_RESTS_SINCE] = time.monotonic()
    if connection is not None and connection.autocommit and not connection.closed:
        connection.autocommit = False


def _look_whether_alive(connection: psycopg.Connection[Any], record: Any, _proxy: Any) -> None:
    if time.monotonic() - record.info.pop(_RESTS_SINCE, time.monotonic()) < RESTED_S:
        return
    try:
        connection.autocommit = True
        connection.execute("SELECT 1")
        connection.autocommit = False
    except psycopg.Error as error:  # then none of them is of any use
        raise InvalidatePoolError from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # No transaction unless we say BEGIN: the driver's own would begin too late to be IMMEDIATE.
    connection.isolation_level = None
    for pragma in _SQLITE:
        connection.execute(pragma)


def _notice_demotion(context: Any) -> None:
    if getattr(context.original_exception, "sqlstate", None) in _GONE:
        context.is_disconnect = True
