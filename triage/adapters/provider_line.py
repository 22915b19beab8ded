"""HTTP that is over in time, however slowly the other side drips, and that knows whether
anything was handed over.

The time limits of `requests` are for each read: a byte a second keeps it waiting for ever.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Exchange(threading.local):
    """What this thread has in hand."""

    sockets: list[socket.socket]
    """Of the requests that have begun to be written."""

    def __init__(self) -> None:
        self.sockets = []


_exchange = Exchange()


@contextmanager
def over_within(seconds: float) -> Iterator[None]:
    """Cut the line when the time is up: whoever reads or writes then gets an OSError."""
    sockets: list[socket.socket] = []
    _exchange.sockets = sockets
    timer = threading.Timer(seconds, _cut, [sockets])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def something_was_handed_over() -> bool:
    """Has this thread's latest exchange got as far as writing its request?"""
    return bool(_exchange.sockets)


def _cut(sockets: list[socket.socket]) -> None:
    for line in sockets:
        with suppress(OSError):  # it is over already
            # Not line.shutdown: TLS would drop its state under the feet of whoever reads.
            socket.socket.shutdown(line, socket.SHUT_RDWR)


class _Cuttable(HTTPConnection):
    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is None:
            self.connect()
        if self.sock is not None:
            _exchange.sockets.append(self.sock)
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
