"""PostgreSQL has no connection left, because other clients hold them all: who works goes on with
what they have, who has none is told so, and with connections free again all goes on without
hands."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import psycopg
import pytest
import time_machine

from tests.faults.service import BACK_S, Service, at_work
from tests.faults.workers import until
from tests.servers import PostgresServer
from tests.twilio_double import Twilio
from tests.world import make_world, prepared_template

T = TypeVar("T")

MOST = 40
TOLD_WITHIN_S = 5.0
AT_ONCE, FEWEST = 20, 3
WAITED_FOR_S = 4.0
"""A connection, by whoever finds none free (engine.py)."""
OURS = "FROM pg_stat_activity WHERE datname = 'centre'"


@pytest.fixture
def server(server: PostgresServer) -> PostgresServer:
    server.stop()
    server.options.append(f"max_connections={MOST}")
    server.start()
    return server


class Others:
    """Clients that have nothing to do with us and take every connection that there is, also one
    that somebody lets go of."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._held: list[psycopg.Connection[tuple[object, ...]]] = []
        self._leaving = threading.Event()
        self._refused = 0
        self._thread = threading.Thread(target=self._take)

    def _take(self) -> None:
        while not self._leaving.is_set():
            try:
                self._held.append(self._server.connect())
            except psycopg.OperationalError:
                self._refused += 1
                time.sleep(0.005)

    def come(self) -> None:
        self._thread.start()
        self._have_every_place()

    def _have_every_place(self) -> None:
        """Refused twice: the first may have been on its way before now."""
        before = self._refused
        until(lambda: self._refused >= before + 2)

    def leave(self) -> None:
        self._leaving.set()
        if self._thread.ident:
            self._thread.join()
        for connection in self._held:
            connection.close()

    def throw_out_ours(self) -> None:
        """An administrator ends our sessions, and the places are theirs at once."""
        one = self._held[0]

        def none_of_ours_is_left() -> bool:
            one.execute(f"SELECT pg_terminate_backend(pid) {OURS}".encode())
            time.sleep(0.2)
            if not have_none():
                return False
            self._have_every_place()  # on a busy machine ours are as quick as they are
            return have_none()

        def have_none() -> bool:
            return one.execute(f"SELECT count(*) {OURS}".encode()).fetchone() == (0,)

        until(none_of_ours_is_left)


@contextmanager
def beside_others(
    server: PostgresServer, folder: Path, twilio: Twilio
) -> Iterator[tuple[Service, Others]]:
    """Web, worker and watcher that have sent a page, and others who may come."""
    others = Others(server)
    with at_work(server.create("centre"), folder, twilio) as service:
        try:
            takes_a_call_and_pages(service, twilio)
            yield service, others
        finally:
            others.leave()


def takes_a_call_and_pages(service: Service, twilio: Twilio) -> None:
    before = len(pages(twilio))
    assert service.post().status_code == 201
    until(lambda: len(pages(twilio)) > before, BACK_S)


def pages(twilio: Twilio) -> list[str]:
    return [text["body"] for text in twilio.texts if "1=accept" in text["body"]]


@pytest.mark.slow
def test_who_is_at_work_goes_on_with_the_connections_that_they_have(
    server: PostgresServer, tmp_path: Path, twilio: Twilio
) -> None:
    with beside_others(server, tmp_path, twilio) as (service, others):
        others.come()
        takes_a_call_and_pages(service, twilio)
        form = service.form()
        assert service.send(form).status_code == 303
        assert service.answers("/pagingz") == 200


@pytest.mark.slow
def test_a_rush_of_calls_shares_the_connections_that_are_there(
    server: PostgresServer, tmp_path: Path, twilio: Twilio
) -> None:
    """Twenty callers at once, where the web has opened fewer connections than it would like to. On
    a busy machine fewer: whoever waits for a connection for too long is told so, as they should."""
    with beside_others(server, tmp_path, twilio) as (service, others):
        others.come()
        began = time.monotonic()
        assert service.post().status_code == 201
        fit = int(WAITED_FOR_S / 2 / (time.monotonic() - began))
        rush = range(min(AT_ONCE, max(FEWEST, fit)))
        with ThreadPoolExecutor(len(rush)) as callers:
            answers = list(callers.map(lambda _: service.post().status_code, rush))
        assert answers == [201] * len(rush)


@pytest.mark.slow
def test_who_finds_none_is_told_so_and_all_goes_on_when_there_are_some_again(
    server: PostgresServer, tmp_path: Path, twilio: Twilio
) -> None:
    with beside_others(server, tmp_path, twilio) as (service, others):
        form = service.form()
        others.come()
        others.throw_out_ours()
        refused = within(TOLD_WITHIN_S, service.post)
        assert refused.status_code == 503
        assert "telephone" in refused.json()["detail"]
        within(TOLD_WITHIN_S, lambda: service.is_told_of_what_was_typed(form))
        assert "too many clients" in service.processes.log.read_text()
        assert service.all_run()

        others.leave()
        service.recovers()
        assert service.send(form).status_code == 303
        takes_a_call_and_pages(service, twilio)
        assert service.all_run()


def within(seconds: float, what: Callable[[], T]) -> T:
    began = time.monotonic()
    result = what()
    assert time.monotonic() - began < seconds
    return result


def test_a_connection_is_not_given_up_for_its_age(server: PostgresServer, tmp_path: Path) -> None:
    """Whoever closes one to open a better one may find that its place is taken."""
    url = server.create("centre")
    others = Others(server)
    prepared_template(url)
    with make_world(url, tmp_path) as world:
        world.call({"problem_type": "other"})
        try:
            others.come()
            with time_machine.travel(timedelta(hours=1), tick=True):
                world.call({"problem_type": "other"})
        finally:
            others.leave()
