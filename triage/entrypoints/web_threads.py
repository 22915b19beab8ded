"""gunicorn's threaded worker, which lives on where it has no file descriptors left, and makes room
for another where it gets no more memory.

gunicorn's own ends itself when one more connection cannot be accepted, with all requests that it
was answering; and where it can just be accepted, the request finds no file to open.
"""

import errno
import os
import resource
import time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from triage.entrypoints import memory

SPARE = 64
"""Descriptors that no new connection takes: those who are connected already need files, a database
and something to wait with."""
REST_S = 0.5
"""How long new connections then wait in the kernel's queue before we look again."""
LOOK_EVERY_S = 1.0
"""Between looks whether there is memory."""


class LastingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    alive: bool
    _rests_until = 0.0
    _looks_at = 0.0

    def notify(self) -> None:
        """In each round: tells gunicorn that it lives. Without memory it answers whom it has begun
        to answer, and gunicorn starts another."""
        super().notify()
        if self.alive and time.monotonic() >= self._looks_at:
            self._looks_at = time.monotonic() + LOOK_EVERY_S
            if not memory.has_room():
                self.log.critical(memory.SENTENCE)
                self.alive = False

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
