"""gunicorn's threaded worker, which lives on where it has no file descriptors left.

gunicorn's own ends itself when one more connection cannot be accepted, with all requests that it
was answering; and where it can just be accepted, the request finds no file to open.
"""

import errno
import os
import resource
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

SPARE = 64
"""Descriptors that no new connection takes: those who are connected already need files, a database
and something to wait with."""
REST_S = 0.5
"""How long new connections then wait in the kernel's queue before we look again."""


class LastingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    _rests_until = 0.0

    def accept(self, listener: Any) -> None:
        if has_room():
            super().accept(listener)
        else:
            self._rests_until = time.monotonic() + REST_S
            self.set_accept_enabled(False)

    def set_accept_enabled(self, enabled: bool) -> None:
        """The loop asks for it in each round: a listener that nobody accepts from would have it
        turn without end."""
        if not (enabled and time.monotonic() < self._rests_until):
            super().set_accept_enabled(enabled)


def has_room() -> bool:
    """The kernel gives the lowest number that is free, which tells how many are taken."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        lowest = os.open(os.devnull, os.O_RDONLY)
    except OSError as error:
        return error.errno not in (errno.EMFILE, errno.ENFILE)
    os.close(lowest)
    return most == resource.RLIM_INFINITY or lowest < most - SPARE
