"""The line between a browser and the service, as a TCP proxy: cut, nothing gets through, whatever a
page sends by. (Playwright's set_offline lets sendBeacon pass.)"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from tests.servers import free_port


class Line:
    """`base_url` -- the address at which the service is reached through it."""

    def __init__(self, base_url: str) -> None:
        self._port, self._to = free_port(), urlsplit(base_url).port
        self.base_url = f"http://127.0.0.1:{self._port}"
        self._open: set[socket.socket] = set()
        self.mend()

    def mend(self) -> None:
        self._door = socket.create_server(("127.0.0.1", self._port), backlog=50)
        threading.Thread(target=self._take, args=(self._door,), daemon=True).start()

    def cut(self) -> None:
        for end in (self._door, *self._open):
            _shut(end)
        self._open.clear()

    def _take(self, door: socket.socket) -> None:
        while True:
            try:
                here, _ = door.accept()
                there = socket.create_connection(("127.0.0.1", self._to))
            except OSError:
                return
            self._open |= {here, there}
            for ends in ((here, there), (there, here)):
                threading.Thread(target=_pass_on, args=ends, daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    try:
        while heard := one.recv(65536):
            other.sendall(heard)
    except OSError:
        pass
    _shut(one)
    _shut(other)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):  # it is shut already
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def through_a_line(base_url: str) -> Iterator[Line]:
    line = Line(base_url)
    try:
        yield line
    finally:
        line.cut()
