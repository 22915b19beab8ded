"""Any order of crashes, late answers, reports and looks at the provider's list: never a third
copy, never a step back, nothing lost and nothing wrongly counted as sent."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.world import World, prepared_template
from triage.domain.delivery import AttemptState, Whose, later_of
from triage.domain.lifecycle import MESSAGE_MOVES, MessageState
from triage.domain.phone_network import OutboundCall, Outcome, Refused, Sent, Unknown
from triage.services import claims, outbox, reports, settling
from triage.services.handing_over import ClaimedText
from triage.services.reports import Report
from triage.storage.attempts import Attempt
from triage.storage.audit import AuditEntry
from triage.storage.messages import Message
from triage.storage.timers import ClockShift

PHONES = ("+12025550171", "+12025550172")
ENDED = {
    MessageState.DELIVERED,
    MessageState.SENT,
    MessageState.UNDELIVERED,
    MessageState.FAILED,
    MessageState.EXPIRED,
}
MOST_TEXTS = 3
OTHERS_SEE = {"reply", "page", "ring"}
"""Whose loss somebody notices who asks again, or asks the next."""
CLOCKS_DIFFER = timedelta(minutes=1)
OUTCOMES: dict[str, Outcome | None] = {
    "taken": None,
    "taken and broken": Unknown("http 500"),
    "broken": Unknown("ReadTimeoutError"),
    "refused": Refused("99999", Whose.NOT_SAID),
    "away": Refused("no connection: NewConnectionError", Whose.PROVIDER),
    "no such phone": Refused("21211", Whose.NUMBER),
}
"""What may come of handing a text over; None: the provider's key."""
_template: list[Path] = []


def template() -> Path:
    if not _template:
        file = Path(tempfile.mkdtemp()) / "template.sqlite"
        prepared_template(f"sqlite:///{file}")
        _template.append(file)
    return _template[0]


@dataclass
class Copy:
    """What the provider took: whose it is, and whether it tells of it."""

    sid: str
    attempt: str
    to: str
    body: str | None
    """What a text says; nobody can tell what a call says."""
    at: datetime


class Provider:
    """Takes texts and may lie about it, but never gives a key twice."""

    def __init__(self) -> None:
        self.copies: list[Copy] = []

    def take(self, text: ClaimedText, now: datetime) -> Copy:
        sid = f"SM{len(self.copies)}"
        self.copies.append(Copy(sid, text.sms.id, text.sms.to, _words(text), now))
        return self.copies[-1]

    def listed(self, text: ClaimedText, now: datetime) -> list[str]:
        since = now - timedelta(seconds=text.in_doubt_s) - CLOCKS_DIFFER
        sought = (text.sms.to, _words(text))
        return [c.sid for c in self.copies if (c.to, c.body) == sought and c.at >= since][::-1]


def _words(text: ClaimedText) -> str | None:
    return None if isinstance(text.sms, OutboundCall) else text.sms.body


class Sending:
    """Two phones, texts alike and not, two workers' worth of hands."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        file = shutil.copy(template(), self.folder / "t.sqlite")
        self.world = World.open(f"sqlite:///{file}", self.folder)
        self.provider = Provider()
        self.late: list[tuple[ClaimedText, Outcome]] = []
        self.seen: dict[Any, MessageState] = {}
        self.known: dict[Any, AttemptState] = {}
        self.owed = 0

    def close(self) -> None:
        self.world.context.database.engine.dispose()
        shutil.rmtree(self.folder)

    # --- what may happen ------------------------------------------------------------------

    def work(self, wait_s: int, what: str, tells: bool, end: str) -> None:
        """A worker takes a text, asks about it or hands it over, and may not come back."""
        self.wait(wait_s)
        with self.world.context.unit_of_work("w") as uow:
            taken = claims.claim(uow, self.world.centre, "w", 1)
        for text in taken:
            if text.attempt_id is None:
                found = self.provider.listed(text, self.now()) if tells else None
                with self.world.context.unit_of_work("w") as uow:
                    copy = settling.resolve(uow, self.world.centre, text, found)
                taken += [copy] if copy else []
                continue
            outcome = OUTCOMES[what]
            if what.startswith("taken"):
                kept = self.provider.take(text, self.now())
                outcome = outcome or Sent(kept.sid)
            assert outcome is not None
            if end != "dies":
                self.late.append((text, outcome))
            if end == "written down":
                self.write_down(-1)

    def owe(self, phone: int, kind: str) -> None:
        if self.owed == MOST_TEXTS:
            return
        role = "partner" if kind == "notice" else "officer"
        with self.world.context.unit_of_work("test") as uow:
            outbox.enqueue(
                uow,
                self.world.centre,
                kind=kind,
                channel="voice" if kind == "ring" else "sms",
                to=PHONES[phone],
                to_role=role,
                body="stand down",
                priority=phone,
            )
        self.owed += 1

    def write_down(self, place: int) -> None:
        if not self.late:
            return
        text, outcome = self.late.pop(place if place < 0 else place % len(self.late))
        with self.world.context.unit_of_work("w") as uow:
            settling.settle(uow, self.world.centre, text, outcome)

    def report(self, place: int, status: str, times: int) -> None:
        if not self.provider.copies:
            return
        copy = self.provider.copies[place % len(self.provider.copies)]
        with self.world.context.reading() as uow:
            made = uow.session.scalars(select(Attempt.id)).all()
        attempt = next(key for key in made if str(key) == copy.attempt)
        for _ in range(times):
            told = Report(copy.sid, status, None, copy.to, attempt)
            with self.world.context.unit_of_work("carrier") as uow:
                reports.hear(uow, self.world.centre, told)

    def now(self) -> datetime:
        with self.world.context.reading() as uow:
            return uow.now

    def wait(self, seconds: int) -> None:
        with self.world.context.unit_of_work("test") as uow:
            uow.add(ClockShift(ahead_s=seconds))

    # --- what must hold -------------------------------------------------------------------

    def holds(self) -> None:
        with self.world.context.reading() as uow:
            messages = uow.session.scalars(select(Message)).all()
            attempts = uow.session.scalars(select(Attempt)).all()
            labelled = uow.session.scalars(
                select(AuditEntry.subject_id).where(AuditEntry.event == "text.second_copy")
            ).all()
        assert len(messages) == self.owed
        keys = [attempt.provider_id for attempt in attempts if attempt.provider_id]
        assert len(keys) == len(set(keys))
        assert len(labelled) == len(set(labelled))
        for phone in PHONES:
            taken = sum(copy.to == phone for copy in self.provider.copies)
            gone = {MessageState.SENT, MessageState.DELIVERED}
            assert sum(m.to == phone and m.state in gone for m in messages) <= taken
        for message in messages:
            mine = [attempt for attempt in attempts if attempt.message_id == message.id]
            self._never_too_many(message, mine, labelled)
            self._never_back(message, mine)
            self._nothing_is_lost(message, mine)

    def _never_too_many(self, message: Message, mine: list[Attempt], labelled: Any) -> None:
        ids = {str(attempt.id) for attempt in mine}
        copies = sum(copy.attempt in ids for copy in self.provider.copies)
        assert copies <= (1 if message.kind == "notice" else 2)
        assert copies < 2 or message.id in labelled
        if message.kind == "ring" and message.provider_id is not None:  # and no other ring's call
            theirs = {copy.sid: copy.attempt for copy in self.provider.copies}
            assert theirs[message.provider_id] in ids

    def _never_back(self, message: Message, mine: list[Attempt]) -> None:
        before = self.seen.get(message.id, message.state)
        if before in ENDED and message.state is not before:
            assert message.state in MESSAGE_MOVES[before]
        self.seen[message.id] = message.state
        for attempt in mine:
            old = self.known.get(attempt.id, attempt.state)
            assert later_of(old, attempt.state) is attempt.state
            self.known[attempt.id] = attempt.state

    def _nothing_is_lost(self, message: Message, mine: list[Attempt]) -> None:
        """Whatever is over has a reason that a person can see; all else falls due again."""
        states = {attempt.state for attempt in mine}
        if message.state in {MessageState.SENT, MessageState.DELIVERED}:
            assert AttemptState.ACCEPTED in states
        elif message.state in {MessageState.FAILED, MessageState.EXPIRED}:
            assert message.kind in OTHERS_SEE or message.ring_since or message.delivered_at
        elif message.state is MessageState.UNKNOWN:
            assert AttemptState.UNKNOWN in states
        elif message.state is MessageState.ATTEMPTING:
            assert message.lease_until is not None


_STEPS: dict[str, st.SearchStrategy[Any]] = {
    "work": st.tuples(
        st.sampled_from([7, 31, 0, 16]),
        st.sampled_from([*["taken and broken"] * 4, *OUTCOMES]),  # doubt is what this is about
        st.sampled_from([False, False, True]),
        st.sampled_from(["written down", "written down", "late", "dies"]),
    ),
    "write_down": st.tuples(st.integers(0, 9)),
    "report": st.tuples(
        st.integers(0, 9),
        st.sampled_from(["queued", "sent", "delivered", "undelivered", "teleported"]),
        st.integers(1, 2),
    ),
    "owe": st.tuples(
        st.integers(0, 1),
        st.sampled_from(["stand_down", "notice", "reply", "page", "ring", "ring"]),
    ),
    "wait": st.tuples(st.sampled_from([120, 4000])),
}
_step = st.sampled_from([*["work"] * 6, *_STEPS]).flatmap(
    lambda name: st.tuples(st.just(name), _STEPS[name])
)


ANOTHER_S_CALL = [
    ("work", (0, "broken", False, "written down")),
    ("owe", (0, "ring")),
    ("work", (0, "taken", False, "late")),
    ("work", (7, "taken", True, "written down")),
    ("write_down", (0,)),
]
"""The first ring never got there; the second is being made while the provider is asked."""


@example(first="ring", steps=ANOTHER_S_CALL)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    first=st.sampled_from(["stand_down", "page", "ring"]),
    steps=st.lists(_step, min_size=12, max_size=25),
)
def test_in_any_order_there_is_no_third_copy_no_step_back_and_no_loss(
    first: str,
    steps: list[tuple[str, tuple[Any, ...]]],
) -> None:
    sending = Sending()
    try:
        sending.owe(0, first)
        for name, values in steps:
            getattr(sending, name)(*values)
            sending.holds()
    finally:
        sending.close()
