"""A server that follows the one we write to and is only read, for figures.

What it says may be old, so nothing that decides is given it: what it hands out is no unit of work.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.orm import Session

from triage.storage.engine import reading_arguments
from triage.storage.silent_servers import watch

AT_ONCE = 2
"""Connections of one process: whoever reads figures can wait for each other."""
WAITS_S = 2
_FOLLOWS = text("SELECT pg_is_in_recovery()")
_BEHIND = text(
    "SELECT extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float"
)
"""Since the last commit that it knows of; a worker that runs commits each second."""


class StandbyAway(Exception):
    """It does not answer, is no standby any more, or has other tables."""


@dataclass(frozen=True)
class StandbyReading:
    """behind_s -- how old what is read may be; None: it cannot tell."""

    session: Session
    behind_s: float | None


class Standby:
    def __init__(self, url: str) -> None:
        self.engine = create_engine(
            url,
            hide_parameters=True,
            pool_size=AT_ONCE,
            max_overflow=0,
            pool_timeout=WAITS_S,
            pool_pre_ping=True,
            connect_args=reading_arguments(make_url(url)),
        )
        event.listen(self.engine, "connect", lambda connection, _: watch(connection))

    @contextmanager
    def reading(self) -> Iterator[StandbyReading]:
        """Raises StandbyAway."""
        try:
            with Session(self._following(), autoflush=False) as session:
                behind_s = session.scalar(_BEHIND)
                yield StandbyReading(session, behind_s and max(0.0, behind_s))
        except (DBAPIError, TimeoutError) as error:
            raise StandbyAway from error

    def _following(self) -> Engine:
        """Of one that has taken over since we connected nothing is read: another is looked for."""
        with self.engine.connect() as connection:
            follows = connection.scalar(_FOLLOWS)
        if not follows:
            self.engine.dispose()
        return self.engine
