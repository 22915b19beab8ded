"""Warnings about a place or a number, each with its author and its end.

They are for the screens of the desk and for a team that has the call; no text of ours ever holds
one. A note that has ended vanishes from the screens and is kept for the record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select

from triage.domain.errors import Conflict, Refused
from triage.domain.phone_numbers import e164
from triage.domain.words import msgid
from triage.services.actors import names_of
from triage.services.centre import Centre
from triage.services.list_pages import Place, first_of, later
from triage.services.places import WRONG, place_index
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call
from triage.storage.hazard_notes import HazardNote
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork

DAYS, MOST_DAYS = 90, 365
LONGEST = 300
SHOWN = 200
"""Notes of one list."""


@dataclass(frozen=True)
class Shown:
    """A note as a screen shows it."""

    note: HazardNote
    author: str
    reviewer: str

    @property
    def since(self) -> datetime:
        """When somebody last stood by it."""
        return self.note.reviewed_at or self.note.created_at


def add(
    uow: UnitOfWork,
    centre: Centre,
    text: str,
    *,
    place: str | None = None,
    phone: str | None = None,
    days: int = DAYS,
    call: Call | None = None,
) -> HazardNote:
    """Write a warning about a place, a number, or both. call -- during which it was learned."""
    words = " ".join(text.split())
    if not words:
        raise Refused(msgid("Write what is dangerous there."), "text")
    if len(words) > LONGEST:
        raise Refused(
            msgid(
                "%(count)s characters; %(most)s fit. Shorten it.", count=len(words), most=LONGEST
            ),
            "text",
        )
    number = e164(phone, centre.policy.country) if phone and phone.strip() else None
    where = place_index(place)
    if where is None and number is None:
        raise Refused(msgid("A note is about a place or a number: write one of them."), "place")
    note = uow.add(
        HazardNote(
            author=uow.actor,
            text=words,
            place=(place or "").strip() or None if where else None,
            place_index=where,
            phone=number,
            phone_index=blind_index("phone", number) if number else None,
            expires_at=_end(uow, days),
        )
    )
    uow.audit("hazard_note.added", note, call_id=call.id if call else None, days=days)
    return note


def _end(uow: UnitOfWork, days: int) -> datetime:
    if not 1 <= days <= MOST_DAYS:
        raise Refused(
            msgid(
                "A note ends after 1 to %(most)s days; %(usual)s is usual.",
                most=MOST_DAYS,
                usual=DAYS,
            ),
            "days",
        )
    return uow.now + timedelta(days=days)


def review(uow: UnitOfWork, note: HazardNote, days: int = DAYS) -> None:
    """A supervisor has found that it is still true: it lasts anew."""
    _must_stand(uow, note)
    note.reviewed_at, note.reviewed_by, note.expires_at = uow.now, uow.actor, _end(uow, days)
    uow.audit("hazard_note.reviewed", note, days=days)


def correct_number(uow: UnitOfWork, call: Call, before: bytes, number: str) -> None:
    """What was learned during this call about a number, which was wrong, is about this one. before
    -- its blind index. Notes that others wrote about the wrong one stay: it is somebody else's."""
    of_call = select(AuditEntry.subject_id).where(
        AuditEntry.call_id == call.id, AuditEntry.event == "hazard_note.added"
    )
    theirs = HazardNote.id.in_(of_call), HazardNote.phone_index == before
    for note in uow.session.scalars(select(HazardNote).where(*theirs, *_standing(uow))):
        note.phone, note.phone_index = number, blind_index("phone", number)
        uow.audit("hazard_note.number_corrected", note, call_id=call.id)


def remove(uow: UnitOfWork, note: HazardNote) -> None:
    """A supervisor has found that it is not true any more, or never was."""
    _must_stand(uow, note)
    note.removed_at, note.removed_by = uow.now, uow.actor
    uow.audit("hazard_note.removed", note)


def _must_stand(uow: UnitOfWork, note: HazardNote) -> None:
    if note.removed_at is not None or note.expires_at <= uow.now:
        raise Conflict(msgid("this note has ended meanwhile"))


def current(uow: UnitOfWork, after: Place | None = None) -> tuple[list[Shown], bool]:
    """Those that stand, those that end first first, a page of them; and are there more?

    after -- the last of the page before.
    """
    notes = select(HazardNote).where(*_standing(uow))
    if after is not None:
        notes = notes.where(later(HazardNote.expires_at, HazardNote.id, after))
    notes = notes.order_by(HazardNote.expires_at, HazardNote.id).limit(SHOWN + 1)
    found, more = first_of(uow.session.scalars(notes).all(), SHOWN)
    return _shown(uow, found), more


def about(
    uow: UnitOfWork, places: Iterable[bytes | None], numbers: Iterable[bytes | None]
) -> list[Shown]:
    """What stands about any of these places and numbers, by their blind indexes; newest first."""
    where = [one for one in places if one is not None]
    whose = [one for one in numbers if one is not None]
    if not where and not whose:
        return []
    found = select(HazardNote).where(
        or_(HazardNote.place_index.in_(where), HazardNote.phone_index.in_(whose)), *_standing(uow)
    )
    notes = uow.session.scalars(found.order_by(HazardNote.created_at.desc()).limit(SHOWN))
    return _shown(uow, notes.all())


def of_call(uow: UnitOfWork, call: Call) -> list[Shown]:
    """What stands about the place of a call, and about whoever rang."""
    found = None if call.match == WRONG else call.found_index
    return about(uow, (call.location_index, found), (caller.phone_index for caller in call.callers))


def _standing(uow: UnitOfWork) -> tuple[ColumnElement[bool], ...]:
    return HazardNote.expires_at > uow.now, HazardNote.removed_at.is_(None)


def _shown(uow: UnitOfWork, notes: Sequence[HazardNote]) -> list[Shown]:
    names = names_of(uow, {by for one in notes for by in (one.author, one.reviewed_by or "")})
    return [
        Shown(note, names(note.author), names(note.reviewed_by) if note.reviewed_by else "")
        for note in notes
    ]
