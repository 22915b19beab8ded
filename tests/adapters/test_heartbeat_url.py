"""Telling somebody outside that all is well: in time, or not at all."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from triage.adapters.heartbeat_url import HeartbeatUrl

WITHIN_S = 0.6
LONG_S = 15
"""What hangs or drips would take: far more than a busy machine adds."""


class Listener(BaseHTTPRequestHandler):
    """Somebody outside; the path says how they behave."""

    heard: list[str]

    def do_GET(self) -> None:
        self.heard.append(self.path)
        with suppress(ConnectionError):  # whoever waited in vain has left
            self._answer()

    def _answer(self) -> None:
        if self.path == "/hangs":
            time.sleep(2 * LONG_S)
        status = {"/refuses": 500, "/moved": 302}.get(self.path, 200)
        if self.path == "/drips":
            for part in b"HTTP/1.0 200 OK\r\nX-Slow: " + b"." * 200:
                self.wfile.write(bytes([part]))
                time.sleep(WITHIN_S / 4)
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def outside() -> Iterator[tuple[str, list[str]]]:
    heard: list[str] = []
    handler = type("Hears", (Listener,), {"heard": heard})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    server.server_close()


def test_it_is_called_with_get_and_a_good_answer_is_no_problem(
    outside: tuple[str, list[str]],
) -> None:
    base, heard = outside
    assert HeartbeatUrl(f"{base}/ping/secret").beat(5) is None
    assert heard == ["/ping/secret"]


@pytest.mark.parametrize("path", ["/refuses", "/moved", "/hangs", "/drips"])
def test_whatever_they_do_it_ends_in_time_and_is_told_without_the_address(
    outside: tuple[str, list[str]], path: str
) -> None:
    base, heard = outside
    began = time.monotonic()

    problem = HeartbeatUrl(base + path).beat(WITHIN_S)

    assert time.monotonic() - began < LONG_S
    assert problem
    assert base not in problem
    assert heard == [path]  # a redirection is not followed


def test_nobody_there_is_told_in_a_word() -> None:
    problem = HeartbeatUrl("http://127.0.0.1:1/ping/secret").beat(WITHIN_S)
    assert problem == "URLError"


def test_a_call_that_hangs_is_not_joined_by_another(outside: tuple[str, list[str]]) -> None:
    base, heard = outside
    url = HeartbeatUrl(f"{base}/drips")
    url.beat(WITHIN_S)
    assert url.beat(WITHIN_S) == "the last call still hangs"
    assert heard == ["/drips"]
