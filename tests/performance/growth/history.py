"""Ten years of closed calls, written into a database that has none.

    python -m tests.performance.growth.history URL CALLS [--whole CALLS] [--seed SEED]

Some calls are taken through the service (moulds.py); copies of them (copies.py), each with keys,
times, people and places of its own (population.py), are written in bulk, without indexes and
foreign keys on the way. The newest calls, as many as `--whole` says, are whole; older ones are what
a purge would leave of them: no texts, steps, decisions and audit trail, nothing sealed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, cast

import psycopg
from sqlalchemy import make_url

from tests.performance.growth import moulds
from tests.performance.growth.copies import Copier, Dialect, Line, columns_of
from tests.performance.growth.moulds import TIMES, Mould
from tests.performance.growth.population import Population, Ring
from tests.world import World, environment
from triage.domain.gazetteer import Gazetteer
from triage.domain.new_codes import codes
from triage.settings import read_settings
from triage.storage.sealed import use_keys

BLOCK = 400
"""Calls that are made at once."""
WHOLE = 50_000
"""Calls that are whole: each takes 70 rows and 37 kB, half of them words that are sealed."""
COMMIT_EVERY = 40
"""Blocks."""
MOST_CODES = 200_000
"""That are given out in turn; there are about 250,000."""
REST_DAYS = 4
"""Before now there are no calls: what was promised afterwards is behind all of them."""
TELL_EVERY_S = 5.0
Rows = dict[str, Any]
"""By table: the text of a COPY, or rows."""


@dataclass
class Made:
    """What was written."""

    database: str
    calls: int
    rows: int
    bytes: int
    """Of the whole database with its indexes, less what it had before."""
    seconds: float
    indexing_s: float
    whole: int
    shares: Sequence[float]
    """Of the moulds."""
    seed: int
    ends_at: datetime

    def population(self, gazetteer: Gazetteer) -> Population:
        """Whose calls they are."""
        return Population(self.calls, self.ends_at, gazetteer, self.shares, self.seed)

    def said(self) -> str:
        older = (
            f"; older than the newest {self.whole:,}: as purged" if self.whole < self.calls else ""
        )
        return (
            f"{self.database}: {self.calls:,} calls in {self.seconds:,.0f} s"
            f" ({self.calls / self.seconds:,.0f} a second; {self.indexing_s:,.0f} s more for the"
            f" indexes), {self.rows / self.calls:.1f} rows and {self.bytes / self.calls:,.0f} bytes"
            f" a call{older}"
        )


def write(
    world: World,
    calls: int,
    *,
    whole: int = WHOLE,
    seed: int = 1,
    processes: int = 2,
    times: int = TIMES,
) -> Made:
    """Fill the database of this world, which has had no calls. times -- see `moulds.take`."""
    taken = moulds.take(world, times)
    with world.context.reading() as uow:
        ends_at = uow.now - timedelta(days=REST_DAYS)
    shares = [mould.share for mould in taken]
    population = Population(calls, ends_at, world.centre.gazetteer, shares, seed)
    engine = world.context.database.engine
    url, name = engine.url.render_as_string(hide_password=False), engine.dialect.name
    engine.dispose()
    whole = min(whole, calls)
    making = Making(taken, name, calls, calls - whole, seed)
    blocks = (population.rings(n, min(n + BLOCK, calls)) for n in range(0, calls, BLOCK))
    kind = _Postgres if name == "postgresql" else _Sqlite
    began, rows = time.monotonic(), 0
    with kind(url) as database:
        before = database.size()
        with database.without_indexes() as indexing, _made(making, blocks, processes) as made:
            for number, (count, block) in enumerate(made, 1):
                rows += count
                database.write(block)
                if number % COMMIT_EVERY == 0:
                    database.commit()
                _tell(name, min(number * BLOCK, calls), calls, began)
            database.commit()
            took = time.monotonic() - began
        size = database.size() - before
    return Made(name, calls, rows, size, took, indexing[0], whole, shares, seed, ends_at)


_told = [0.0]


def _tell(name: str, done: int, calls: int, began: float) -> None:
    now = time.monotonic()
    if now - _told[0] >= TELL_EVERY_S or (done == calls and calls > BLOCK):
        _told[0] = now
        rate = done / (now - began)
        left = f", {(calls - done) / rate / 60:.0f} min left" if done < calls else ""
        said = f"{name}: {done:,} of {calls:,} calls, {rate:,.0f} a second{left}"
        print(said, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Making:
    """What a process needs to make calls."""

    moulds: Sequence[Mould]
    database: str
    calls: int
    whole_from: int
    seed: int

    def maker(self) -> Callable[[Sequence[Ring]], tuple[int, Rows]]:
        dialect, random = Dialect(self.database), Random(self.seed)
        given = list(dict.fromkeys(islice(codes(random), min(self.calls * 2, MOST_CODES))))
        copiers = [Copier(mould, dialect, given) for mould in self.moulds]

        def make(block: Sequence[Ring]) -> tuple[int, Rows]:
            chance = Random(self.seed * 1_000_003 + block[0].number)
            by_table: dict[str, list[Line | str]] = {}
            for ring in block:
                copier, whole = copiers[ring.mould], ring.number >= self.whole_from
                for number, row in copier.copy(ring, chance, whole):
                    by_table.setdefault(copier.tables[number], []).append(row)
            count = sum(map(len, by_table.values()))
            if dialect.is_copy:
                return count, {name: "".join(map(str, rows)) for name, rows in by_table.items()}
            return count, by_table

        return make


_maker: list[Callable[[Sequence[Ring]], tuple[int, Rows]]] = []


def _begin(making: Making) -> None:
    use_keys(read_settings(environment("sqlite://", Path("nowhere"))).keys)
    _maker[:] = [making.maker()]


def _make(block: Sequence[Ring]) -> tuple[int, Rows]:
    return _maker[0](block)


@contextmanager
def _made(
    making: Making, blocks: Iterator[Sequence[Ring]], processes: int
) -> Iterator[Iterator[tuple[int, Rows]]]:
    """In this process where `processes` is 0."""
    if not processes:
        yield map(making.maker(), blocks)
        return
    with multiprocessing.get_context("spawn").Pool(processes, _begin, [making]) as pool:
        yield _few_ahead(pool, blocks, processes)


def _few_ahead(
    pool: Any, blocks: Iterator[Sequence[Ring]], processes: int
) -> Iterator[tuple[int, Rows]]:
    """In order, and no more of them ready than can be written soon."""
    waiting = [pool.apply_async(_make, [block]) for block in islice(blocks, 2 * processes)]
    while waiting:
        yield waiting.pop(0).get()
        waiting += [pool.apply_async(_make, [block]) for block in islice(blocks, 1)]


def _columns(table: str) -> str:
    return ", ".join(f'"{column.name}"' for column in columns_of(table))


@contextmanager
def _dropped(run: Callable[[str], Any], indexes: Sequence[Any]) -> Iterator[list[float]]:
    """Without these indexes, names and statements; how many seconds making them anew has taken."""
    for name, _ in indexes:
        run(f"DROP INDEX {name}")
    took = [0.0]
    yield took
    began = time.monotonic()
    for _, definition in indexes:
        run(definition)
    took[0] = time.monotonic() - began


class _Postgres:
    def __init__(self, url: str) -> None:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(plain)

    def __enter__(self) -> _Postgres:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def size(self) -> int:
        (size,) = self._connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(size)

    @contextmanager
    def without_indexes(self) -> Iterator[list[float]]:
        """Those that keep nothing unique; foreign keys are not looked after either."""
        run = cast("Callable[[str], Any]", self._connection.execute)
        run("SET session_replication_role = replica")
        run("SET synchronous_commit = off")
        found = run(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
            " JOIN pg_class ON pg_class.oid = indrelid"
            " JOIN pg_namespace ON pg_namespace.oid = relnamespace"
            " WHERE nspname = 'public' AND NOT indisunique"
        ).fetchall()
        run("SET maintenance_work_mem = '256MB'")
        with _dropped(run, found) as took:
            yield took
        self.commit()
        self._connection.autocommit = True
        run("VACUUM ANALYZE")  # as autovacuum would have, long ago
        run("CHECKPOINT")

    def write(self, block: Rows) -> None:
        with self._connection.cursor() as cursor:
            for table, text in block.items():
                with cursor.copy(f'COPY "{table}" ({_columns(table)}) FROM STDIN') as copy:
                    copy.write(text)

    def commit(self) -> None:
        self._connection.commit()


class _Sqlite:
    def __init__(self, url: str) -> None:
        self._file = Path(str(make_url(url).database))
        self._connection = sqlite3.connect(self._file)

    def __enter__(self) -> _Sqlite:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def size(self) -> int:
        return self._file.stat().st_size

    @contextmanager
    def without_indexes(self) -> Iterator[list[float]]:
        run = self._connection.execute
        for pragma in (
            "journal_mode=OFF",
            "synchronous=OFF",
            "foreign_keys=OFF",
            "cache_size=-256000",
        ):
            run(f"PRAGMA {pragma}").fetchall()
        found = run(
            "SELECT name, sql FROM sqlite_master"
            " WHERE type = 'index' AND sql IS NOT NULL AND sql NOT LIKE 'CREATE UNIQUE%'"
        ).fetchall()
        with _dropped(run, found) as took:
            yield took
        self.commit()
        run("PRAGMA journal_mode=WAL").fetchall()

    def write(self, block: Rows) -> None:
        for table, rows in block.items():
            marks = ", ".join("?" * len(rows[0]))
            insert = f'INSERT INTO "{table}" ({_columns(table)}) VALUES ({marks})'
            self._connection.executemany(insert, rows)

    def commit(self) -> None:
        self._connection.commit()


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("url")
    parser.add_argument("calls", type=int)
    parser.add_argument("--whole", type=int, default=WHOLE)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = World.open(asked.url, Path(folder))
        made = write(world, asked.calls, whole=asked.whole, seed=asked.seed)
        world.close()
    print(made.said())
    return 0


if __name__ == "__main__":
    sys.exit(main())
