"""`make bench-growth`: what taking calls and looking back cost as a center's history grows.

    python -m tests.performance.growth [--calls 10000 1000000] [--databases sqlite postgresql]
        [--rounds 5] [--whole 50000] [--keep FOLDER] [--requests 200]

For each size a history is made (history.py), all of them are served at the same time by two web
processes each, and measured in turns, the order changing from round to round: calls sent by four
dispatchers at once, then pages by one person. After each round its calls are closed, so that boards
stay alike. Then the queries behind every page are asked once more, by themselves. Prints Markdown,
also var/bench/growth.md; every sample stands in var/bench/growth.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from tests.performance.board import sessions
from tests.performance.engine.machine import machine
from tests.performance.growth import history
from tests.performance.growth.asking import (
    BOARD,
    INTAKE,
    Asked,
    Examples,
    Web,
    everything,
    send_calls,
    timed,
)
from tests.performance.growth.history import Made
from tests.performance.growth.kept import server_in, with_history
from tests.performance.growth.queries import WATCHER, WORKER, Asker, Query
from tests.performance.growth.report import Measured, Queries, Times, report
from tests.performance.intake.clients import Signed, signed
from tests.performance.paging.stage import DATABASES, Stage
from tests.performance.samples import keep
from tests.typical_calls import UNARMED
from tests.world import World
from triage.services import closing
from triage.storage.calls import Call

FOLDER = Path(__file__).parents[3] / "var" / "bench"
OPEN_CALLS = 40
"""On every board, beside those of the round."""
CLIENTS = 4
QUERY_ROUNDS = 3
"""Rounds in which the queries are asked: alone they vary little."""


@dataclass
class Grown:
    """A served center with a history."""

    built: Stage
    made: Made
    web: Web
    asked: Sequence[Asked]
    examples: Examples
    asker: Asker
    standing: frozenset[object]
    """Calls that stay open."""


def main() -> int:
    asked = _arguments()
    before = machine(("flask", "gunicorn", "sqlalchemy", "psycopg"))
    found = Measured([], [], [])
    for database in asked.databases:
        _measure(database, asked, found, before)
    text, reached = report(found)
    (FOLDER / "growth.md").write_text(text, encoding="utf-8")
    print(json.dumps(before))
    print(text)
    return 0 if reached else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--whole", type=int, default=history.WHOLE)
    parser.add_argument("--keep", type=Path, help="the histories lie there from run to run")
    told = "calls sent, and boards asked for, in a round; of each other page a tenth"
    parser.add_argument("--requests", type=int, default=200, help=told)
    return parser.parse_args()


def _measure(
    database: str, asked: argparse.Namespace, found: Measured, before: dict[str, object]
) -> None:
    with server_in(asked.keep, database) as server, ExitStack() as stack:
        grown = []
        for size in asked.calls:
            built, made = stack.enter_context(with_history(server, asked.keep, size, asked.whole))
            found.histories.append(made.said())
            _say(made.said())
            grown.append(_served(built, made))
        for one in grown:
            _warm_up(one, asked.requests)
        for number in range(asked.rounds):
            for one in grown if number % 2 == 0 else reversed(grown):
                found.times.extend(_timed(database, one, number, asked.requests))
                if number < QUERY_ROUNDS:
                    found.queries.extend(_queries(database, one, number))
            keep("growth", before, [found])  # whoever breaks off has those before
            _say(f"{database}: round {number + 1} of {asked.rounds}")


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _served(built: Stage, made: Made) -> Grown:
    world = built.world
    world.ignores_texts("who is paged is beside the point")
    examples = Examples(world, made)
    _close(world, set(_open(world)))  # of a run before
    for _ in range(OPEN_CALLS):
        world.call(UNARMED, location="Pier 3")
    world.settle()
    url = built.serve(2)
    desk = [signed(url, f"triage={token}") for token in sessions(world, CLIENTS)]
    supervisor = signed(url, f"triage={sessions(world, 1, 'supervisor')[0]}")
    clinician = Signed(f"triage={sessions(world, 1, 'clinician')[0]}", "")
    who = {"dispatcher": desk[0], "supervisor": supervisor, "clinician": clinician}
    pages = everything(world, made)
    return Grown(
        built, made, Web(url, who, desk), pages, examples, Asker(world), frozenset(_open(world))
    )


def _open(world: World) -> Iterator[object]:
    with world.context.reading() as uow:
        yield from uow.session.scalars(select(Call.id).where(Call.state.in_(["open", "asking"])))


def _warm_up(one: Grown, calls: int) -> None:
    send_calls(one.web, [one.examples.form() for _ in range(calls // 4)])
    for asked in one.asked:
        if asked.timed:
            timed(one.web, asked, 4)
    _close(one.built.world, set(_open(one.built.world)) - one.standing)


def _timed(database: str, one: Grown, number: int, calls: int) -> Iterator[Times]:
    forms = [one.examples.form() for _ in range(calls)]
    yield Times(database, one.made.calls, number, INTAKE, send_calls(one.web, forms))
    _close(one.built.world, set(_open(one.built.world)) - one.standing)
    for asked in one.asked:
        if asked.timed:
            times = calls if asked.name == BOARD else calls // 10
            took = timed(one.web, asked, times)
            yield Times(database, one.made.calls, number, asked.name, took)


def _close(world: World, keys: set[object]) -> None:
    """These calls; their texts leave."""
    for key in keys:
        world.context.do(
            "bench",
            lambda uow, key=key: closing.close_call(
                uow, world.centre, uow.get(Call, key), "duplicate", None, agreed=True
            ),
        )
    world.settle()


def _queries(database: str, one: Grown, number: int) -> Iterator[Queries]:
    def told(what: str, queries: Sequence[Query]) -> Queries:
        slowest = max(queries, key=lambda query: query.ms).statement if queries else ""
        times = [query.ms for query in queries] or [0.0]
        return Queries(database, one.made.calls, number, what, times, slowest)

    for asked in one.asked:
        yield told(asked.name, one.asker.queries(asked))
    yield told(WATCHER, one.asker.of_the_watcher())
    yield told(WORKER, one.asker.of_the_worker())


if __name__ == "__main__":
    sys.exit(main())
