"""One fragment as it was found, and the stream of one page that watches it.

Each stream has a thread that waits and writes, as WSGI wants it. Waking hundreds of threads for one
change costs several times what writing does: where our own server's socket is at hand, the thread
that looks writes small events itself, and leaves to the stream's what a slow browser does not take.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from uuid import UUID

HEARTBEAT_S = 5.0
_LINE_HEARTBEAT_S = 30.0
"""For the thread of a stream that others write to: only should they have stopped."""
_AT_ONCE_BYTES = 32_768
GONE = "gone"


@dataclass(frozen=True)
class Edition:
    """One fragment as it was found by one look."""

    version: str
    html: str
    at: str
    """Seconds since 1970 on the database's clock, as fragments tell it."""
    local: str
    found: float = field(default_factory=time.monotonic)
    before: str = ""
    """The version that `step` is for."""
    step: bytes = b""
    whole: bytes = b""

    def same(self) -> bytes:
        return event_of("same", self._told())

    def with_events(self, old: "Edition | None") -> "Edition":
        whole = event_of("whole", {**self._told(), "html": self.html})
        if old is None:
            return replace(self, whole=whole)
        told = {**self._told(), "from": old.version, **difference(old.html, self.html)}
        return replace(self, whole=whole, before=old.version, step=event_of("step", told))

    def _told(self) -> dict[str, object]:
        now = float(self.at) + time.monotonic() - self.found
        return {"version": self.version, "at": float(self.at), "local": self.local, "now": now}


def difference(old: str, new: str) -> dict[str, object]:
    """What stays of the beginning and of the end, and what stands between them now. Lengths are
    those of a browser, which counts in UTF-16."""
    begin = _in_common(old, new, lambda text, size: text[:size])
    ours, theirs = old[begin:], new[begin:]
    end = _in_common(ours, theirs, lambda text, size: text[len(text) - size :])
    between = new[begin : len(new) - end]
    return {"begin": _units(new[:begin]), "end": _units(new[len(new) - end :]), "html": between}


def _in_common(one: str, other: str, part: Callable[[str, int], str]) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if part(one, middle) == part(other, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def event_of(kind: str, data: dict[str, object]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()


@dataclass(eq=False)
class Stream:
    """One open page."""

    fragment: str
    """The path of what it watches, and the language that the page speaks: "/board/rows es"."""
    sign_in: UUID
    line: socket.socket | None = None
    """The browser's own connection, on which chunks of HTTP/1.1 are written; None where only the
    server may write."""
    bell: SimpleQueue[None] = field(default_factory=SimpleQueue)
    newest: Edition | None = None
    over: str = ""
    shown: str = ""
    told_at: float = float("-inf")
    _turn: threading.Lock = field(default_factory=threading.Lock)
    """To write to the browser. Held from the beginning: the head of the answer comes first."""

    def __post_init__(self) -> None:
        self._turn.acquire()

    def end(self, why: str) -> None:
        self.over = why
        self.bell.put(None)

    def show(self, edition: Edition) -> None:
        """The newest edition, whether the page has it or not."""
        self.newest = edition
        if edition.version == self.shown and not self._due():
            return
        if not self._written_at_once(edition) and self.bell.empty():
            self.bell.put(None)

    def events(self, since: str) -> Iterator[bytes]:
        """since -- the version that the page shows already."""
        yield b": the stream begins\n\n"
        self.shown = since
        self._turn.release()
        while not self.over:
            with self._turn:  # while the server writes
                if (edition := self.newest) and (event := self._event(edition)):
                    yield event
                    self._is_told(edition)
            with suppress(Empty):
                self.bell.get(timeout=_LINE_HEARTBEAT_S if self.line else HEARTBEAT_S)
        self._turn.acquire()  # for good: after this the connection is for other answers
        yield event_of("over", {"why": self.over})

    def _due(self) -> bool:
        """Is it time to say that nothing has changed?"""
        return time.monotonic() - self.told_at >= HEARTBEAT_S - 1

    def _event(self, edition: Edition) -> bytes:
        """What the page is to be told: nothing, if it shows this one and was told so lately."""
        if edition.version == self.shown:
            return edition.same() if self._due() else b""
        return edition.step if edition.step and edition.before == self.shown else edition.whole

    def _is_told(self, edition: Edition) -> None:
        self.shown, self.told_at = edition.version, time.monotonic()

    def _written_at_once(self, edition: Edition) -> bool:
        """By the thread that looks, if the browser takes it without waiting."""
        if self.line is None or not self._turn.acquire(blocking=False):
            return False
        try:
            event = self._event(edition)
            if not 0 < len(event) <= _AT_ONCE_BYTES:
                return False
            chunk = b"%X\r\n%b\r\n" % (len(event), event)
            if self.line.send(chunk, socket.MSG_DONTWAIT) < len(chunk):
                self.line.shutdown(socket.SHUT_RDWR)  # it comes again and gets the whole
                self.end(GONE)
            self._is_told(edition)
        except BlockingIOError:
            return False
        except OSError:
            self.end(GONE)
        finally:
            self._turn.release()
        return True
