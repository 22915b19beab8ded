"""Doing things later, in threads of the double's own."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

THREADS = 16


class Later:
    """A clock and the threads that do what is due."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._number = itertools.count()
        self._changed = threading.Condition()
        self._pool = ThreadPoolExecutor(THREADS)
        self._open = 0
        self._closed = False
        threading.Thread(target=self._run, daemon=True).start()

    def after(self, seconds: float, what: Callable[[], object]) -> None:
        """Do this in so many seconds; 0 is at once, in another thread."""
        with self._changed:
            self._open += 1
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._number), what))
            self._changed.notify()

    def close(self) -> None:
        """Drop what is still to be done and let the threads go."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    @property
    def open(self) -> int:
        """How much is still to be done or being done."""
        with self._changed:
            return self._open

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._closed and not (self._due and self._due[0][0] <= time.monotonic()):
                    wait = self._due[0][0] - time.monotonic() if self._due else None
                    self._changed.wait(wait)
                if self._closed:
                    return self._pool.shutdown(wait=False, cancel_futures=True)
                what = heapq.heappop(self._due)[2]
            self._pool.submit(self._do, what)

    def _do(self, what: Callable[[], object]) -> None:
        try:
            what()
        finally:
            with self._changed:
                self._open -= 1
