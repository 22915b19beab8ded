"""The lines of the log may hold nobody up: where the disk they go to is full, or nobody reads the
pipe any more, they are lost and the service goes on. What has to be kept stands in the rows of the
audit trail."""

import logging
import os
import select
import socket
import stat
import sys
from typing import TextIO, cast

import structlog


class Lines:
    """A stream that takes each line at once, or not at all."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._reopened: dict[int, int] = {}
        """By the pipe's inode: a descriptor of our own that does not block. One that is shared
        must not be changed: others would not expect it."""

    def write(self, text: str) -> int:
        stream: TextIO | None = getattr(sys, self._name)
        if stream is None:  # started without one
            return 0
        try:
            number = stream.fileno()
        except (OSError, ValueError):  # somebody has put another in its place, or closed it
            return stream.write(text) if not stream.closed else 0
        try:
            self._put(number, text.encode(errors="backslashreplace"))
        except OSError:  # no room, or nobody there
            return 0
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def _put(self, number: int, line: bytes) -> None:
        found = os.fstat(number)
        if stat.S_ISSOCK(found.st_mode):
            log = socket.socket(fileno=number)
            try:
                log.send(line, socket.MSG_DONTWAIT)
            finally:
                log.detach()
        elif stat.S_ISFIFO(found.st_mode):
            self._put_into_pipe(number, found.st_ino, line)
        else:
            os.write(number, line)

    def _put_into_pipe(self, number: int, pipe: int, line: bytes) -> None:
        try:
            own = self._own(number, pipe)
        except OSError:  # somebody else's, as where a supervisor made it and gave up its rights
            room = select.poll()
            room.register(number, select.POLLOUT)
            if room.poll(0):  # for as much as a pipe takes at once
                os.write(number, line[: select.PIPE_BUF])
            return
        os.write(own, line)

    def _own(self, number: int, pipe: int) -> int:
        if pipe not in self._reopened:
            way = os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC
            self._reopened = {pipe: os.open(f"/proc/self/fd/{number}", way)}
        return self._reopened[pipe]


_ERRORS = logging.StreamHandler(Lines("stderr"))
_ERRORS.setLevel(logging.WARNING)


def furnish() -> None:
    """From now on all that this process logs goes out this way."""
    lines = cast("TextIO", Lines("stdout"))
    structlog.configure(logger_factory=structlog.WriteLoggerFactory(lines))
    logging.getLogger().addHandler(_ERRORS)  # the same again is not added again
