"""Texts on their way: one thread claims and writes down, many talk to the provider.

Who talks to the provider waits for a network, and holds no connection of the database meanwhile.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from typing import Protocol, runtime_checkable

import structlog
from sqlalchemy.exc import DBAPIError

from triage.context import AppContext
from triage.domain.errors import CommitInDoubt, Conflict
from triage.domain.phone_network import OutboundSms, Outcome, Unknown, hand_over
from triage.entrypoints.worker.told import ACTOR, described
from triage.services import claims, settling
from triage.services.centre import Centre
from triage.services.handing_over import ClaimedText
from triage.storage.unit_of_work import UnitOfWork

HIGHEST = 1
"""Texts of this priority and above: alarms, and the pages of the highest level."""
_ROUNDS = 100
"""Claims in a row that may come back empty before a step ends."""

log = structlog.get_logger("triage.worker")


@runtime_checkable
class Remembers(Protocol):
    """A telephone network that can be asked what it has taken."""

    def find(self, sms: OutboundSms, within_s: float) -> list[str] | None: ...


@dataclass(frozen=True)
class Answer:
    """What the provider said to a text in hand."""

    claimed: ClaimedText
    outcome: Outcome | None
    """None: it was not handed over, only asked about."""
    found: list[str] | None = None


def ask_provider(context: AppContext, claimed: ClaimedText) -> Answer:
    """Hand a text over, or ask about one in doubt. Outside any transaction."""
    try:
        if claimed.attempt_id is not None:
            return Answer(claimed, hand_over(context.phone, claimed.sms))
        phone = context.phone
        known = (
            phone.find(claimed.sms, claimed.in_doubt_s) if isinstance(phone, Remembers) else None
        )
        return Answer(claimed, None, known)
    except Exception as error:
        log.error("a text is in doubt, it falls due again", **described(error))
        return Answer(claimed, Unknown(type(error).__name__) if claimed.attempt_id else None)


def write_down(uow: UnitOfWork, centre: Centre, answers: Sequence[Answer]) -> list[ClaimedText]:
    """Settle what was answered; returns second copies that are to be handed over now."""
    settled = [(one.claimed, one.outcome) for one in answers if one.outcome is not None]
    if settled:
        settling.settle_all(uow, centre, settled)
    doubtful = [one for one in answers if one.outcome is None]
    copies = [settling.resolve(uow, centre, one.claimed, one.found) for one in doubtful]
    return [copy for copy in copies if copy is not None]


def claim_texts(
    context: AppContext,
    owner: str,
    limit: int,
    least_urgent: int = claims.LEAST_URGENT,
    *,
    look: bool = True,
) -> list[ClaimedText]:
    """Up to `limit` due texts, or none where none is due.

    look -- first, which disturbs no writer; whoever was told that something is due need not.
    """
    for _ in range(_ROUNDS):
        if look:
            with context.reading() as uow:
                if not claims.anything_due(uow, least_urgent):
                    break
        look = True
        if claimed := _claim(context, owner, limit, least_urgent):
            return claimed  # else all of them were put aside, or another worker has them in hand
    return []


def _claim(context: AppContext, owner: str, limit: int, least_urgent: int) -> list[ClaimedText]:
    """All at once; if one of them cannot be claimed, each for itself."""

    def claim(uow: UnitOfWork, *, one_by_one: bool) -> list[ClaimedText]:
        centre = context.centre
        return claims.claim(uow, centre, owner, limit, least_urgent, one_by_one=one_by_one)

    # Keyed: what was claimed by a commit in doubt falls due when its lease ends.
    try:
        return context.do(ACTOR, partial(claim, one_by_one=False), keyed=True)
    except (Conflict, CommitInDoubt, DBAPIError):
        raise
    except Exception as error:
        log.error("texts are claimed one by one", **described(error))
        return context.do(ACTOR, partial(claim, one_by_one=True), keyed=True)


def send_texts(context: AppContext, owner: str) -> None:
    """Send everything that is due, one after the other, and come back when it is done."""
    while in_hand := claim_texts(context, owner, 1):
        while in_hand:
            answers = [ask_provider(context, claimed) for claimed in in_hand]
            in_hand = _written(context, answers)


def _written(context: AppContext, answers: Sequence[Answer]) -> list[ClaimedText]:
    return context.do(ACTOR, lambda uow: write_down(uow, context.centre, answers), keyed=True)


@dataclass
class Desk:
    """The thread that claims and settles, and the senders it hands texts to.

    There are never more texts in hand than senders, so none waits for a free one; a quarter of
    them takes nothing but the highest level, however much else is due.
    """

    context: AppContext
    owner: str
    wakes: threading.Event = field(default_factory=threading.Event)
    """Set by a ring and by each answer of the provider."""
    _rung: threading.Event = field(default_factory=threading.Event)
    """Something may be due that nobody has looked for."""
    _told: threading.Event = field(default_factory=threading.Event)
    """A commit has just left something that is due."""
    _jobs: SimpleQueue[ClaimedText | None] = field(default_factory=SimpleQueue)
    _answers: SimpleQueue[Answer] = field(default_factory=SimpleQueue)
    _unwritten: list[Answer] = field(default_factory=list)
    _in_hand: int = 0

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
        while (claimed := self._jobs.get()) is not None:
            self._answers.put(ask_provider(self.context, claimed))
            self.wakes.set()

    def work(self, go_on: Callable[[], bool]) -> None:
        """Until nothing is due that a sender is free for, and all answers are written down.

        Whoever waits to be sent comes before what is to be written down.
        """
        more = True
        while more and go_on():
            self._collect()
            try:
                more = self._claim()
            finally:
                self._write_down()
            more = more or not self._answers.empty()

    def finish(self, go_on: Callable[[], bool]) -> None:
        """Claim nothing more, wait for what is in hand and write it down."""
        while (self._in_hand or self._unwritten) and go_on():
            self.wakes.wait(0.2)
            self.wakes.clear()
            self._collect()
            try:
                self._write_down()
            except Exception as error:
                log.error("answers are not written down yet", **described(error))
        for _ in range(self.senders):
            self._jobs.put(None)

    def _collect(self) -> None:
        while True:
            try:
                self._unwritten.append(self._answers.get_nowait())
            except Empty:
                return
            self._in_hand -= 1

    def _claim(self) -> bool:
        """Take what is due and hand it out. Was there any?"""
        if not self._rung.is_set():
            return False
        self._rung.clear()
        free = self.senders - self._in_hand - len(self._unwritten)
        usual, claimed = free - self._reserved, []
        if usual > 0:
            look = not self._told.is_set()
            self._told.clear()
            claimed = claim_texts(self.context, self.owner, usual, look=look)
        if len(claimed) >= usual and (left := free - len(claimed)) > 0:
            claimed += claim_texts(self.context, self.owner, left, HIGHEST)
        if claimed or usual <= 0:
            self._rung.set()  # there may be more, for whoever is free next
        self._hand_out(claimed)
        return bool(claimed)

    def _hand_out(self, claimed: Sequence[ClaimedText]) -> None:
        for text in claimed:
            self._in_hand += 1
            self._jobs.put(text)

    def _write_down(self) -> None:
        """All at once; if one of them cannot be, each for itself: it must not hold up others."""
        answers = self._unwritten
        if not answers:
            return
        try:
            copies = _written(self.context, answers)
            self._unwritten = []
        except Exception as error:
            log.warning("answers are written down one by one", **described(error))
            self._unwritten, copies = [], []
            for answer in answers:
                copies += self._write_one(answer)
        self._hand_out(copies)

    def _write_one(self, answer: Answer) -> list[ClaimedText]:
        try:
            return _written(self.context, [answer])
        except Exception as error:  # when its lease ends it is found in doubt
            log.error("an answer could not be written down", **described(error))
            return []
