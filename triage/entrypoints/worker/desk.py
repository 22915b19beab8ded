"""Texts on their way in a worker: one thread claims, many talk to the provider, one writes down."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue

from triage.context import AppContext
from triage.domain.storm import Rush
from triage.entrypoints.worker.answers import TOGETHER_S, Answers
from triage.entrypoints.worker.sending import InHand, ask_provider, claim_texts, reaches_provider
from triage.entrypoints.worker.stopwatch import elapsed_s
from triage.services.claims import LEAST_URGENT
from triage.storage.unit_of_work import LATER

HIGHEST = 1
"""Texts of this priority and above: alarms, and the pages of the highest level."""
ASK_EVERY_S = 1.0
APART_S = 0.004
"""Between two claims while there is something to claim: what a transaction costs is hardly more for
ten texts than for one, and whoever writes a call down waits for fewer of them."""


@dataclass
class Desk:
    """The thread that claims, and the senders it hands texts to.

    There are never more texts in hand than senders, so none waits for a free one; a quarter of
    them takes nothing but the highest level, however much else is due. An answer is in no
    sender's way: as many again may wait to be written down.
    """

    context: AppContext
    owner: str
    wakes: threading.Event = field(default_factory=threading.Event)
    """Set by a ring, by each answer of the provider and when answers are written down."""
    _rung: threading.Event = field(default_factory=threading.Event)
    """Something may be due that nobody has looked for."""
    _told: threading.Event = field(default_factory=threading.Event)
    """A commit has just left something that is due."""
    _jobs: SimpleQueue[InHand | None] = field(default_factory=SimpleQueue)
    _claimed_s: float = -APART_S
    """When texts were last claimed, on the clock of `elapsed_s`."""
    _more_due: bool = False
    """The last claim took as many as it was let."""
    _cut_off: bool = False
    """Not a byte of the latest text has left this machine."""
    _asks: threading.Thread = field(default_factory=threading.Thread)
    """Whether the provider can be reached again."""
    _rush: Rush = field(default_factory=Rush)

    def __post_init__(self) -> None:
        self.senders = self.context.settings.policy.senders
        self._reserved = self.senders // 4
        self.answers = Answers(self.context, self._hand_out, at_once=self.senders // 2)
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
            answer = ask_provider(self.context, text)
            if answer is not None and answer.outcome is not None:
                self._cut_off = answer.did_not_leave
            self.answers.take(answer)
            self.wakes.set()

    def _is_cut_off(self) -> bool:
        """Does this machine reach no provider? Then it takes nothing from other workers whose texts
        leave: what it refused would have all of them wait. A thread asks again and again."""
        if self._cut_off and not self._asks.is_alive():
            self._asks = threading.Thread(target=self._ask, name="cut-off", daemon=True)
            self._asks.start()
        return self._cut_off

    def _ask(self) -> None:
        while self._cut_off:
            if reaches_provider(self.context):
                self._cut_off = False
                self.ring()
            else:
                time.sleep(ASK_EVERY_S)

    def work(self, go_on: Callable[[], bool]) -> None:
        """Until nothing is due that a sender is free for."""
        more = True
        while more and go_on():
            more = self._claim(go_on)

    def finish(self, go_on: Callable[[], bool]) -> None:
        """Claim nothing more, and wait until what is in hand is answered and written down."""
        self.answers.no_more.set()
        while not self.answers.done.wait(0.2) and go_on():
            pass
        for _ in range(self.senders):
            self._jobs.put(None)

    def _claim(self, go_on: Callable[[], bool]) -> bool:
        """Take what is due and hand it out. Was there any?"""
        if not self._rung.is_set():
            return False
        if self._waited_for_more():
            return True
        self._rung.clear()
        free, cut_off = self._free(), self._is_cut_off()
        usual, claimed = free - self._reserved, []
        if usual > 0:
            look = not self._told.is_set()
            self._told.clear()
            least = LATER - 1 if self._rush.leaves_later(elapsed_s()) else LEAST_URGENT
            claimed = self._take(usual, least, look=look, probes_only=cut_off)
            waited_for = sum(text.claimed.priority < LATER for text in claimed)
            self._rush.note(elapsed_s(), waited_for)
            self._more_due = len(claimed) >= usual
        if len(claimed) >= usual and (left := free - len(claimed)) > 0:
            go_on()
            claimed += self._take(left, HIGHEST, probes_only=cut_off)
        if claimed or usual <= 0:
            self._rung.set()  # there may be more, for whoever is free next
        self._hand_out(claimed)
        if claimed:
            self._claimed_s = elapsed_s()
        return bool(claimed)

    def _take(self, most: int, least_urgent: int, **how: bool) -> list[InHand]:
        return claim_texts(self.context, self.owner, most, least_urgent, **how)

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
        return False

    def _free(self) -> int:
        return self.senders - self.answers.expected if self.answers.unwritten < self.senders else 0

    def _hand_out(self, texts: Sequence[InHand]) -> None:
        self.answers.expect(len(texts))
        for text in texts:
            self._jobs.put(text)
        self.wakes.set()
