"""F42: another session holds tables, or the one place to write of SQLite, or reads a long report:
what it does not hold is as quick as before; whoever meets it is told within 5 s that nothing was
saved and keeps what they typed. Nothing is lost, and when it lets go all goes on without hands."""

from __future__ import annotations

import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from sqlalchemy import make_url

from tests.faults.service import Service, at_work, tells_of_what_was_typed
from tests.twilio_double import Reports, Twilio

TOLD_WITHIN_S = {"form": 5.0, "program": 5.0, "board": 8.0, "call": 8.0}
"""Whoever looks at either is waited for twice: that it is written down, and for what is in it."""
CALLS = 25
AS_BEFORE, NOISE_S = 3, 1.0
"""A wait for a lock takes three times as long as this noise."""
STORM_S = 60.0
"""All calls are for one team, whose telephone is not texted without end."""
NOT_OF_INTAKE = (
    *("answer_habits", "backup_note", "daily_figure", "deployment", "preservation", "reach_run"),
    *("reach_test", "rolled_day", "rule_draft", "shift", "shift_swap", "stray_report"),
    *("suspension", "trail_read", "vocabulary_version"),
)
"""Tables that nobody asks while a call is taken."""
ALWAYS = ("call", "message", "watch")
"""Held each time: of the intake, of the worker, of the watcher and every page's head."""
FURTHER = 2
"""So many others are drawn."""


@contextmanager
def session(url: str) -> Iterator[Callable[[str], Iterable[Any]]]:
    """Somebody else's, which begins and ends its transactions by itself."""
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(place.database or "", isolation_level=None)) as file:
            yield file.execute
        return
    address = f"host={place.host} port={place.port} user=postgres dbname={place.database}"
    with psycopg.connect(address, autocommit=True) as server:
        yield lambda statement: server.execute(statement.encode())


@contextmanager
def held(url: str, tables: Sequence[str]) -> Iterator[None]:
    """On SQLite the file is held, whatever the tables."""
    with session(url) as say:
        if url.startswith("sqlite"):
            say("BEGIN IMMEDIATE")
        else:
            say("BEGIN")
            say(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
        yield
        say("ROLLBACK")


@contextmanager
def long_report(url: str) -> Iterator[None]:
    """All that is in the tables of calls, as of one instant that lasts."""
    with session(url) as say:
        sqlite = url.startswith("sqlite")
        say("BEGIN" if sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ")
        for table in ("call", "assessment", "dispatch", "message", "audit_entry"):
            say(f"SELECT * FROM {table}")  # on SQLite a cursor that is never read to its end
        yield
        say("ROLLBACK")


def locks_elsewhere(url: str) -> AbstractContextManager[None]:
    """On SQLite there is only one lock, and it is everybody's."""
    return nullcontext() if url.startswith("sqlite") else held(url, NOT_OF_INTAKE)


def timed(ask: Callable[[], requests.Response]) -> tuple[requests.Response, float]:
    began = time.monotonic()
    return ask(), time.monotonic() - began


def p99_of_calls(service: Service) -> float:
    took = []
    for _ in range(CALLS):
        answer, seconds = timed(service.post)
        assert answer.status_code == 201
        took.append(seconds)
    print(f"p50 {statistics.median(took):.3f} s, p99 {max(took):.3f} s")
    return max(took)


@pytest.mark.slow
def test_what_nobody_holds_is_as_quick_as_before(
    database_url: str, tmp_path: Path, twilio: Twilio
) -> None:
    twilio.reports(Reports())
    with at_work(database_url, tmp_path, twilio) as service:
        before_s = p99_of_calls(service)
        with long_report(database_url), locks_elsewhere(database_url):
            beside_s = p99_of_calls(service)
        assert beside_s <= max(AS_BEFORE * before_s, NOISE_S)
        service.recovers()
        assert service.all_run()
        service.is_whole(len(service.acknowledged), STORM_S)


@pytest.mark.slow
def test_whoever_meets_a_lock_is_told_and_loses_nothing(
    database_url: str, tmp_path: Path, twilio: Twilio
) -> None:
    chance = random.Random(seed := random.randrange(10**6))
    print(f"seed {seed}")
    twilio.reports(Reports())
    with at_work(database_url, tmp_path, twilio) as service:
        for page in ("/board", f"/calls/{service.acknowledged[0]}"):
            assert service.status(page) == 200  # it is loaded
        forms = []
        for tables in drawn(database_url, chance):
            assert service.post().status_code == 201  # with a page that is to leave just now
            forms.append(service.form())
            with held(database_url, tables):
                meets(service, forms[-1], tables)
        for form in forms:
            assert service.send(form).status_code == 303
        service.recovers()
        assert service.all_run()
        # Those who were told nothing was saved did not come again, but for the forms.
        service.is_whole(calls=len(service.acknowledged) + len(forms))


def drawn(url: str, chance: random.Random) -> list[list[str]]:
    """Which tables are held, one time after the other."""
    if url.startswith("sqlite"):
        return [[]] * 2
    with session(url) as say:
        rows = say("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        everything = [name for (name,) in rows]
    return [[name] for name in (*ALWAYS, *chance.sample(everything, FURTHER))] + [everything]


def meets(service: Service, form: dict[str, str], tables: Sequence[str]) -> None:
    """All at once: a form, a program, and two who look."""
    board = service.address + "/board"
    asked = {
        "form": lambda: service.send(form),
        "program": service.post,
        "board": lambda: service.browser.get(board, timeout=15),
        "call": lambda: service.browser.get(
            f"{service.address}/calls/{service.acknowledged[0]}", timeout=15
        ),
    }
    with ThreadPoolExecutor(len(asked)) as people:
        answers: dict[str, Future[tuple[requests.Response, float]]] = {
            name: people.submit(timed, ask) for name, ask in asked.items()
        }
    for name, future in answers.items():
        answer, seconds = future.result()
        print(f"{', '.join(tables)[:40]}: {name} {answer.status_code} after {seconds:.1f} s")
        assert answer.status_code in {200, 201, 303, 503}
        assert seconds <= TOLD_WITHIN_S[name]
    if (told := answers["form"].result()[0]).status_code == 503:
        tells_of_what_was_typed(told)
