"""Fragments that many watch, rendered once for all of them and sent when they have changed.

One thread in each web process looks: at once when a commit has changed what is shown, and else
every LOOK_EVERY_S for what changes with time alone. Streams only wait; they hold no connection to
the database. A stream that was kept from sending gets the newest edition whole, not all that it
missed.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from flask import Flask

from triage.context import current_context
from triage.entrypoints.web.heard import hearing_of
from triage.entrypoints.web.streams import Edition, Stream
from triage.services import people
from triage.storage.wake import BOARDS

log = logging.getLogger(__name__)

MOST_STREAMS = 400
"""In one process; whoever comes later asks every second instead."""
MOST_FRAGMENTS = 24
"""Different ones, such as boards of different choices: each is rendered at every look."""
PAUSE_S = 0.25
"""Between two looks: however much changes, at most four editions a second."""
_SHARE = 5
"""A look that cost much is followed by a pause of as many times the time that it computed."""
LOOK_EVERY_S = 2.0
_NOTICE_S = 0.2
"""How soon it is noticed that the server stops."""

ACTOR = "board"
"""Who writes down that boards are open."""
STOPPING, SIGNED_OUT = "stopping", "signed out"


class Broadcaster:
    """All streams of one process. Its threads run while there are any."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.serving: Callable[[], bool] = lambda: True
        """Told by whoever runs this process: is it to go on?"""
        self.writes = False
        """May chunks be written to the server's own sockets? Told by the same."""
        self._lock = threading.Lock()
        self._streams: set[Stream] = set()
        self._looks: _Looks | None = None

    def join(self, stream: Stream) -> bool:
        """False when there are too many already, or the server stops."""
        with self._lock:
            fragments = {one.fragment for one in self._streams} | {stream.fragment}
            full = len(self._streams) >= MOST_STREAMS or len(fragments) > MOST_FRAGMENTS
            if full or not self.serving():
                return False
            self._streams.add(stream)
            if self._looks is None:
                self._looks = _Looks(self)
            self._looks.rung.set()
            return True

    def leave(self, stream: Stream) -> None:
        with self._lock:
            self._streams.discard(stream)
            if not self._streams and self._looks is not None:
                self._looks.stop()
                self._looks = None

    def streams(self) -> list[Stream]:
        with self._lock:
            return list(self._streams)


class _Looks:
    """The thread that looks and the one that listens for commits, until no stream is left."""

    def __init__(self, broadcaster: Broadcaster) -> None:
        self.rung = threading.Event()
        self._all, self._app = broadcaster, broadcaster.app
        self._stopping = threading.Event()
        self._known: dict[str, Edition] = {}
        self._check_due = self._hear_due = 0.0
        for work in (self._listen, self._look_again_and_again):
            threading.Thread(target=work, name="broadcast", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        self.rung.set()

    def _listen(self) -> None:
        with self._app.app_context():
            wake = current_context().database.wake
        wake.listen(lambda _shown: self.rung.set(), self._stopping, BOARDS)

    def _look_again_and_again(self) -> None:
        due = 0.0
        while not self._stopping.is_set():
            self._end_if_the_server_stops()
            if not self.rung.wait(_NOTICE_S) and time.monotonic() < due:
                continue
            self.rung.clear()
            due = time.monotonic() + LOOK_EVERY_S
            computed = time.thread_time()
            self._look()
            self._pause(_SHARE * (time.thread_time() - computed))

    def _pause(self, costs_s: float) -> None:
        """The first look of a process compiles the pages: that asks for no long pause."""
        until = time.monotonic() + min(max(PAUSE_S, costs_s), LOOK_EVERY_S)
        while (left_s := until - time.monotonic()) > 0:
            self._end_if_the_server_stops()
            if self._stopping.wait(min(left_s, _NOTICE_S)):
                return

    def _end_if_the_server_stops(self) -> None:
        if not self._all.serving():
            self._end(self._all.streams(), STOPPING)

    def _look(self) -> None:
        wanted = {stream.fragment for stream in self._all.streams()}
        self._known = {path: known for path, known in self._known.items() if path in wanted}
        works: list[Callable[[], None]] = [partial(self._renew, path) for path in wanted]
        if time.monotonic() >= self._check_due:
            self._check_due = time.monotonic() + LOOK_EVERY_S
            works.append(self._end_the_signed_out)
        for work in works:
            try:
                work()
            except Exception as error:  # pages tell how old their data is; the next may succeed
                log.warning("a board was not renewed: %s", type(error).__name__)

    def _end_the_signed_out(self) -> None:
        streams = self._all.streams()
        with self._app.app_context():
            context = current_context()
            with context.reading() as uow:
                there = people.still_signed_in(
                    uow, context.centre, {stream.sign_in for stream in streams}
                )
            self._end([stream for stream in streams if stream.sign_in not in there], SIGNED_OUT)
            if there and time.monotonic() >= self._hear_due:
                self._hear_due = time.monotonic() + people.HEARD_EVERY.total_seconds()
                heard = (context, ACTOR, there)  # no board waits for what cannot be written
                threading.Thread(target=hearing_of(self._app).note, args=heard, daemon=True).start()

    def _end(self, streams: list[Stream], why: str) -> None:
        for stream in streams:
            stream.end(why)

    def _renew(self, fragment: str) -> None:
        old, found = self._known.get(fragment), self._rendered(fragment)
        changed = old is None or old.version != found.version
        if changed:
            found = found.with_events(old)
        elif old is not None:
            found = replace(old, at=found.at, local=found.local, found=found.found)
        self._known[fragment] = found
        for stream in self._all.streams():
            if stream.fragment == fragment:
                stream.show(found)

    def _rendered(self, fragment: str) -> Edition:
        """As whoever asks for it by itself would get it."""
        path, _, spoken = fragment.rpartition(" ")
        with self._app.test_request_context(path, headers={"Accept-Language": spoken}):
            answer = self._app.make_response(self._app.dispatch_request())
            return Edition(
                version=answer.get_etag()[0] or "",
                html=answer.get_data(as_text=True),
                at=answer.headers["X-As-Of"],
                local=answer.headers["X-As-Of-Local"],
            )


def broadcaster_of(app: Flask) -> Broadcaster:
    found: Broadcaster = app.extensions["triage_broadcaster"]
    return found


def furnish(app: Flask) -> None:
    app.extensions["triage_broadcaster"] = Broadcaster(app)
