"""What the provider said, until it is written down: by a thread of its own, so that no text that is
due waits for it."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from triage.context import AppContext
from triage.domain.errors import CommitInDoubt
from triage.entrypoints.worker.sending import Answer, InHand, settle
from triage.entrypoints.worker.stopwatch import elapsed_s
from triage.entrypoints.worker.told import described

KEEP_S = 120
"""For so long an answer is kept while the database is away or busy: longer than it takes to move
to another server. A row that somebody holds for ever holds up nobody for longer."""
TOGETHER_S = 0.05
"""For so long an answer waits for others to be written down with it: what a transaction costs is
hardly more for ten of them. A worker that dies meanwhile leaves as many doubts as one that dies
while it waits for its answers."""
_AWAY = (OperationalError, InterfaceError, TimeoutError, CommitInDoubt)

log = structlog.get_logger("triage.worker")


@dataclass(frozen=True)
class Unwritten:
    """An answer that is to be written down, and since when."""

    answer: Answer
    since_s: float
    """On the clock of `elapsed_s`."""


@dataclass
class Answers:
    """Expected for each text that was handed out; together they are written down."""

    context: AppContext
    hand_out: Callable[[Sequence[InHand]], None]
    """Told of each writing down, with the second copies that are to be handed over now."""
    at_once: int
    """So many wait for no others."""
    wakes: threading.Event = field(default_factory=threading.Event)
    """Set by each answer."""
    no_more: threading.Event = field(default_factory=threading.Event)
    """Set when no text will be handed out any more but second copies."""
    done: threading.Event = field(default_factory=threading.Event)
    """Set when all are written down after that."""
    _expected: int = 0
    _counting: threading.Lock = field(default_factory=threading.Lock)
    _came: SimpleQueue[Unwritten] = field(default_factory=SimpleQueue)
    _unwritten: list[Unwritten] = field(default_factory=list)

    @property
    def expected(self) -> int:
        """Texts that were handed out and not answered yet."""
        return self._expected

    @property
    def unwritten(self) -> int:
        return self._came.qsize() + len(self._unwritten)

    def expect(self, texts: int) -> None:
        with self._counting:
            self._expected += texts

    def take(self, answer: Answer | None) -> None:
        """None: the text was not handed over after all."""
        if answer is not None:
            self._came.put(Unwritten(answer, elapsed_s()))
        with self._counting:
            self._expected -= 1
        self.wakes.set()

    def work(self, go_on: Callable[[], bool]) -> None:
        """Until all that came is written down, or the database is away."""
        while go_on():
            self._collect()
            if not self._unwritten:
                return
            if (left_s := self._left_s()) > 0:
                self.wakes.wait(left_s)
                self.wakes.clear()
                continue
            self._write_down(go_on)
            if self._unwritten:
                return

    def finish(self, go_on: Callable[[], bool]) -> None:
        """Wait for what is expected, or may be claimed just now, and write it down."""
        while (not self.no_more.is_set() or self.expected or self.unwritten) and go_on():
            self.wakes.wait(0.2)
            self.wakes.clear()
            self._collect()
            self._write_down(go_on)
        self.done.set()

    def _left_s(self) -> float:
        """Until it is time to write answers down: at once where there are many."""
        if len(self._unwritten) >= self.at_once:
            return 0
        return self._unwritten[0].since_s + TOGETHER_S - elapsed_s()

    def _collect(self) -> None:
        while True:
            try:
                self._unwritten.append(self._came.get_nowait())
            except Empty:
                return

    def _write_down(self, go_on: Callable[[], bool]) -> None:
        """All at once; if one of them cannot be, each for itself: it must not hold up others.

        While the database is away or busy they are kept for the next step: what is known must
        not become a doubt. Each try may wait for seconds, so `go_on` hears of each.
        """
        waiting = self._unwritten
        if not waiting:
            return
        go_on()
        try:
            self.hand_out(settle(self.context, [one.answer for one in waiting]))
            self._unwritten = []
            return
        except Exception as error:
            log.warning("answers are written down one by one", **described(error))
        while self._unwritten and self._write_first(go_on):
            pass

    def _write_first(self, go_on: Callable[[], bool]) -> bool:
        """Write one answer down, or put it behind the others. Is it worth while to go on?"""
        first = self._unwritten.pop(0)
        go_on()
        try:
            self.hand_out(settle(self.context, [first.answer]))
        except _AWAY as error:
            if elapsed_s() - first.since_s < KEEP_S:
                self._unwritten.append(first)
                log.warning("answers are not written down yet", **described(error))
                return False
            log.error("an answer could not be written down", **described(error))
        except Exception as error:  # when its lease ends it is found in doubt
            log.error("an answer could not be written down", **described(error))
        return True
