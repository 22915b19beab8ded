"""Many statements in one exchange with PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError


@contextmanager
def in_one_exchange(connection: Connection) -> Iterator[None]:
    """Send what is done within without waiting for what comes of each, and wait for all at the end.

    Nothing within may look at what came of it, not even at how many rows there were: so new rows,
    and changes that nobody could have met. SQLite is no further away than a function call.
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
        gone = driver.broken or driver.closed
        if gone:
            connection.invalidate(error)
        raise DBAPIError.instance(
            None,
            None,
            error,
            psycopg.Error,
            hide_parameters=True,
            connection_invalidated=gone,
            dialect=connection.dialect,
        ) from error
