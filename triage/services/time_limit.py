"""The processor time that rules may take over one call: nobody who rings waits for them for ever.

The thread that has had its time gets an exception between two of its steps. Time of the processor,
not of the wall: on a busy machine waiting for a turn is nobody's fault. One other thread looks
after all that are at work, and ends when none is.
"""

import ctypes
import os
import threading
import time
from types import TracebackType
from typing import NamedTuple

from triage.domain.errors import TriageError
from triage.domain.words import msgid

BUDGET_S = 0.05
"""A hundred times what a decision takes."""
LOOKS_EVERY_S = 0.01


class OutOfTime(TriageError):
    """The rules do not come to an end, or take far too long."""

    def __init__(self) -> None:
        super().__init__(msgid("the rules took too long over this call: decide by hand"))


class _End(NamedTuple):
    """When a thread's time is over, by its own clock."""

    clock: int
    shows_s: float
    told: bool = False
    """It was told once, where an exception is lost: in a callback of the collection of garbage."""


class _AtWork:
    """Threads at work."""

    def __init__(self) -> None:
        self.start_anew()
        os.register_at_fork(after_in_child=self.start_anew)  # where nobody looks any more

    def start_anew(self) -> None:
        self.ends: dict[int, _End] = {}
        self.lock = threading.Lock()
        self.looking = False

    def start(self, thread: int, budget_s: float) -> None:
        clock = time.pthread_getcpuclockid(thread)
        with self.lock:
            self.ends[thread] = _End(clock, time.clock_gettime(clock) + budget_s)
            if not self.looking:
                self.looking = True
                threading.Thread(target=self._look, name="time limit", daemon=True).start()

    def end(self, thread: int) -> None:
        with self.lock:
            end = self.ends.pop(thread, None)
            if end is None or end.told:
                _raise(thread, None)  # its time was over just as it came to the end

    def _look(self) -> None:
        while True:
            time.sleep(LOOKS_EVERY_S)
            with self.lock:
                for thread, end in list(self.ends.items()):
                    if (shows_s := time.clock_gettime(end.clock)) >= end.shows_s:
                        self.ends[thread] = _End(end.clock, shows_s + BUDGET_S, told=True)
                        _raise(thread, OutOfTime)
                if not self.ends:
                    self.looking = False
                    return


def _raise(thread: int, error: type[Exception] | None) -> None:
    """In another thread, before its next step; None takes back what it has not yet got."""
    what = None if error is None else ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)


_at_work = _AtWork()


class TimeLimit:
    """Raises OutOfTime within the block when that has taken more of the processor than it may.
    Only for what reads and computes: it may stop anywhere."""

    def __init__(self, budget_s: float = BUDGET_S) -> None:
        self._budget_s = budget_s

    def __enter__(self) -> None:
        _at_work.start(threading.get_ident(), self._budget_s)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            _at_work.end(threading.get_ident())
        except OutOfTime:  # just now: nothing may be told to this thread any more
            _at_work.end(threading.get_ident())
            raise
