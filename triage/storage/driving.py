"""Statements that stand in the driver's own words, handed to the driver.

SQLAlchemy's way to do so makes a context and a result of each, which took longer than what the
driver does with it, and a call has two dozen.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection


def drive(connection: Connection, text: str, given: Any = (), *, many: bool = False) -> None:
    """Have it done; many -- once for each of what is given. Raises what SQLAlchemy would, and
    whoever listens to its statements hears of this one, too."""
    cursor, dialect = _begun(connection, text, given, many), connection.dialect
    try:
        (dialect.do_executemany if many else dialect.do_execute)(cursor, text, given)
    except Exception as error:
        connection._handle_dbapi_exception(error, text, given, cursor, None)


def ask(connection: Connection, text: str, given: Any = ()) -> Sequence[tuple[Any, ...]]:
    """Likewise; the rows that it finds, as the driver has them."""
    cursor = _begun(connection, text, given, False)
    try:
        connection.dialect.do_execute(cursor, text, given)
        found: Sequence[tuple[Any, ...]] = cursor.fetchall()
    except Exception as error:
        connection._handle_dbapi_exception(error, text, given, cursor, None)
    return found


def _begun(connection: Connection, text: str, given: Any, many: bool) -> Any:
    driver: Any = connection.connection.driver_connection
    cursor = driver.cursor()
    if listeners := connection.engine.dispatch.before_cursor_execute:
        listeners(connection, cursor, text, given, None, many)
    return cursor
