"""`make bench-paging`: how soon pages leave, in a storm too, after silence and when a worker dies.

    python -m tests.performance.paging [--quick] [--only PART] [--on DATABASE]

PART -- latency, storm, silences or deaths.

Real web and worker processes against the double of Twilio, on SQLite and on PostgreSQL whose
commits reach the disk. Prints a Markdown table, which is also var/bench/paging.md; every sample
stands in var/bench/paging.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.performance.engine.machine import machine
from tests.performance.paging import deaths, latency, silences, storm
from tests.performance.paging.deaths import Deaths
from tests.performance.paging.report import NAMES, Measured, goals, report
from tests.performance.paging.stage import DATABASES, Stage, server_of, stage
from tests.servers import PostgresServer

FOLDER = Path(__file__).parents[3] / "var" / "bench"
LIBRARIES = ("sqlalchemy", "psycopg", "apscheduler", "twilio", "gunicorn")
RATE = 200
SILENCES_A_SECOND = 5


@dataclass(frozen=True)
class Effort:
    texts: int
    calls: int
    within_s: float
    queued: int
    silences: int
    rounds: int


FULL = Effort(texts=6000, calls=1000, within_s=60, queued=10_000, silences=600, rounds=5)
QUICK = Effort(texts=1000, calls=150, within_s=9, queued=1_500, silences=50, rounds=1)


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    effort = QUICK if options.quick else FULL
    measured = Measured(machine(LIBRARIES), {}, {}, {}, {})
    for database in [options.on] if options.on else DATABASES:
        with server_of(database) as server:
            _measure(measured, database, server, effort, options.only)
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = report(measured)
    (FOLDER / "paging.md").write_text(text, encoding="utf-8")
    (FOLDER / "paging.json").write_text(json.dumps(asdict(measured), indent=1), encoding="utf-8")
    print(text)
    return 0 if all(goal.reached for name in NAMES for goal in goals(measured, name)) else 1


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-paging")
    parser.add_argument("--quick", action="store_true", help="two minutes, fewer of everything")
    parser.add_argument("--only", choices=("latency", "storm", "silences", "deaths"))
    parser.add_argument("--on", choices=DATABASES)
    return parser.parse_args(arguments)


def _measure(
    measured: Measured,
    database: str,
    server: PostgresServer | None,
    effort: Effort,
    only: str | None,
) -> None:
    if only in (None, "latency"):
        _say(f"{NAMES[database]}: {effort.texts} texts at {RATE} a second")
        with stage(server, "latency") as made:
            measured.latency[database] = latency.measure(made, RATE, effort.texts)
    if only in (None, "storm"):
        _say(f"{NAMES[database]}: {effort.calls} calls in {effort.within_s:g} s")
        with stage(server, "storm") as made:
            found = storm.measure(made, effort.calls, effort.within_s, effort.queued)
            measured.storm[database] = found
    if only in (None, "silences"):
        _say(f"{NAMES[database]}: {effort.silences} pages that nobody answers")
        with stage(server, "silences") as made:
            within_s = effort.silences / SILENCES_A_SECOND
            measured.silences[database] = silences.measure(made, effort.silences, within_s)
    if only in (None, "deaths"):
        measured.deaths[database] = _deaths(database, server, effort.rounds)


def _deaths(database: str, server: PostgresServer | None, rounds: int) -> Deaths:
    kinds: dict[str, Callable[[Stage], float]] = {
        "worker_killed": deaths.worker_killed,
        "clock_killed": deaths.clock_killed,
        "clock_hung": deaths.clock_hung,
    }
    found: dict[str, list[float]] = {}
    for kind, happens in kinds.items():
        _say(f"{NAMES[database]}: {kind.replace('_', ' ')}, {rounds} times")
        for number in range(rounds):
            with stage(server, f"{kind}_{number}") as made:
                found.setdefault(f"{kind}_s", []).append(happens(made))
    return Deaths(**found)


def _say(what: str) -> None:
    print(f"{what} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
