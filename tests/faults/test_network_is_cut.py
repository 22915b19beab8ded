"""F38: the network between the service and its database is out, for seconds or for minutes. Whoever
presses a button meanwhile is told within 5 s that nothing was saved and keeps what they typed; when
the network is back all goes on without hands, nothing is lost and nothing is there twice.

`make test-cut` has it out for 30 s and for ten minutes, too.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from tests.faults.line import Lines, NoNetwork, lines_to
from tests.faults.service import BACK_S, Service, tells_of_what_was_typed
from tests.faults.workers import WAITS_S, Workers, until
from tests.servers import PostgresServer
from tests.twilio_double import Twilio
from tests.world import make_world

OUT_S = [2.0, 30.0, 600.0] if os.environ.get("TEN_MINUTES") == "1" else [2.0, 20.0]
TOLD_WITHIN_S = 5.0
"""Whoever asks; a text of the worker's own is not waited for by anybody."""
TRIES_EVERY_S = 1.0
CUT_OFF = "cut-off"
"""The key of what a program posts again and again."""


@dataclass
class Desk:
    """Who goes on trying while the network is out."""

    service: Service
    forms: list[dict[str, str]]
    """Filled in before it went, and not sent yet."""
    slowest_s: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)

    def tries_everything(self) -> None:
        """A form first: it finds connections that were good a moment ago."""
        self.send(self.forms[0])
        self.post()
        self.look()
        time.sleep(TRIES_EVERY_S)

    def send(self, form: dict[str, str]) -> None:
        answer = self._timed("form", lambda: self.service.send(form))
        if answer.status_code != 303:  # a short break is waited out
            tells_of_what_was_typed(answer)

    def post(self) -> None:
        answer = self._timed("program", lambda: self.service.post(CUT_OFF))
        assert answer.status_code in {201, 503}

    def look(self) -> None:
        board = f"{self.service.address}/board"
        self._timed("board", lambda: self.service.browser.get(board, timeout=15))

    def _timed(self, who: str, ask: Callable[[], requests.Response]) -> requests.Response:
        began = time.monotonic()
        answer = ask()
        took_s = time.monotonic() - began
        self.slowest_s = max(self.slowest_s, took_s)
        self.answers[f"{who}: {answer.status_code} after {took_s:.0f} s"] += 1
        return answer


@pytest.mark.slow
@pytest.mark.parametrize("out_s", OUT_S)
def test_a_network_that_is_out_and_comes_back(
    server: PostgresServer, tmp_path: Path, twilio: Twilio, out_s: float
) -> None:
    try:
        with lines_to(server, own_network=True) as lines:
            _goes_on(server, lines, tmp_path, twilio, out_s)
    except NoNetwork as reason:
        pytest.skip(str(reason))


def _goes_on(
    server: PostgresServer, lines: Lines, folder: Path, twilio: Twilio, out_s: float
) -> None:
    direct = server.create("centre")
    service = Service(direct, folder, twilio)
    service.processes = Workers.on(lines.url("centre", roads=1), folder, twilio)
    try:
        with make_world(direct, folder) as world:
            service.begin(world)
        assert service.post().status_code == 201
        desk = Desk(service, [service.form() for _ in range(2)])
        back = threading.Timer(out_s, lines.mend)
        lines.cut()
        back.start()
        while back.is_alive():
            desk.tries_everything()
        back.join()
        _goes_on_without_hands(desk)
        print(f"slowest answer {desk.slowest_s:.1f} s, {dict(desk.answers)}")
        assert desk.slowest_s <= TOLD_WITHIN_S
    finally:
        service.processes.stop()


def _goes_on_without_hands(desk: Desk) -> None:
    service, back_at = desk.service, time.monotonic()
    until(lambda: service.post(CUT_OFF).status_code == 201, BACK_S)
    service.pages_again()
    WAITS_S.append(time.monotonic() - back_at)
    for form in desk.forms:
        assert service.send(form).status_code == 303
    assert service.all_run()
    service.is_whole(calls=2 + len(desk.forms))  # each key once, however often it was sent
