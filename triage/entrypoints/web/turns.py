"""How many requests of one process are answered at the same time.

There are many more threads, because each open board keeps one. Whoever is answered takes a turn
first: so a storm of requests waits here, each for a short time, and not for the database, where it
would be refused.
"""

import os
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

AT_ONCE = 4 * ((os.cpu_count() or 1) + 1)


class Turns:
    """A WSGI application that answers so many at once. What an answer streams afterwards, such as
    the events of a board, takes no turn."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app
        self._turn = threading.BoundedSemaphore(AT_ONCE)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        with self._turn:
            return self._app(environ, start_response)
