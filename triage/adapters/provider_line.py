"""HTTP that is over in time, however slowly the other side drips, and that knows whether
anything was handed over.

The time limits of `urllib3` are for each read: a byte a second keeps it waiting for ever.
Those of its connecting are for each address of a name, and finding the name has none.
"""

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import unquote

from requests import Session
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from urllib3 import PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import create_urllib3_context, make_headers, parse_url

_LOOK_EVERY_S = 0.05
_MOST_IDLE = 64
"""So many lines to one address are kept open for the next exchanges."""


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

    def is_over(self) -> bool:
        return time.monotonic() >= self._ends

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

    def let_go(self) -> None:
        """Its lines are the next exchange's."""
        with self._lock:
            self._lines.clear()


class _Watch:
    """One thread of the process that cuts what is over."""

    def __init__(self) -> None:
        self._begin()
        os.register_at_fork(after_in_child=self._begin)  # a fork takes no threads along

    def _begin(self) -> None:
        self._starting = threading.Lock()
        self._runs = False
        self._open: set[_Exchange] = set()

    @contextmanager
    def over(self, exchange: _Exchange) -> Iterator[None]:
        self._open.add(exchange)
        with self._starting:
            if not self._runs:
                threading.Thread(target=self._run, name="lines", daemon=True).start()
                self._runs = True
        try:
            yield
        finally:
            self._open.discard(exchange)
            exchange.let_go()

    def _run(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_S)
            for exchange in list(self._open):
                if exchange.is_over():
                    self._open.discard(exchange)
                    exchange.cut()


_watch = _Watch()


class _InHand(threading.local):
    exchange = _Exchange(0)


_in_hand = _InHand()


@contextmanager
def over_within(seconds: float) -> Iterator[None]:
    """Give this thread's exchange so long in all: to find the name, to connect, to agree on
    TLS, to write and to read."""
    exchange = _in_hand.exchange = _Exchange(seconds)
    with _watch.over(exchange):
        yield


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
            # TLS to the other side within TLS to a proxy is no socket, but has one.
            _in_hand.exchange.use(getattr(self.sock, "socket", self.sock))
        _in_hand.exchange.handed_over = True
        super().request(*args, **kwargs)


class _CuttableTls(_Cuttable, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Cuttable


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _CuttableTls


_POOLS = {"http": _Pool, "https": _TlsPool}


def lines_to(url: str) -> PoolManager:
    """Lines that `over_within` can cut: through the proxy that the environment names for this
    address, to whom the certificates that it names vouch for."""
    named = Session().merge_environment_settings(url, {}, None, None, None)
    proxy = select_proxy(url, named["proxies"])
    context = create_urllib3_context()
    if "https://" in f"{url} {proxy}".lower():  # else spared: reading certificates takes a while
        verify = named["verify"]
        trusted = verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH
        where = "capath" if Path(trusted).is_dir() else "cafile"
        context.load_verify_locations(**{where: trusted})
    if proxy:
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        sign_in = parse_url(proxy).auth
        lines: PoolManager = ProxyManager(
            proxy,
            maxsize=_MOST_IDLE,
            ssl_context=context,
            proxy_ssl_context=context,
            proxy_headers=make_headers(proxy_basic_auth=sign_in and unquote(sign_in)),
        )
    else:
        lines = PoolManager(maxsize=_MOST_IDLE, ssl_context=context)
    lines.pool_classes_by_scheme = _POOLS
    return lines
