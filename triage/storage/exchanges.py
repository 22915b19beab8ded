"""Many statements in one exchange with PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection


@contextmanager
def in_one_exchange(connection: Connection) -> Iterator[None]:
    """Send what is done within without waiting for what comes of each, and wait for all at the end.

    Who asks within waits for all that was sent before; nothing else may look at what came of it,
    not even at how many rows there were: so new rows, and changes that nobody could have met.
    SQLite is no further away than a function call.
    Raises what SQLAlchemy would, without naming the statement.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    driver: Any = connection.connection.driver_connection
    try:
        with driver.pipeline():
            yield
    except psycopg.Error as error:
        # As after each single statement: whether the server is of no more use is found out, too.
        connection._handle_dbapi_exception(error, None, None, None, None)
