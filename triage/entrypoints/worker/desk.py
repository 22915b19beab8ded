"""Texts on their way in a worker: one thread claims and writes down, many talk to the provider."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from triage.context import AppContext
from triage.domain.errors import CommitInDoubt
from triage.domain.storm import Rush
from triage.entrypoints.worker.sending import Answer, InHand, ask_provider, claim_texts, settle
from triage.entrypoints.worker.stopwatch import elapsed_s
from triage.entrypoints.worker.told import described
from triage.services.claims import LEAST_URGENT
from triage.storage.unit_of_work import LATER

HIGHEST = 1
"""Texts of this priority and above: alarms, and the pages of the highest level."""
KEEP_S = 120
"""For so long an answer is kept while the database is away or busy: longer than it takes to move
to another server. A row that somebody holds for ever holds up nobody for longer."""
TOGETHER_S = 0.05
"""For so long an answer waits for others to be written down with it: what a transaction costs is
hardly more for ten of them. A worker that dies meanwhile leaves as many doubts as one that dies
while it waits for its answers."""
APART_S = 0.008
"""Between two claims while there is something to claim, for the same reason: in a rush each takes
several, and whoever writes a call down waits for fewer."""
_AWAY = (OperationalError, InterfaceError, TimeoutError, CommitInDoubt)

log = structlog.get_logger("triage.worker")


@dataclass(frozen=True)
class Unwritten:
    """An answer that is to be written down, and since when."""

    answer: Answer
    since_s: float
    """On the clock of `elapsed_s`."""


@dataclass
class Desk:
    """The thread that claims and settles, and the senders it hands texts to.

    There are never more texts in hand than senders, so none waits for a free one; a quarter of
    them takes nothing but the highest level, however much else is due. An answer is in no
    sender's way: as many again may wait to be written down.
    """

    context: AppContext
    owner: str
    wakes: threading.Event = field(default_factory=threading.Event)
    """Set by a ring and by each answer of the provider."""
    _rung: threading.Event = field(default_factory=threading.Event)
    """Something may be due that nobody has looked for."""
    _told: threading.Event = field(default_factory=threading.Event)
    """A commit has just left something that is due."""
    _jobs: SimpleQueue[InHand | None] = field(default_factory=SimpleQueue)
    _answers: SimpleQueue[Answer | None] = field(default_factory=SimpleQueue)
    _unwritten: list[Unwritten] = field(default_factory=list)
    _in_hand: int = 0
    _claimed_s: float = -APART_S
    """When texts were last claimed, on the clock of `elapsed_s`."""
    _more_due: bool = False
    """The last claim took as many as it was let."""
    _rush: Rush = field(default_factory=Rush)

    def __post_init__(self) -> None:
        self.senders = self.context.settings.policy.senders
        self._reserved = self.senders // 4
        for number in range(self.senders):
            name = f"sender-{number}"
            threading.Thread(target=self._send, name=name, daemon=True).start()

    def ring(self) -> None:
        self._rung.set()
        self.wakes.set()

    def tell(self) -> None:
        self._told.set()
        self.ring()

    def _send(self) -> None:
        while (text := self._jobs.get()) is not None:
            self._answers.put(ask_provider(self.context, text))
            self.wakes.set()

    def work(self, go_on: Callable[[], bool]) -> None:
        """Until nothing is due that a sender is free for, and all answers are written down.

        Whoever waits to be sent comes before what is to be written down.
        """
        more = True
        while more and go_on():
            self._collect()
            more = tried = False
            try:
                more = self._claim(go_on)
            finally:
                if self._left_s() <= 0:
                    self._write_down(go_on)
                    tried = True
            more = more or not self._answers.empty()
            if not more and self._unwritten and not tried:
                self.wakes.wait(self._left_s())
                self.wakes.clear()
                more = True

    def _left_s(self) -> float:
        """Until it is time to write answers down: at once where there are many."""
        if not self._unwritten or 2 * len(self._unwritten) >= self.senders:
            return 0
        return self._unwritten[0].since_s + TOGETHER_S - elapsed_s()

    def finish(self, go_on: Callable[[], bool]) -> None:
        """Claim nothing more, wait for what is in hand and write it down."""
        while (self._in_hand or self._unwritten) and go_on():
            self.wakes.wait(0.2)
            self.wakes.clear()
            self._collect()
            self._write_down(go_on)
        for _ in range(self.senders):
            self._jobs.put(None)

    def _collect(self) -> None:
        while True:
            try:
                answer = self._answers.get_nowait()
            except Empty:
                return
            self._in_hand -= 1
            if answer is not None:
                self._unwritten.append(Unwritten(answer, elapsed_s()))

    def _claim(self, go_on: Callable[[], bool]) -> bool:
        """Take what is due and hand it out. Was there any?"""
        if not self._rung.is_set():
            return False
        if self._waited_for_more():
            return True
        self._rung.clear()
        free = self._free()
        usual, claimed = free - self._reserved, []
        if usual > 0:
            look = not self._told.is_set()
            self._told.clear()
            least = LATER - 1 if self._rush.leaves_later(elapsed_s()) else LEAST_URGENT
            claimed = claim_texts(self.context, self.owner, usual, least, look=look)
            waited_for = sum(text.claimed.priority < LATER for text in claimed)
            self._rush.note(elapsed_s(), waited_for)
            self._more_due = len(claimed) >= usual
        if len(claimed) >= usual and (left := free - len(claimed)) > 0:
            go_on()
            claimed += claim_texts(self.context, self.owner, left, HIGHEST)
        if claimed or usual <= 0:
            self._rung.set()  # there may be more, for whoever is free next
        self._hand_out(claimed)
        if claimed:
            self._claimed_s = elapsed_s()
        return bool(claimed)

    def _waited_for_more(self) -> bool:
        """Let several go out together. In a rush until half of the senders are free, but for those
        of the highest level; True where they were not and others came meanwhile."""
        if self._more_due and 2 * (self._free() - self._reserved) < self.senders - self._reserved:
            if (left_s := self._claimed_s + TOGETHER_S - elapsed_s()) > 0:
                self.wakes.wait(left_s)
                self.wakes.clear()
                return True
        elif (left_s := self._claimed_s + APART_S - elapsed_s()) > 0:
            time.sleep(left_s)
            self._collect()
        return False

    def _free(self) -> int:
        return self.senders - self._in_hand if len(self._unwritten) < self.senders else 0

    def _hand_out(self, claimed: Sequence[InHand]) -> None:
        for text in claimed:
            self._in_hand += 1
            self._jobs.put(text)

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
            self._hand_out(settle(self.context, [one.answer for one in waiting]))
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
            self._hand_out(settle(self.context, [first.answer]))
        except _AWAY as error:
            if elapsed_s() - first.since_s < KEEP_S:
                self._unwritten.append(first)
                log.warning("answers are not written down yet", **described(error))
                return False
            log.error("an answer could not be written down", **described(error))
        except Exception as error:  # when its lease ends it is found in doubt
            log.error("an answer could not be written down", **described(error))
        return True
