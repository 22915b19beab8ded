"""`make bench-intake`: what a call costs to take, beside the least that anybody could do.

    python -m tests.performance.intake [--quick] [--on DATABASE]

In each round a fresh centre is served by two web processes, as is the floor (floor.py): first one,
then the other, the turn changing from round to round. Dispatchers send calls by the form, each
with a session: encryption, audit, idempotency and a commit that reaches the disk included. Cost
is the processor's time of web processes and database for a call, with nothing else running.
Prints a Markdown table; every sample stands in var/bench/intake.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.performance.board import sessions
from tests.performance.cpu import used_s
from tests.performance.engine.machine import machine
from tests.performance.engine.spread import Spread, quantile
from tests.performance.intake import floor
from tests.performance.intake.clients import Sent, Signed, send_calls, signed
from tests.performance.paging.stage import DATABASES, Stage, server_of, stage, wait_until_alive
from tests.performance.samples import keep
from tests.servers import PostgresServer, free_port

GOAL, STRETCH = 4.0, 3.0
CLIENTS = (1, 8, 32)
PROCESSES = 2
TEAMS = 20
WARM_UP = 60


@dataclass(frozen=True)
class Measured:
    """One round of one of the two."""

    database: str
    what: str
    """"service" or "floor"."""
    clients: int
    cpu_ms: float
    """Of web and database, for a call."""
    database_ms: float
    """The part of it that PostgreSQL's processes used."""
    took_s: list[float]
    refused: int


def main(arguments: list[str]) -> int:
    asked = _options(arguments)
    before = machine(("flask", "gunicorn", "sqlalchemy", "psycopg"))
    rounds, calls = (1, 200) if asked.quick else (5, 600)
    found: list[Measured] = []
    for database in [asked.on] if asked.on else DATABASES:
        with server_of(database) as server:
            for number in range(rounds):
                found += _round(database, server, number, calls)
                print(f"{database}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return _report(before, found)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--on", choices=DATABASES)
    return parser.parse_args(arguments)


def _round(
    database: str, server: PostgresServer | None, number: int, calls: int
) -> Iterator[Measured]:
    with stage(server, f"round{number}") as built:
        floor.prepare(built.world.context.settings.database_url)
        turns: list[Callable[[Stage], Iterator[Measured]]] = [
            lambda built: _measure(database, server, "service", built, calls),
            lambda built: _measure(database, server, "floor", built, calls),
        ]
        for turn in turns if number % 2 == 0 else reversed(turns):
            yield from turn(built)


def _measure(
    database: str, server: PostgresServer | None, what: str, built: Stage, calls: int
) -> Iterator[Measured]:
    with _service(built) if what == "service" else _floor(built) as (url, pids, who):
        send_calls(url, who[:8], WARM_UP)
        theirs = [server.process.pid] if server and server.process else []
        for clients in CLIENTS:
            before, of_database = used_s([*pids, *theirs]), used_s(theirs)
            sent = send_calls(url, who[:clients], calls)
            used, by_database = used_s([*pids, *theirs]) - before, used_s(theirs) - of_database
            yield Measured(
                database, what, clients, *_each(sent, used, by_database), sent.took_s, sent.refused
            )


def _each(sent: Sent, *seconds: float) -> list[float]:
    return [1000 * one / len(sent.took_s) for one in seconds]


@contextmanager
def _service(built: Stage) -> Iterator[tuple[str, list[int], list[Signed]]]:
    for number in range(TEAMS):
        built.world.team(f"MCT {number}", calls_at_once=9999)
    url = built.serve(PROCESSES)
    who = [signed(url, f"triage={token}") for token in sessions(built.world, max(CLIENTS))]
    yield url, [process.pid for process in built.web], who
    for process in built.web:  # the floor has the machine for itself
        process.terminate()
        process.wait(15)


@contextmanager
def _floor(built: Stage) -> Iterator[tuple[str, list[int], list[Signed]]]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tests.performance.intake.floor"]
    command += [built.world.context.settings.database_url, str(port), str(PROCESSES)]
    process = subprocess.Popen(command)
    try:
        wait_until_alive(url)
        yield url, [process.pid], [Signed("none", "none")] * max(CLIENTS)
    finally:
        process.terminate()
        process.wait(15)


def _report(before: dict[str, object], found: list[Measured]) -> int:
    print(json.dumps(before))
    print(
        "| database | clients | floor, ms of processor | service | of it PostgreSQL's | ratio |"
        " service, p50 ms | p99 ms | floor, p50 ms | p99 ms |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    reached = True
    for database in dict.fromkeys(one.database for one in found):
        for clients in CLIENTS:
            both = [
                [m for m in found if (m.database, m.clients, m.what) == (database, clients, what)]
                for what in ("floor", "service")
            ]
            ratio = Spread.of(s.cpu_ms / f.cpu_ms for f, s in zip(*both, strict=True))
            reached = reached and ratio.middle <= GOAL
            print(f"| {database} | {clients} | {_costs(both)} | {ratio.said()} | {_times(both)} |")
    refused = sum(one.refused for one in found)
    print(f"Goal {GOAL}, stretch {STRETCH}; refused: {refused}")
    print(f"raw samples: {keep('intake', before, found)}")
    return 0 if reached and not refused else 1


def _costs(both: list[list[Measured]]) -> str:
    floor_, service = both
    figures = [
        [m.cpu_ms for m in floor_],
        [m.cpu_ms for m in service],
        [m.database_ms for m in service],
    ]
    return " | ".join(Spread.of(each).said() for each in figures)


def _times(both: list[list[Measured]]) -> str:
    return " | ".join(
        Spread.of(1000 * quantile(m.took_s, share) for m in each).said()
        for each in reversed(both)
        for share in (0.5, 0.99)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
