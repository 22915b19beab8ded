"""An acknowledgement against the escalation that is due in the same millisecond.

Whoever is first, the other sees it: after an answer was committed nobody else is asked, an
escalation is never early, and somebody who answers late still has the call.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import Table, delete, select, update

from tests.world import Phone, World
from triage.domain.lifecycle import PageState
from triage.entrypoints import worker
from triage.services import sending
from triage.storage.base import Base
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.timers import ClockShift, Timer

RESPONSE = "mobile_crisis"
APART_MS = 1.0
"""The escalation falls due up to this before or after the two are let go."""
CHANGED = {"call", "dispatch", "slot", "page", "message", "attempt", "timer"}
OFTEN = 50
"""So often is raced about one call, from the same beginning, before another one comes in."""


@dataclass
class Tally:
    """What came of the races so far."""

    run: int = 0
    answered_first: int = 0
    escalated_first: int = 0
    worst_late_s: float = 0.0
    """Of an escalation, from when it was due."""
    wrong: list[str] = field(default_factory=list)


@dataclass
class Races:
    """Two processes' views of one database, racing."""

    answering: World
    escalating: World
    seed: int = 0
    tally: Tally = field(default_factory=Tally)
    _lead_s: float = 0.005
    """The escalation's, as long as makes both win about as often."""
    _phones: dict[str, Phone] = field(default_factory=dict)
    _begins: dict[Table, list[dict[str, Any]]] = field(default_factory=dict)
    """The rows about a call when one team has been asked."""

    def __post_init__(self) -> None:
        for name in ("First", "Second", "Third"):
            (phone,) = self.answering.team(name, (RESPONSE,), calls_at_once=9999)
            self._phones[str(phone.responder_id)] = phone

    def run(self, rounds: int) -> Tally:
        choice = sending.Choice(RESPONSE, "supervisor")
        for number in range(rounds):
            if number % OFTEN:
                self._put_back()
            else:
                self._put_back(nothing=True)
                call = self.answering.call({"problem_type": "other"}, choice=choice)
                worker.send_texts(self.answering.context, "races")  # nobody is passed over unasked
                self._begins = self._rows()
            self._race(call, Random(f"{self.seed}-{self.tally.run}"))
        return self.tally

    def _race(self, call: Call, chance: Random) -> None:
        page, due_at = self._fall_due(call, chance.uniform(-APART_MS, APART_MS))
        number = self._phones[str(page.responder_id)].number
        lead_s = self._lead_s * chance.uniform(0.7, 1.3)
        barrier = threading.Barrier(2)
        failed: list[BaseException] = []
        heard: list[datetime] = []

        def answer() -> None:
            barrier.wait()
            time.sleep(lead_s)
            self.answering.receive(f"{call.code}-{self.tally.run}", number, f"{call.code} 1")
            with self.answering.context.reading() as uow:
                heard.append(uow.now)

        def escalate() -> None:
            barrier.wait()
            over = time.monotonic() + 5
            while self._waits(page) and time.monotonic() < over:
                worker.fire_timers(self.escalating.context)

        threads = [_Thread(answer, failed), _Thread(escalate, failed)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.tally.run += 1
        self.tally.wrong += [f"{type(error).__name__} in a race" for error in failed]
        if heard:
            self._judge(call, page, due_at, heard[0])

    def _fall_due(self, call: Call, in_ms: float) -> tuple[Page, datetime]:
        """Move the clock to so many milliseconds before the one open page of this call is due."""
        with self.answering.context.unit_of_work("test") as uow:
            page = uow.session.scalars(
                select(Page).join(Slot).join(Dispatch).where(Dispatch.call_id == call.id)
            ).one()
            left_s = (page.answer_by - uow.now).total_seconds() - (3 + in_ms) / 1000
            uow.add(ClockShift(ahead_s=left_s))
        return page, page.answer_by

    def _waits(self, page: Page) -> bool:
        """Is the time of this page still running, or the answer still to come?"""
        with self.escalating.context.reading() as uow:
            state = uow.session.scalar(
                select(Timer.state).where(Timer.subject_id == page.id, Timer.kind == "page_answer")
            )
        return state == "waiting"

    def _judge(self, call: Call, first: Page, due_at: datetime, heard_at: datetime) -> None:
        """heard_at -- the answer was committed by then; the one that waits for the other begins
        before it is over."""
        with self.answering.context.reading() as uow:
            pages = uow.session.scalars(
                select(Page)
                .join(Slot)
                .join(Dispatch)
                .where(Dispatch.call_id == call.id)
                .order_by(Page.created_at)
            ).all()
        tally, wrong = self.tally, self.tally.wrong
        accepted = [page for page in pages if page.state is PageState.ACCEPTED]
        if [page.id for page in accepted] != [first.id]:
            wrong.append(f"{call.code}: answered, and {len(accepted)} have accepted")
            return
        later = [page for page in pages if page.id != first.id]
        if not later:
            tally.answered_first += 1
            self._lead_s = min(self._lead_s * 1.5, 1)
            return
        tally.escalated_first += 1
        self._lead_s /= 1.5
        if len(later) > 1:
            wrong.append(f"{call.code}: {len(later)} others were asked for one silence")
        for page in later:
            tally.worst_late_s = max(tally.worst_late_s, (page.created_at - due_at).total_seconds())
            if page.created_at < due_at:
                wrong.append(f"{call.code}: somebody else was asked too early")
            if page.created_at > heard_at:
                wrong.append(f"{call.code}: somebody else was asked after the answer")
            if page.state is not PageState.WITHDRAWN:
                wrong.append(f"{call.code}: nobody was told to stand down")

    def _rows(self) -> dict[Table, list[dict[str, Any]]]:
        """All that hangs on calls, by table; what others hang on comes first."""
        tables: list[Table] = []
        for table in Base.metadata.sorted_tables:
            of_calls = any(key.column.table in tables for key in table.foreign_keys)
            if table.name in {"call", "timer"} or (of_calls and table.name != "audit_entry"):
                tables.append(table)
        with self.answering.context.reading() as uow:
            found = {table: uow.session.execute(select(table)).mappings() for table in tables}
            return {table: [dict(row) for row in rows] for table, rows in found.items()}

    def _put_back(self, *, nothing: bool = False) -> None:
        """The rows as they were when one team had been asked, or none at all."""
        with self.answering.context.unit_of_work("test") as uow:
            uow.session.execute(delete(ClockShift))  # else shifts would be over soon
            for table, rows in reversed(self._begins.items()):
                kept = [] if nothing else [row["id"] for row in rows]
                uow.session.execute(delete(table).where(table.c.id.not_in(kept)))
            for table, rows in () if nothing else self._begins.items():
                for row in rows if table.name in CHANGED else ():
                    uow.session.execute(update(table).where(table.c.id == row["id"]).values(row))


class _Thread(threading.Thread):
    def __init__(self, work: Callable[[], None], failed: list[BaseException]) -> None:
        super().__init__()
        self._work, self._failed = work, failed

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self._failed.append(error)
