"""Pages while nothing fails: each leaves once, and none is missing.

Real web and worker processes and the double of Twilio, each a process of its own. Calls come in and
nobody takes them: the clock is moved past the time for the answer, again and again, and whoever is
next is paged. Some say no, some of the texts are reported. What telephones got is counted at the
double, by number and code, and compared with the pages in the database.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from tests.faults.databases import Database, key
from tests.faults.invariants import key_in, owed
from tests.faults.workers import ALONE, move_clock
from tests.performance.paging.stage import Stage, stage
from tests.performance.paging.storm import EVERY_TENTH_IS_HIGHEST, OF_THE_HIGHEST
from tests.servers import PostgresServer
from tests.twilio_double import Reports
from triage.domain.lifecycle import PageState
from triage.services.sending import Choice
from triage.storage.attempts import Attempt
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.messages import Message

NAME = "nothing fails: a page leaves twice, or not at all"
PORTION = 5000
"""Pages on one database before the next one is begun, with processes of its own."""
WORKERS = 2
TEAMS, ROUNDS = 16, 8
"""So often everybody is asked, and there are always teams left to ask: some say no."""
A_PAIR = Choice("co_responder", "supervisor")
SILENCE_S = 150
"""Longer than these pages may go unanswered, and than the highest level is reminded."""
SAY_NO, REPORTED = 0.04, 0.1
"""The share of those who are asked in each round, and of reports."""
PATIENCE_S = 300.0
LOOKS = 3
"""What was under way while one looked is done when one looks again; what is wrong stays so."""
_CODE = re.compile(r"Reply (\w{4}) 1=accept")
_TEXTS = select(Message.id, Message.kind, Message.state).filter_by(channel="sms")
_ATTEMPTS = select(Attempt.id, Attempt.message_id, Attempt.is_copy).filter_by(channel="sms")
_HELD = (PageState.OPEN, PageState.ACCEPTED)


@dataclass
class Portion:
    """What came of it."""

    pages: int = 0
    texts: int = 0
    answered: int = 0
    delivered: int = 0
    took_s: float = 0.0
    slowest_s: float = 0.0
    """Until all was done that fell due at once."""
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.pages} pages among {self.texts} texts, {self.answered} answers,"
            f" {self.delivered} reports, {self.took_s:.0f} s, {len(self.wrong)} wrong"
        )


def run(server: PostgresServer | None, name: str, pages: int, seed: int) -> Portion:
    """About so many pages on a fresh database of this name. server -- None for SQLite."""
    began = time.monotonic()
    with stage(server, name) as made:
        play = Play(made, Random(seed))
        play.to_the_end(pages)
    play.portion.took_s = time.monotonic() - began
    return play.portion


@dataclass
class Play:
    """A portion while it goes on."""

    stage: Stage
    chance: Random
    portion: Portion = field(default_factory=Portion)

    @property
    def _database(self) -> Database:
        return Database(self.stage.workers.environ["TRIAGE_DATABASE_URL"])

    def to_the_end(self, pages: int) -> None:
        world, portion, database = self.stage.world, self.portion, self._database
        for number in range(TEAMS):
            world.pair(f"CIT {number}", calls_at_once=9999)
        self.stage.twilio.reports(Reports(lost=1 - REPORTED))
        texts_url = f"{self.stage.serve(1)}/sms/inbound"
        for _ in range(WORKERS):
            self.stage.work(ALONE)
        for number in range(-(-pages // (2 * ROUNDS))):
            if number % EVERY_TENTH_IS_HIGHEST:
                world.call({"problem_type": "other"}, choice=A_PAIR)
            else:
                world.call(OF_THE_HIGHEST)
        self._drain()
        for _ in range(ROUNDS):
            if portion.wrong or database.one("SELECT count(*) FROM page") >= pages:
                break
            self._answer(texts_url, "2")
            move_clock(world, SILENCE_S)
            self._drain()
        self._answer(texts_url, "1")
        for _ in range(LOOKS):
            found = list(self._judge())
            if portion.wrong or not found:
                break
            self._drain()
        portion.wrong += found

    def _answer(self, url: str, digit: str) -> None:
        """Some of those who are asked text back, and what follows is done."""
        with self.stage.world.context.reading() as uow:
            asked = [
                (page.responder.phone, page.slot.dispatch.call.code)
                for page in uow.session.scalars(_pages().where(Page.state == PageState.OPEN))
            ]
        for number, code in self.chance.sample(asked, max(round(len(asked) * SAY_NO), 1)):
            self.stage.twilio.text_in(url, number or "", f"{code} {digit}", wait=False)
            self.portion.answered += 1
        self.stage.twilio.wait_until_quiet(PATIENCE_S)
        self._drain()

    def _drain(self) -> None:
        """Until everything is done that is due: the clock must not overtake a text in hand."""
        with self.stage.world.context.reading() as uow:
            since = uow.now
        began = time.monotonic()
        while left := owed(self._database, since):
            if time.monotonic() > began + PATIENCE_S:
                self.portion.wrong += [f"still owed: {what}" for what in left]
                return
            time.sleep(0.05)
        self.portion.slowest_s = max(self.portion.slowest_s, time.monotonic() - began)
        self.stage.twilio.wait_until_quiet(PATIENCE_S)

    def _judge(self) -> Iterator[str]:
        with self.stage.world.context.reading() as uow:
            pages = uow.session.scalars(_pages()).all()
            texts = uow.session.execute(_TEXTS).all()
            attempts = uow.session.execute(_ATTEMPTS).all()
            now = uow.now
        self.portion.pages, self.portion.texts = len(pages), len(texts)
        self.portion.delivered = sum(state == "delivered" for _, _, state in texts)
        yield from self._telephones(pages)
        yield from _slots(pages, now)
        handed_over = Counter(message for _, message, _ in attempts)
        for k, kind, state in texts:
            if handed_over[k] != 1:
                yield f"{kind} {key(k)} is {state} and was handed over {handed_over[k]} times"
        taken = Counter(key_in(line["about"]) for line in self.stage.twilio.journal("accepted"))
        for attempt, message, is_copy in attempts:
            if (times := taken.pop(key(attempt), 0)) != 1:
                yield f"an attempt at text {key(message)} was taken {times} times"
            if is_copy:
                yield f"text {key(message)} is labelled as a second copy"
        yield from (f"a text of nobody's was sent: {name}" for name in taken)

    def _telephones(self, pages: Sequence[Page]) -> Iterator[str]:
        """Nobody is asked twice about one call here, nor reminded by text."""
        asked = Counter((page.responder.phone, page.slot.dispatch.call.code) for page in pages)
        got = Counter(
            (text["to"], found.group(1))
            for text in self.stage.twilio.texts
            if (found := _CODE.search(text["body"]))
        )
        for one in asked | got:
            if (asked[one], got[one]) != (1, 1):
                yield f"{one[1]} was asked of one telephone {asked[one]} times, came {got[one]}"


def _slots(pages: Sequence[Page], now: datetime) -> Iterator[str]:
    """One silence, one other person."""
    for page in pages:
        if page.state is PageState.OPEN and page.answer_by < now:
            yield f"nobody was asked after the silence of page {key(page.id)}"
    held = Counter(page.slot_id for page in pages if page.state in _HELD)
    for slot in {page.slot_id for page in pages}:
        if held[slot] != 1:
            yield f"slot {key(slot)} is asked of {held[slot]} people at once"


def _pages() -> Select[tuple[Page]]:
    call = joinedload(Page.slot).joinedload(Slot.dispatch).joinedload(Dispatch.call)
    return select(Page).options(call, joinedload(Page.responder))
