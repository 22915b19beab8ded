"""What open boards cost and how soon they show a change: `make bench-board`.

Serves an invented centre with CALLS open calls by two web processes, opens WATCHERS boards on
loopback, each with a session of its own, and changes one call after the other. Prints, for each
database, way and rate, the share of one core that the web processes took and the time from the
commit to the arrival at each board; keeps the raw samples. ARGS="--watchers 50 --seconds 5
--databases sqlite" tries it small.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import re
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

from tests.performance.cpu import used_s
from tests.performance.engine.machine import machine
from tests.performance.engine.spread import quantile
from tests.performance.paging.stage import DATABASES, Stage, server_of, stage
from tests.performance.samples import keep
from tests.world import World
from triage.services import people
from triage.storage.calls import Call
from triage.storage.people import SignIn

CALLS = 30
RATES = (0, 1, 5)
"""Changes a second; none tells what idle boards cost."""
WAYS = ("events", "polling")
SETTLE_S = 3.0
POLL_S = 1.0
CALM = {"problem_type": "mental_health_crisis", "consciousness": "alert"}
_PLACE = re.compile(rb"Place (\d+)")


@dataclass
class Measured:
    database: str
    way: str
    watchers: int
    rate: int
    core_share: float
    """Of one core, all web processes together."""
    arrivals_s: list[float] = field(default_factory=list)
    """From the end of the commit, one for each change and board."""
    expected: int = 0

    def line(self) -> str:
        times = sorted(self.arrivals_s)
        p50, p99 = (f"{quantile(times, q) * 1000:.0f}" if times else "-" for q in (0.5, 0.99))
        seen = f"{len(times)} of {self.expected}"
        return (
            f"| {self.database} | {self.way} | {self.watchers} | {self.rate} |"
            f" {self.core_share * 100:.1f} % | {p50} | {p99} | {seen} |"
        )


def main() -> int:
    asked = _arguments()
    before, found = machine(("flask", "gunicorn", "sqlalchemy", "psycopg")), []
    for database in asked.databases:
        with server_of(database) as server, stage(server, "board") as built:
            url, tokens = built.serve(), sessions(built.world, asked.watchers)
            calls = [built.world.call(CALM, location=f"Pier {n}") for n in range(CALLS)]
            for way in asked.ways:
                with watching(url, tokens, way) as ears:
                    for rate in RATES:
                        one = _measure(built, ears, calls, rate, asked.seconds)
                        found.append(Measured(database, way, asked.watchers, rate, *one))
                        print(found[-1].line(), flush=True)
    _report(before, found)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watchers", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--databases", nargs="+", choices=DATABASES, default=DATABASES)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    return parser.parse_args()


def sessions(world: World, count: int, role: str = "dispatcher") -> list[str]:
    """Tokens of as many people of this role; signing each in would take a password's time."""
    tokens = [secrets.token_urlsafe(32) for _ in range(count)]
    username = world.account(role)
    with world.context.unit_of_work("bench") as uow:
        account = people.find_account(uow, username)
        assert account is not None
        for token in tokens:
            until = uow.now + timedelta(hours=12)
            kept = people.hash_of(token)
            uow.add(
                SignIn(
                    account_id=account.id,
                    token_hash=kept,
                    last_seen_at=uow.now,
                    expires_at=until,
                )
            )
    return tokens


_changes = iter(range(1, 1_000_000))


def _measure(
    built: Stage, ears: Connection, calls: Sequence[Call], rate: int, seconds: int
) -> tuple[float, list[float], int]:
    """The share of a core, the delays, and how many there should be."""
    time.sleep(SETTLE_S)
    ears.send("forget")
    watchers = ears.recv()
    began, used = time.monotonic(), used_s(process.pid for process in built.web)
    committed = dict(_change(built.world, calls, rate, began + seconds))
    time.sleep(max(0.0, began + seconds - time.monotonic()) + SETTLE_S / 2)
    share = (used_s(process.pid for process in built.web) - used) / (time.monotonic() - began)
    ears.send("tell")
    arrivals: list[tuple[int, float]] = ears.recv()
    delays = [at - committed[number] for number, at in arrivals if number in committed]
    return share, delays, watchers * len(committed)


def _change(
    world: World, calls: Sequence[Call], rate: int, until: float
) -> Iterator[tuple[int, float]]:
    """Each change's number and when it was committed."""
    due = time.monotonic()
    while rate and (due := due + 1 / rate) < until:
        time.sleep(max(0.0, due - time.monotonic()))
        number = next(_changes)
        turn = chr(ord("A") + number // len(calls) % 26)  # else only some digits would differ
        with world.context.unit_of_work("bench") as uow:
            call = uow.get(Call, calls[number % len(calls)].id)
            call.location = f"{turn} Place {number} {turn}"
        yield number, time.monotonic()


@contextmanager
def watching(url: str, tokens: Sequence[str], way: str) -> Iterator[Connection]:
    """Open boards, in a process of their own."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_watch, args=(url, tokens, way, theirs), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.kill()
        process.join()
        time.sleep(SETTLE_S)


def _watch(url: str, tokens: Sequence[str], way: str, told: Connection) -> None:
    asyncio.run(Watchers(url, way).run(tokens, told))


class Watchers:
    def __init__(self, url: str, way: str) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname or "", address.port or 0
        self._follow = self._listen if way == "events" else self._ask
        self._seen: list[tuple[int, float]] = []
        self._open: set[str] = set()

    async def run(self, tokens: Sequence[str], told: Connection) -> None:
        tasks = [asyncio.create_task(self._again(token)) for token in tokens]
        loop = asyncio.get_running_loop()
        while tasks:
            if await loop.run_in_executor(None, told.recv) == "forget":
                self._seen.clear()
                told.send(len(self._open))
            else:
                told.send(self._seen)

    async def _again(self, token: str) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection(self._host, self._port)
                await self._follow(token, reader, writer)
            except (OSError, asyncio.IncompleteReadError, ValueError):
                pass
            self._open.discard(token)
            await asyncio.sleep(1)

    def _arrived(self, text: bytes, last: int) -> int:
        numbers = {int(number) for number in _PLACE.findall(text) if int(number) > last}
        now = time.monotonic()
        self._seen += [(number, now) for number in numbers]
        return max(numbers, default=last)

    async def _listen(
        self, token: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        status, _ = await self._request("/board/events", token, reader, writer)
        if status != 200:
            raise ValueError(status)
        self._open.add(token)
        last = 0
        while True:
            size = int(await reader.readline(), 16)
            text = await reader.readexactly(size + 2)
            last = self._arrived(text, last)

    async def _ask(
        self, token: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        etag, last = "", 0
        while True:
            status, heads = await self._request("/board/rows", token, reader, writer, etag)
            body = await reader.readexactly(int(heads.get("content-length", 0)))
            if status == 200:
                etag, last = heads["etag"], self._arrived(body, last)
            self._open.add(token)
            await asyncio.sleep(POLL_S)

    async def _request(
        self,
        path: str,
        token: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        etag: str = "",
    ) -> tuple[int, dict[str, str]]:
        known = f"If-None-Match: {etag}\r\n" if etag else ""
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: triage={token}\r\n{known}\r\n"
        writer.write(head.encode())
        status = int((await reader.readline()).split()[1])
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        heads = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        return status, heads


def _report(before: dict[str, object], found: Sequence[Measured]) -> None:
    print("\n" + json.dumps(before))
    print("| database | way | boards | changes/s | share of one core | p50 ms | p99 ms | arrived |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for one in found:
        print(one.line())
    print(f"raw samples: {keep('board', before, found)}")


if __name__ == "__main__":
    sys.exit(main())
