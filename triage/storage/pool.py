"""The connections of one process to PostgreSQL, which make do with each other when the server has
no further one to give."""

from typing import Any

import psycopg
from sqlalchemy import QueuePool
from sqlalchemy.util.queue import Empty

_IS_FULL = ("too many clients", "remaining connection slots", "too many connections")
"""How PostgreSQL says so: of all, of all but a superuser's, of one role or database. A connection
that never was has no SQLSTATE."""


class MakeDoPool(QueuePool):
    """Where other clients hold all that is left of max_connections, whoever needs a further one
    waits for one of ours that is in use, as if the pool had its full number."""

    def _do_get(self) -> Any:
        try:
            return super()._do_get()
        except psycopg.OperationalError as error:
            # With none in use none will come back: better told at once.
            if not _says_full(error) or self.checkedout() <= 0:
                raise
            try:
                return self._pool.get(True, self._timeout)
            except Empty:
                raise error from None


def _says_full(error: Exception) -> bool:
    return any(words in str(error) for words in _IS_FULL)
