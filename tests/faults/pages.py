"""Pages while nothing fails: each leaves once, and none is missing.

Real web and worker processes and the double of Twilio, each a process of its own. Some calls are
asked of a team first: the clock is moved past the time for its answer, all hands are asked, and
after their silence once more. Then the teams are switched off, and for each further call all hands
are asked at once: dozens of pages of one transaction. Some say no, some say yes, some of the texts
are reported. What telephones got is counted at the double, by number and code, and compared with
the pages in the database.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select

from tests.faults.databases import Database
from tests.faults.each_page import PAGES, Evidence
from tests.faults.invariants import owed
from tests.faults.workers import ALONE, move_clock
from tests.performance.paging.stage import Stage, stage
from tests.performance.paging.storm import EVERY_TENTH_IS_HIGHEST, OF_THE_HIGHEST
from tests.servers import PostgresServer
from tests.twilio_double import Reports
from tests.typical_calls import UNARMED
from triage.domain.escalation import EscalationPolicy, Step, Who
from triage.domain.lifecycle import PageState
from triage.services import escalation_policies, switches
from triage.services.sending import Choice
from triage.storage.dispatches import Page
from triage.storage.teams import Team

NAME = "nothing fails: a page leaves twice, or not at all"
PORTION = 5000
"""Pages on one database before the next one is begun, with processes of its own: so many leave
before the time for their answers is over, and a timer fires for each."""
AT_ONCE = 10
"""Calls of which pages are owed at the same time: a page of the highest level is valid for 60 s."""
WORKERS = 2
PAIRS, HANDS = 2, 50
"""Teams that are asked first, and those of another response that are asked with all hands only."""
EVERY_19TH_ASKS_A_TEAM = 19
PROMPT = UNARMED | {"problem_type": "wants_to_talk"}
"""A level whose pages may go unanswered for five minutes: few timers fire beside the pages."""
A_PAIR = Choice("co_responder", "supervisor")
REPEAT_S = 600
_ALL_HANDS = EscalationPolicy(
    "All hands", (Step(Who.NEXT_TEAM, times=1), Step(Who.ALL_HANDS)), REPEAT_S
)
UNANSWERED_S, SILENCE_S = REPEAT_S / 2 + 60, REPEAT_S + 60
"""Longer than these pages may go unanswered, and than all hands are left in peace."""
SAY_SO, REPORTED = 0.2, 0.04
"""The share of calls that are answered in each round, and of reports."""
PATIENCE_S = 900.0
LOOKS = 3
"""What was under way while one looked is done when one looks again; what is wrong stays so."""


@dataclass
class Portion:
    """What came of it."""

    pages: int = 0
    """Texts that ask somebody to come."""
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
            f" {self.delivered} delivered, {self.took_s:.0f} s, {len(self.wrong)} wrong"
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
    _hands: dict[str, list[UUID]] = field(default_factory=dict)
    """By role."""
    _early: set[UUID] = field(default_factory=set)

    @property
    def _database(self) -> Database:
        return Database(self.stage.workers.environ["TRIAGE_DATABASE_URL"])

    def to_the_end(self, pages: int) -> None:
        portion = self.portion
        hands = min(HANDS, -(-pages // 10))  # a sample has several calls, too
        self._furnish(hands)
        self.stage.twilio.reports(Reports(lost=1 - REPORTED))
        texts_url = f"{self.stage.serve(1)}/sms/inbound"
        for _ in range(WORKERS):
            self.stage.work(ALONE)
        calls = range(max(round(pages / (2 * hands)), 2))
        early = calls[::EVERY_19TH_ASKS_A_TEAM]
        self._early = {self._call(number) for number in early}
        for _ in ("of a team", "of all hands"):
            self._drain()
            self._answer(texts_url, "2")
            move_clock(self.stage.world, UNANSWERED_S)
            self._drain()  # whose question is still open is not asked again with all hands
            move_clock(self.stage.world, SILENCE_S - UNANSWERED_S)
        self._drain()
        self._switch_off()
        later = sorted({*calls} - {*early})
        for first in range(0, len(later), AT_ONCE):
            for number in later[first : first + AT_ONCE]:
                self._call(number)
            self._drain()
        self._answer(texts_url, "1")
        for _ in range(LOOKS):
            found = list(self._wrong())
            if portion.wrong or not found:
                break
            self._drain()
        portion.wrong += found

    def _furnish(self, hands: int) -> None:
        world, roles = self.stage.world, ("clinician", "officer")
        for number in range(PAIRS):
            world.pair(f"CIT {number}", calls_at_once=9999)
        for number in range(hands):
            members = world.team(f"Hands {number}", ("homeless_outreach",), roles)
            for role, phone in zip(roles, members, strict=True):
                self._hands.setdefault(role, []).append(phone.responder_id)
        where = A_PAIR.response, 0
        with world.context.unit_of_work("test") as uow:
            escalation_policies.lay_down(uow, world.centre, where, _ALL_HANDS)

    def _call(self, number: int) -> UUID:
        facts = PROMPT if number % EVERY_TENTH_IS_HIGHEST else OF_THE_HIGHEST
        return self.stage.world.call(facts, choice=A_PAIR).id

    def _switch_off(self) -> None:
        """From now on nobody is left to ask for a pair."""
        with self.stage.world.context.unit_of_work("test") as uow:
            teams = uow.session.scalars(select(Team.id).where(Team.name.startswith("CIT")))
            for team in teams.all():
                later, subject = uow.now + timedelta(days=1), ("team", str(team))
                switches.suspend(uow, self.stage.world.centre, subject, later, "training day")

    def _answer(self, url: str, digit: str) -> None:
        """For some of the calls one of those who are asked texts back, and what follows is done."""
        with self.stage.world.context.reading() as uow:
            asked: dict[str, list[str]] = {}
            for page in uow.session.scalars(PAGES.where(Page.state == PageState.OPEN)):
                phones = asked.setdefault(page.slot.dispatch.call.code, [])
                phones.append(page.responder.phone or "")
        for code in self.chance.sample(sorted(asked), max(round(len(asked) * SAY_SO), 1)):
            number = self.chance.choice(asked[code])
            self.stage.twilio.text_in(url, number, f"{code} {digit}", wait=False)
            self.portion.answered += 1
        self.stage.twilio.wait_until_quiet(PATIENCE_S)
        self._drain()

    def _drain(self) -> None:
        """Until everything is done that is due: the clock must not overtake a text in hand."""
        began = time.monotonic()
        while left := owed(self._database, self._now()):
            if time.monotonic() > began + PATIENCE_S:
                self.portion.wrong += [f"still owed: {what}" for what in left]
                return
            time.sleep(0.1 + len(left) / 1000)
        self.portion.slowest_s = max(self.portion.slowest_s, time.monotonic() - began)
        self.stage.twilio.wait_until_quiet(PATIENCE_S)

    def _now(self) -> datetime:
        with self.stage.world.context.reading() as uow:
            return uow.now

    def _wrong(self) -> Iterator[str]:
        with self.stage.world.context.reading() as uow:
            evidence = Evidence.read(uow, self.stage.twilio)
            self.portion.texts = len(evidence.texts)
            self.portion.pages = sum(kind == "page" for _, kind, _ in evidence.texts)
            self.portion.delivered = sum(state == "delivered" for _, _, state in evidence.texts)
            yield from evidence.wrong(self._hands, self._early)
