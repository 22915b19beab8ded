"""`make bench-start`: how soon `triage serve` and `triage worker` are ready, and what they weigh.

    python -m tests.performance.start [--rounds 5] [--on DATABASE]

Each round starts the two commands on a database with the shipped rules, counts the time until the
first answer of /livez, and until the worker says that it runs; weighs every process then, and
again after some hundred calls. Prints a Markdown table; samples stand in var/bench/start.json.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.workers import ALONE
from tests.performance.board import sessions
from tests.performance.cpu import family
from tests.performance.engine.machine import machine
from tests.performance.engine.spread import Spread
from tests.performance.intake.clients import send_calls, signed
from tests.performance.paging.stage import DATABASES, server_of, stage
from tests.performance.samples import keep
from tests.servers import PostgresServer

GOAL_S, GOAL_MB = 2.0, 150.0
CALLS = 300


@dataclass(frozen=True)
class Started:
    """One round. Megabytes are of the heaviest process of its kind, all that it holds, shared
    pages included."""

    database: str
    web_s: float
    worker_s: float
    web_mb: float
    web_after_calls_mb: float
    worker_mb: float
    worker_after_calls_mb: float


def main(arguments: list[str]) -> int:
    asked = _options(arguments)
    before = machine(("flask", "gunicorn", "sqlalchemy", "psycopg"))
    found: list[Started] = []
    for database in [asked.on] if asked.on else DATABASES:
        with server_of(database) as server:
            found += [_round(database, server, number) for number in range(asked.rounds)]
    return _report(before, found)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--on", choices=DATABASES)
    return parser.parse_args(arguments)


def _round(database: str, server: PostgresServer | None, number: int) -> Started:
    with stage(server, f"start{number}") as built:
        built.world.team("MCT 1", calls_at_once=9999)
        began = time.monotonic()
        url = built.serve()
        web_s = time.monotonic() - began
        began = time.monotonic()
        worker = built.work(ALONE)
        worker_s = time.monotonic() - began
        web_mb, worker_mb = _heaviest_mb([one.pid for one in built.web]), _heaviest_mb([worker.pid])
        who = [signed(url, f"triage={token}") for token in sessions(built.world, 8)]
        send_calls(url, who, CALLS)
        after = _heaviest_mb([one.pid for one in built.web]), _heaviest_mb([worker.pid])
        return Started(database, web_s, worker_s, web_mb, after[0], worker_mb, after[1])


def _heaviest_mb(pids: list[int]) -> float:
    return max(_held_mb(pid) for pid in family(pids))


def _held_mb(pid: int) -> float:
    held = re.search(
        r"^Rss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE
    )
    assert held is not None
    return int(held.group(1)) / 1024


def _report(before: dict[str, object], found: list[Started]) -> int:
    print(json.dumps(before))
    print("| database | what | goal | measured | reached |\n| --- | --- | --- | --- | --- |")
    reached = [_row(*row) for row in _rows(found)]
    print(f"raw samples: {keep('start', before, found)}")
    return 0 if all(reached) else 1


def _rows(found: list[Started]) -> Iterator[tuple[str, str, float, Spread]]:
    for database in dict.fromkeys(one.database for one in found):
        rounds = [one for one in found if one.database == database]
        for what, goal, name in (
            ("`triage serve` ready, s", GOAL_S, "web_s"),
            ("`triage worker` at work, s", GOAL_S, "worker_s"),
            ("web process, MB", GOAL_MB, "web_mb"),
            (f"web process after {CALLS} calls, MB", GOAL_MB, "web_after_calls_mb"),
            ("worker, MB", GOAL_MB, "worker_mb"),
            (f"worker after {CALLS} calls, MB", GOAL_MB, "worker_after_calls_mb"),
        ):
            yield database, what, goal, Spread.of(getattr(one, name) for one in rounds)


def _row(database: str, what: str, goal: float, measured: Spread) -> bool:
    is_reached = measured.middle <= goal
    said = "yes" if is_reached else "**no**"
    print(f"| {database} | {what} | <= {goal:g} | {measured.said()} | {said} |")
    return is_reached


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
