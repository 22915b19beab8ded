"""Has each page left once? What the database says, compared with what the double of Twilio took."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from tests.faults.databases import key
from tests.faults.invariants import key_in
from tests.twilio_double import Twilio
from triage.domain.lifecycle import TAKEN, PageKind, PageState
from triage.storage.attempts import Attempt
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.messages import Message
from triage.storage.unit_of_work import UnitOfWork

_CODE = re.compile(r"Reply (\w{4}) 1=accept")
_TEXTS = select(Message.id, Message.kind, Message.state).filter_by(channel="sms")
_ATTEMPTS = select(Attempt.id, Attempt.message_id).filter_by(channel="sms")
PAGES = select(Page).options(
    joinedload(Page.slot).joinedload(Slot.dispatch).joinedload(Dispatch.call),
    joinedload(Page.responder),
)


@dataclass(frozen=True)
class Evidence:
    """All pages of a database, their texts, and what was taken."""

    pages: Sequence[Page]
    texts: Sequence[Any]
    """The key, the kind and the state of each."""
    attempts: Sequence[Any]
    """The key of each, and its text's."""
    taken: Sequence[str]
    """The attempts that the double took."""
    phones: Sequence[tuple[str, str]]
    """Who got a page, and the code in it."""
    now: datetime

    @classmethod
    def read(cls, uow: UnitOfWork, twilio: Twilio) -> Evidence:
        return cls(
            uow.session.scalars(PAGES).all(),
            uow.session.execute(_TEXTS).all(),
            uow.session.execute(_ATTEMPTS).all(),
            [key_in(line["about"]) for line in twilio.journal("accepted")],
            [
                (text["to"], found.group(1))
                for text in twilio.texts
                if (found := _CODE.search(text["body"]))
            ],
            uow.now,
        )

    def wrong(self, hands: Mapping[str, Sequence[UUID]], first: Collection[UUID]) -> Iterator[str]:
        """hands -- who is asked with all hands only, by role; first -- calls that are asked of a
        team first."""
        yield from self._telephones()
        yield from self._texts()
        yield from self._slots(hands, first)

    def _telephones(self) -> Iterator[str]:
        """One text for each page: nobody is reminded by text here."""
        asked = Counter((page.responder.phone, page.slot.dispatch.call.code) for page in self.pages)
        got = Counter(self.phones)
        for one in asked | got:
            if asked[one] != got[one]:
                yield f"{one[1]} was asked of one telephone {asked[one]} times, came {got[one]}"

    def _texts(self) -> Iterator[str]:
        handed_over = Counter(message for _, message in self.attempts)
        for k, kind, state in self.texts:
            if handed_over[k] != 1:
                yield f"{kind} {key(k)} is {state} and was handed over {handed_over[k]} times"
        taken = Counter(self.taken)
        for attempt, message in self.attempts:
            if (times := taken.pop(key(attempt), 0)) != 1:
                yield f"an attempt at text {key(message)} was taken {times} times"
        yield from (f"a text of nobody's was sent: {name}" for name in taken)

    def _slots(self, hands: Mapping[str, Sequence[UUID]], first: Collection[UUID]) -> Iterator[str]:
        """One team first, if there is any; then all hands, each as often as all the others, but
        for those who have said yes to some call: a later round leaves them out."""
        asked = Counter((page.slot_id, page.kind, page.responder_id) for page in self.pages)
        held = Counter((page.slot_id, page.state) for page in self.pages)
        before = Counter(page.slot_id for page in self.pages if page.kind is PageKind.TEAM)
        away = {page.responder_id for page in self.pages if page.state is PageState.ACCEPTED}
        for k, slot in {page.slot_id: page.slot for page in self.pages}.items():
            if before[k] != (slot.dispatch.call_id in first):
                yield f"slot {key(k)} was asked of {before[k]} people before all hands"
            free = set(hands[slot.role]) - away
            rounds = {asked[k, PageKind.ALL_HANDS, one] for one in free}
            if len(rounds) != 1 or not 0 < max(rounds) <= slot.dispatch.escalated:
                yield f"of slot {key(k)} all hands were asked unequally: {sorted(rounds)} times"
            owners, still = held[k, PageState.ACCEPTED], held[k, PageState.OPEN]
            if owners != (slot.state in TAKEN) or (owners and still):
                yield f"slot {key(k)} is {slot.state}: {owners} said yes, {still} are still asked"
        for page in self.pages:
            if page.state is PageState.OPEN and page.answer_by < self.now:
                yield f"nobody was asked after the silence of page {key(page.id)}"
