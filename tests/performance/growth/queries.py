"""What the database needs for the queries of a page, by itself: each is asked again, alone."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from tests.performance.growth.asking import Asked
from tests.world import Browser, World
from triage.entrypoints import worker
from triage.services.audits import Surroundings, audit

AGAIN = 5
EXAMPLES = 3
"""Of each page."""
SLOW_MS = 200.0
"""A query that takes longer is not asked again."""
WATCHER, WORKER = "the watcher's round", "the worker's round"


@dataclass(frozen=True)
class Query:
    statement: str
    ms: float


class Asker:
    """The pages of one service in this process, and the queries behind them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._engine = world.context.database.engine
        self._browsers: dict[str, Browser] = {}

    def queries(self, asked: Asked) -> list[Query]:
        """Of the example whose slowest query is the slowest."""
        browser = self._browser(asked.role)
        tries = []
        for number in range(min(EXAMPLES, max(len(asked.paths), len(asked.forms)))):
            path = asked.paths[number % len(asked.paths)]
            form = asked.forms[number % len(asked.forms)] if asked.forms else None
            if form is not None and asked.follows:
                path, form = browser.submit("/past-calls", form, to=path).location, None

            if form is not None:  # the page that it stands on is asked for by itself
                form = form | {"csrf_token": browser.csrf("/intake")}

            def open_it(path: str = path, form: Any = form) -> None:
                client = browser.client
                answer = client.get(path) if form is None else client.post(path, data=form)
                assert answer.status_code < 400, (path, answer.status_code)

            tries.append(self.of(open_it))
        return max(tries, key=slowest_ms)

    def of(self, work: Callable[[], object]) -> list[Query]:
        with _noted(self._engine) as noted:
            work()
        with self._engine.connect() as connection:
            cursor = connection.connection.cursor()
            try:
                return [Query(_short(s), _ms(cursor, s, given)) for s, given in noted]
            finally:
                cursor.close()

    def of_the_watcher(self) -> list[Query]:
        around = Surroundings(simulated=False, demo=True)

        def look() -> None:
            with self._world.context.reading() as uow:
                audit(uow, self._world.centre, around)

        return self.of(look)

    def of_the_worker(self) -> list[Query]:
        def round_() -> None:
            worker.fire_timers(self._world.context)
            worker.send_texts(self._world.context, "growth")

        return self.of(round_)

    def _browser(self, role: str) -> Browser:
        if role not in self._browsers:
            self._browsers[role] = self._world.client(role)
        return self._browsers[role]


def slowest_ms(queries: Sequence[Query]) -> float:
    return max((query.ms for query in queries), default=0.0)


@contextmanager
def _noted(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Every SELECT, once as it was given to the driver."""
    noted: dict[str, tuple[str, Any]] = {}

    def note(_c: Any, _cursor: Any, statement: str, given: Any, _context: Any, many: bool) -> None:
        if statement.lstrip().upper().startswith("SELECT") and not many:
            without_lock = re.sub(r" FOR (NO KEY )?UPDATE.*$", "", statement, flags=re.DOTALL)
            noted.setdefault(statement, (without_lock, given))

    event.listen(engine, "before_cursor_execute", note)
    try:
        found: list[tuple[str, Any]] = []
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)
        found += noted.values()


def _ms(cursor: Any, statement: str, given: Any) -> float:
    """The median of some times, all rows fetched."""
    times: list[float] = []
    while len(times) < AGAIN and not (times and times[0] > SLOW_MS):
        began = time.perf_counter()
        try:
            cursor.execute(statement, given)
            cursor.fetchall()
        except DBAPIError:
            raise
        except Exception as error:  # the service's own limit of time
            if "timeout" not in str(error):
                raise
            cursor.connection.rollback()
        times.append(1000 * (time.perf_counter() - began))
    return median(times)


def _short(statement: str) -> str:
    """From what is asked on: columns say little."""
    return re.sub(
        r"\s+", " ", re.sub(r"^SELECT .*?\sFROM\s", "SELECT ... FROM ", statement, flags=re.DOTALL)
    )
