"""HTTP that is over in time, however slowly the other side drips, and that knows whether
anything was handed over.

The time limits of `requests` are for each read: a byte a second keeps it waiting for ever.
Those of its connecting are for each address of a name, and finding the name has none.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError


class _Exchange:
    """One exchange: until when it may last, and the lines it uses."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._lines: list[socket.socket] = []
        self.handed_over = False
        """Has it got as far as writing its request?"""

    def left(self) -> float:
        """Seconds until the end. Raises TimeoutError when there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for the whole exchange is over")
        return left

    def use(self, line: socket.socket) -> None:
        """From now on this line is cut at the end. Raises TimeoutError if that is over."""
        with self._lock:
            if line not in self._lines:
                self._lines.append(line)
        self.left()

    def cut(self) -> None:
        """Whoever reads or writes then gets an OSError."""
        with self._lock:
            for line in self._lines:
                with suppress(OSError):  # it is over already
                    # Not line.shutdown: TLS would drop its state under the feet of whoever reads.
                    socket.socket.shutdown(line, socket.SHUT_RDWR)


class _InHand(threading.local):
    exchange = _Exchange(0)


_in_hand = _InHand()


@contextmanager
def over_within(seconds: float) -> Iterator[None]:
    """Give this thread's exchange so long in all: to find the name, to connect, to agree on
    TLS, to write and to read."""
    exchange = _in_hand.exchange = _Exchange(seconds)
    timer = threading.Timer(seconds, exchange.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def something_was_handed_over() -> bool:
    """Has this thread's latest exchange got as far as writing its request?"""
    return _in_hand.exchange.handed_over


Address = tuple[Any, Any, int, str, Any]


def _addresses(host: str, port: int, within_s: float) -> list[Address]:
    """All addresses of a name. Nobody can interrupt the finding, so a thread does it whose
    answer is not waited for any longer than there is time."""
    answer: SimpleQueue[list[Address] | OSError] = SimpleQueue()

    def find() -> None:
        try:
            answer.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            answer.put(error)

    threading.Thread(target=find, daemon=True, name="name").start()
    try:
        found = answer.get(timeout=within_s)
    except Empty:
        raise TimeoutError("the name was not found in time") from None
    if isinstance(found, OSError):
        raise found
    return found


def _connected(host: str, port: int, options: Any) -> socket.socket:
    """A line to the first address that answers while there is time."""
    exchange = _in_hand.exchange
    problem: OSError = OSError("the name has no address")
    for family, kind, protocol, _, address in _addresses(host, port, exchange.left()):
        line = socket.socket(family, kind, protocol)
        try:
            for option in options or ():
                line.setsockopt(*option)
            line.settimeout(exchange.left())
            line.connect(address)
            exchange.use(line)
            line.settimeout(exchange.left())
        except OSError as error:
            line.close()
            problem = error
        else:
            return line
    raise problem


class _Cuttable(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        try:
            return _connected(self._dns_host, self.port or 0, self.socket_options)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, str(error)) from error
        except OSError as error:
            raise NewConnectionError(self, str(error)) from error

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        if self.sock is not None:
            _in_hand.exchange.use(self.sock)
        _in_hand.exchange.handed_over = True
        super().request(*args, **kwargs)


class _CuttableTls(_Cuttable, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Cuttable


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _CuttableTls


_POOLS = {"http": _Pool, "https": _TlsPool}


class CuttableAdapter(HTTPAdapter):
    """For a `requests` session, so that `over_within` can cut its lines. Never tries again."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager
