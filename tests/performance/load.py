"""`make bench-load`: everything at once, on one machine.

    python -m tests.performance.load [--rates RATE ...] [--seconds 30] [--rounds 5] [--on DATABASE]

For each round and rate a fresh centre: web processes, a worker, 200 open boards, a carrier that
takes 50 ms for each text, and dispatchers who send calls by the form at a steady rate, each at its
own instant whether the one before has been answered or not. What an answer took is counted from
that instant, so whoever cannot keep up is seen. At the end each call that was answered is looked
for in the database, and each page with the carrier. Exits with 1 where one was refused or lost.
Load goes to loopback only. ARGS="--rates 20 --seconds 5 --rounds 1 --on sqlite" tries it small.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from sqlalchemy import select

from tests.faults.workers import ALONE
from tests.performance.board import sessions, watching
from tests.performance.cpu import used_s
from tests.performance.engine.machine import machine
from tests.performance.engine.spread import Spread, quantile
from tests.performance.intake.clients import Signed, send_call, signed
from tests.performance.paging.stage import DATABASES, Stage, server_of, stage
from tests.performance.samples import keep
from tests.servers import PostgresServer
from triage.domain.lifecycle import MessageState
from triage.storage.calls import Call
from triage.storage.messages import Message

RATES = (100, 200, 400)
GOALS_MS = {"postgresql": {100: 25, 200: 60}, "sqlite": {200: 60}}
"""99 of 100 answers within so many; at other rates nothing may be refused."""
BOARDS = 200
CARRIER_S = 0.05
DISPATCHERS = 64
PROCESSES = 3
TEAMS = 20
WARM_UP_S = 3
RESTS_S = 3
"""A connection that was not used for longer is opened anew, as browsers do: after 5 s the server
closes it, and a call that was on its way then would count as lost."""
MOST_CALLS = 100_000
"""Of one round: no mistyped figure fills a disk."""
PATIENCE_S = 120
LEFT = (MessageState.SENT, MessageState.DELIVERED)


@dataclass
class Measured:
    """One round at one rate."""

    database: str
    rate: int
    calls: int
    failed: dict[str, int]
    """By status; 0 where the line broke."""
    lost: int
    """Answered, and not in the database."""
    pages_lost: int
    """Owed, and not with the carrier."""
    boards: int
    """Open all the time."""
    cores: dict[str, float]
    took_s: list[float]
    """From the instant at which each was to be sent to the answer's end."""
    paged_s: list[float] = field(default_factory=list)
    """From the call's transaction until the carrier was asked, its own time left out."""


def main(arguments: list[str]) -> int:
    asked = _options(arguments)
    before = machine(("flask", "gunicorn", "sqlalchemy", "psycopg"))
    found: list[Measured] = []
    for database in [asked.on] if asked.on else DATABASES:
        with server_of(database) as server:
            for number in range(asked.rounds):
                for rate in asked.rates:
                    with stage(server, f"load{number}_{rate}") as built:
                        found.append(_measure(database, server, built, rate, asked.seconds))
                    print(_line([found[-1]]), flush=True)
    return _report(before, found)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rates", type=int, nargs="+", default=RATES)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--on", choices=DATABASES)
    asked = parser.parse_args(arguments)
    if max(asked.rates) * asked.seconds > MOST_CALLS:
        parser.error(f"at most {MOST_CALLS:,} calls a round: fewer seconds or a lower rate")
    return asked


def _measure(
    database: str, server: PostgresServer | None, built: Stage, rate: int, seconds: int
) -> Measured:
    for number in range(TEAMS):
        built.world.team(f"MCT {number}", calls_at_once=100_000)
    built.twilio.behave("ok", delay_s=CARRIER_S)
    url = built.serve(PROCESSES)
    worker = built.work(ALONE)
    who = [signed(url, f"triage={token}") for token in sessions(built.world, DISPATCHERS)]
    pids = {"web": [process.pid for process in built.web], "worker": [worker.pid]}
    if server and server.process:
        pids["database"] = [server.process.pid]
    with watching(url, sessions(built.world, BOARDS), "events") as ears:
        _send_at(url, who, rate, WARM_UP_S)
        before = {name: used_s(theirs) for name, theirs in pids.items()}
        began = time.monotonic()
        answers = _send_at(url, who, rate, seconds)
        passed_s = time.monotonic() - began
        cores = {name: (used_s(theirs) - before[name]) / passed_s for name, theirs in pids.items()}
        ears.send("forget")
        boards = ears.recv()
    taken = [one for one in answers if 200 <= one.status < 400]
    lost = len({one.call for one in taken} - _calls(built)) + _called_alike(taken)
    pages_lost, paged_s = _paged(built)
    failed = Counter(str(one.status) for one in answers if not 200 <= one.status < 400)
    times_s = [one.took_s for one in taken]
    return Measured(
        database,
        rate,
        len(answers),
        dict(failed),
        lost,
        pages_lost,
        boards,
        cores,
        times_s,
        paged_s,
    )


@dataclass(frozen=True)
class Answered:
    status: int
    """0 where the line broke."""
    call: str
    """The reference that the answer led to."""
    took_s: float


def _send_at(url: str, who: Sequence[Signed], rate: int, seconds: int) -> list[Answered]:
    """In a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_send_all, (url, who, rate, seconds))


def _send_all(url: str, who: Sequence[Signed], rate: int, seconds: int) -> list[Answered]:
    turns, found = iter(range(rate * seconds)), list[Answered]()
    began = time.monotonic() + 0.2

    def dispatcher(signed: Signed) -> None:
        web = HTTPConnection(urlsplit(url).netloc, timeout=30)
        last = time.monotonic()
        for number in turns:
            due = began + number / rate
            time.sleep(max(0.0, due - time.monotonic()))
            if time.monotonic() - last > RESTS_S:
                web.close()
            last = time.monotonic()
            try:
                status, place = send_call(web, signed)
            except (OSError, HTTPException):
                status, place = 0, ""
                web.close()
            call = place.rpartition("/")[2]
            found.append(Answered(status, call, time.monotonic() - due))

    threads = [threading.Thread(target=dispatcher, args=[one]) for one in who]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def _calls(built: Stage) -> set[str]:
    with built.world.context.reading() as uow:
        return set(uow.session.scalars(select(Call.reference)))


def _called_alike(taken: Sequence[Answered]) -> int:
    """Answers that led to the same call: each was another."""
    return len(taken) - len({one.call for one in taken})


def _paged(built: Stage) -> tuple[int, list[float]]:
    """How many first pages the carrier does not have in the end, and how late it had the others."""
    first = (Message.kind == "page", Message.dedupe_key.endswith(":0"))
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with built.world.context.reading() as uow:
            waiting = select(Message.id).where(*first, Message.state.not_in(LEFT)).limit(1)
            if uow.session.scalar(waiting) is None:
                break
        time.sleep(0.5)
    wall = time.time() - time.monotonic()
    at = {text["sid"]: text["taken_at"] + wall - CARRIER_S for text in built.twilio.texts}
    with built.world.context.reading() as uow:
        owed = uow.session.execute(select(Message.provider_id, Message.created_at).where(*first))
        late = [at[key] - since.timestamp() if key in at else None for key, since in owed]
    return late.count(None), [one for one in late if one is not None]


def _report(before: dict[str, object], found: list[Measured]) -> int:
    print("\n" + json.dumps(before))
    print(
        "| database | calls/s | answered, p50 ms | p99 ms | goal | paged after, p50 ms | p99 ms |"
        " cores of web | worker | database | failed | calls lost | pages lost | boards |"
    )
    print("| --- " * 14 + "|")
    for database, rate in dict.fromkeys((one.database, one.rate) for one in found):
        print(_line([m for m in found if (m.database, m.rate) == (database, rate)]))
    print(f"raw samples: {keep('load', before, found)}")
    return 1 if any(m.failed or m.lost or m.pages_lost for m in found) else 0


def _line(rounds: list[Measured]) -> str:
    one = rounds[0]
    goal = GOALS_MS[one.database].get(one.rate)
    cells = [one.database, str(one.rate)]
    cells += [_spread(rounds, "took_s", share) for share in (0.5, 0.99)]
    cells.append(f"{goal}" if goal else "none refused")
    cells += [_spread(rounds, "paged_s", share) for share in (0.5, 0.99)]
    for name in ("web", "worker", "database"):
        cells.append(Spread.of(m.cores.get(name, 0.0) for m in rounds).said())
    failed = sum((Counter(m.failed) for m in rounds), Counter[str]())
    cells.append(", ".join(f"{times} of {status}" for status, times in failed.items()) or "0")
    for counted in ("lost", "pages_lost"):
        cells.append(str(sum(getattr(m, counted) for m in rounds)))
    cells.append(str(min(m.boards for m in rounds)))
    return f"| {' | '.join(cells)} |"


def _spread(rounds: list[Measured], samples: str, share: float) -> str:
    each = [getattr(m, samples) for m in rounds]
    return (
        Spread.of(1000 * quantile(one, share) for one in each if one).said() if any(each) else "-"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
