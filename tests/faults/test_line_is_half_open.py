"""The other end of every connection to the database is gone without a word: nothing is closed,
nothing refused, no answer comes. A server at another address has taken over."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest
import requests

from tests.faults.line import Lines, NoNetwork, lines_to
from tests.faults.service import Service
from tests.faults.workers import WAITS_S, Workers, owe, until
from tests.servers import PostgresServer
from tests.twilio_double import Twilio
from tests.world import World, make_world

WHOLE_AGAIN_S = 15.0
PATIENCE_S = 60.0


@pytest.mark.slow
def test_a_machine_that_is_gone_from_the_network_is_let_go(
    server: PostgresServer, tmp_path: Path, twilio: Twilio
) -> None:
    """No packet comes back: the kernel's limits end the connections."""
    try:
        with lines_to(server, own_network=True) as lines:
            _is_whole_again(server, lines, tmp_path, twilio)
    except NoNetwork as reason:
        pytest.skip(str(reason))


@pytest.mark.slow
def test_a_server_that_stands_still_while_its_system_answers_is_let_go(
    server: PostgresServer, tmp_path: Path, twilio: Twilio
) -> None:
    """Packets are acknowledged and keepalives answered: no limit of the kernel helps."""
    with lines_to(server) as lines:
        _is_whole_again(server, lines, tmp_path, twilio)


def _is_whole_again(server: PostgresServer, lines: Lines, folder: Path, twilio: Twilio) -> None:
    direct = server.create("centre")
    service = Service(direct, folder, twilio)
    service.processes = Workers.on(lines.url("centre"), folder, twilio)
    try:
        with make_world(direct, folder) as world:
            service.begin(world)
            assert service.post().status_code == 201
            until(lambda: len(twilio.texts) >= 1)
            lines.lose()
            texts_s, answers, writes_s = _after(world, service, twilio)
            print(f"a text after {texts_s:.1f} s, a call after {writes_s:.1f} s, {answers}")
            WAITS_S.extend((texts_s, writes_s))
            until(lambda: service.answers("/pagingz") == 200, PATIENCE_S)
            assert service.all_run()
            assert texts_s <= WHOLE_AGAIN_S
            assert writes_s <= WHOLE_AGAIN_S
    finally:
        service.processes.stop()


def _after(world: World, service: Service, twilio: Twilio) -> tuple[float, Counter[str], float]:
    """How long until the worker sends what is owed and the web takes a call, and what it said
    until then."""
    lost_at, answers, written_s = time.monotonic(), Counter[str](), 0.0
    owe(world, "after")
    sent_s = 0.0
    while not (sent_s and written_s):
        since = time.monotonic() - lost_at
        assert since < PATIENCE_S, f"sent {sent_s}, written {written_s}, {answers}"
        if not sent_s and any(text["body"] == "after" for text in twilio.texts):
            sent_s = since
        if not written_s:
            began = time.monotonic()
            try:
                told = str(service.post().status_code)
            except requests.RequestException as error:
                told = type(error).__name__
            answers[f"{told} after {time.monotonic() - began:.0f} s"] += 1
            if told == "201":
                written_s = time.monotonic() - lost_at
        else:
            time.sleep(0.05)
    return sent_s, answers, written_s
