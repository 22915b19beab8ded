"""Machines change from one release to the next, one after the other, while calls come in.

In front of them stands what a proxy does: whoever is taken out gets no new request. Nobody asks
again: each request is made once, and whatever is no 201 or 200 has failed.
"""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import create_engine, text

from tests.faults.releases import Machine, Release
from tests.faults.workers import Workers, until
from tests.servers import PostgresServer
from tests.twilio_double import Twilio
from tests.typical_calls import UNARMED
from tests.world import PASSWORD

CLIENTS = 24
LOOKS_EVERY = 5
"""After so many calls a client looks at the board."""
PATIENCE_S = 30
AFTERWARDS_S = 3.0
PROCESSES = ("serve", "worker", "watch")
UNSENT = "SELECT count(*) FROM message WHERE state IN ('ready', 'attempting', 'unknown')"


@dataclass
class Proxy:
    """Which machines are asked, in turns."""

    machines: list[Machine] = field(default_factory=list)
    _turn: count[int] = field(default_factory=count)

    def next(self) -> str:
        there = list(self.machines)
        return there[next(self._turn) % len(there)].address


@dataclass
class Callers:
    """Calls at a steady rate, whether the one before was answered or not."""

    proxy: Proxy
    token: str
    rate: float
    cookies: dict[str, str]
    acknowledged: list[str] = field(default_factory=list)
    looked: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    took_s: list[float] = field(default_factory=list)
    """From the instant at which each was to be sent."""
    over: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Callers:
        began = time.monotonic() + 0.1
        for client in range(CLIENTS):
            self.threads.append(threading.Thread(target=self._call, args=[client, began]))
            self.threads[-1].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()

    def _call(self, client: int, began: float) -> None:
        for number in count():
            due = began + (client + number * CLIENTS) / self.rate
            if self.over.wait(max(0.0, due - time.monotonic())):
                return
            self._post(f"{client}-{number}")
            self.took_s.append(time.monotonic() - due)
            if number % LOOKS_EVERY == 0:
                self._look()

    def _post(self, key: str) -> None:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        body = {"facts": UNARMED, "narrative": key}
        if answer := self._ask("POST", "/api/v1/calls", 201, json=body, headers=headers):
            self.acknowledged.append(str(answer.json()["reference"]))

    def _look(self) -> None:
        if self._ask("GET", "/board", 200, cookies=self.cookies, allow_redirects=False):
            self.looked += 1

    def _ask(self, method: str, path: str, wanted: int, **more: Any) -> requests.Response | None:
        address = self.proxy.next()
        try:
            answer = requests.request(method, address + path, timeout=PATIENCE_S, **more)
        except requests.RequestException as error:
            self.failed[f"{path}: {type(error).__name__}: {error}"[:300]] += 1
            return None
        if answer.status_code != wanted:
            self.failed[f"{path}: {answer.status_code} {answer.text[:200]}"] += 1
            return None
        return answer


@dataclass
class Rolled:
    """What came of it."""

    callers: Callers
    references: frozenset[str]
    pages: int
    not_ready: list[str]
    """Machines of the first release, on the new tables."""
    wrong: list[str]
    seconds: dict[str, float]


def roll(
    server: PostgresServer,
    folder: Path,
    twilio: Twilio,
    releases: tuple[Release, Release],
    *,
    rate: float,
    warm_s: float = 2.0,
) -> Rolled:
    """Two machines of the first release under load, an upgrade of the tables, then each machine
    after the other changed to the second."""
    before, after = releases
    url = server.create(f"rolled_{time.monotonic_ns()}")
    environ = Workers.on(url, folder, twilio).environ
    for release in releases:
        release.environ |= environ
    token = before.furnish(url, folder)
    machines = [Machine(before, folder / f"machine-{number}.log") for number in (1, 2)]
    try:
        for machine in machines:
            for what in PROCESSES:
                machine.start(what)
        for machine in machines:
            until(lambda machine=machine: _ready(machine), 90)
        proxy = Proxy(list(machines))
        with Callers(proxy, token, rate, _sign_in(machines[0])) as callers:
            seconds, not_ready, wrong = _change(proxy, machines, after, warm_s)
        until(lambda: _one(url, UNSENT) == 0, 90)
        return Rolled(
            callers,
            frozenset(_column(url, "SELECT reference FROM call")),
            len(_column(url, "SELECT id FROM message WHERE kind = 'page'")),
            not_ready,
            wrong + _texts(url, twilio),
            seconds,
        )
    finally:
        for machine in machines:
            for process in machine.running.values():
                process.kill()
                process.wait()


def _change(
    proxy: Proxy, machines: Sequence[Machine], after: Release, warm_s: float
) -> tuple[dict[str, float], list[str], list[str]]:
    seconds, wrong = {}, []
    time.sleep(warm_s)  # the load runs: there is nothing to wait for
    began = time.monotonic()
    after.run("db", "upgrade")
    seconds["upgrade"] = time.monotonic() - began
    not_ready = [one.address for one in machines if not _ready(one)]
    for number, machine in enumerate(machines, 1):
        began = time.monotonic()
        proxy.machines.remove(machine)
        wrong += _replace(machine, after)
        proxy.machines.append(machine)
        seconds[f"machine {number}"] = time.monotonic() - began
    time.sleep(AFTERWARDS_S)
    return seconds, not_ready, wrong


def _replace(machine: Machine, after: Release) -> list[str]:
    ended = {what: machine.end(what) for what in PROCESSES}
    machine.release = after
    for what in PROCESSES:
        machine.start(what)
    until(lambda: _ready(machine), 90)
    return [f"{what} ended with {status}" for what, status in ended.items() if status]


def _texts(url: str, twilio: Twilio) -> list[str]:
    """Each page that was owed was taken by the carrier, once."""
    taken = Counter((text["to"], text["body"]) for text in twilio.texts)
    sids = {text["sid"] for text in twilio.texts}
    owed = _column(url, "SELECT coalesce(provider_id, id::text) FROM message WHERE kind = 'page'")
    lost = [one for one in owed if one not in sids]
    twice = {body: times for (_, body), times in taken.items() if times > 1 and "Reply" in body}
    wrong = [f"{len(lost)} pages were lost"] if lost else []
    return wrong + ([f"sent more than once: {twice}"] if twice else [])


def _ready(machine: Machine) -> bool:
    try:
        return requests.get(f"{machine.address}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _sign_in(machine: Machine) -> dict[str, str]:
    browser = requests.Session()
    page = browser.get(f"{machine.address}/sign-in", timeout=30).text
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page[:500]
    form = {"username": "dispatcher", "password": PASSWORD, "csrf_token": found[1]}
    browser.post(f"{machine.address}/sign-in", data=form, timeout=30)
    return browser.cookies.get_dict()


def _column(url: str, query: str) -> list[str]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = [str(value) for value in connection.scalars(text(query))]
    engine.dispose()
    return found


def _one(url: str, query: str) -> int:
    return int(_column(url, query)[0])
