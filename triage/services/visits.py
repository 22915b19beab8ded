"""What a member writes of their visit: kept from the first word on, written down once.

The four parts tell of a person's health. They are read by whoever wrote them, and by those of the
same role who had the call too; dispatchers and supervisors read how it ended and the verdict.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from triage.domain.codes import DISPOSITIONS, NEXT_CONTACTS, NO_CALL, VERDICTS
from triage.domain.errors import Conflict, NotFound, Refused
from triage.domain.lifecycle import PageState
from triage.domain.upright import all_upright
from triage.domain.words import msgid
from triage.services import follow_ups
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.follow_ups import FollowUp
from triage.storage.unit_of_work import UnitOfWork
from triage.storage.visits import Visit

PARTS = ("behaviour", "intervention", "response", "plan")
LONGEST = dict.fromkeys(PARTS, 4000) | {"verdict_why": 500}
"""Characters of a written note. What is only kept may be longer: nobody loses what they typed."""
ENDS = {code: words for code, words in DISPOSITIONS.items() if code not in NO_CALL}
"""How a visit may end."""

OF_THE_PAGE = ("page", "seen", "edition")
"""Which page sent it, the version of the note that it was opened with, and how often something was
typed there (0 where no script counts)."""

Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class NewVisit:
    parts: Mapping[str, str]
    """By name of PARTS; what is not written is missing or empty."""
    disposition: str
    verdict: int | None
    verdict_why: str = ""
    next_contact: str = ""
    """A code of NEXT_CONTACTS, where one was agreed."""
    next_at: datetime | None = None
    unreadable_time: str = ""
    """What is wrong with the time that was typed for it."""


class Unfinished(Refused):
    """The note cannot be written down yet. `errors` tells why, by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        field, message = next(iter(errors.items()))
        super().__init__(message, field)
        self.errors = errors


class WrittenAlready(Refused):
    """The note was written down with other words: these are one of their own."""


def visited(pages: Sequence[Page]) -> Page | None:
    """The newest of these pages whose member has or had the call: they may write of it."""
    return next((page for page in pages if page.state is PageState.ACCEPTED), None)


class KeptElsewhere(Refused):
    """Another page kept newer words: these are one of their own, or older than those."""


def keep(uow: UnitOfWork, page: Page, key: UUID, fields: Fields) -> Visit:
    """Keep what stands on the form, where the note is not written down yet.

    Raises KeptElsewhere: what was typed earlier never replaces what came later.
    """
    visit = _own(uow, page, key)
    if visit is None:
        call_id = page.slot.dispatch.call_id
        return uow.add(
            Visit(
                id=key,
                call_id=call_id,
                responder_id=page.responder_id,
                draft=json.dumps(dict(fields)),
            )
        )
    if visit.written_at is None:
        if _is_older(fields, visit):
            raise KeptElsewhere(
                msgid(
                    "Newer words of this note were kept from another page. Send this to make a"
                    " note of its own, or open the note again."
                )
            )
        visit.draft = json.dumps(dict(fields))
    return visit


def _is_older(fields: Fields, visit: Visit) -> bool:
    """A page that saw less than what was kept is older, however much was typed there since. Within
    one page the edition counts: a slow network brings an earlier one late."""
    kept = typed_in(visit)
    if _words(fields) == _words(kept):
        return False
    if _first(fields, "page") == _first(kept, "page"):
        return _edition(fields) < _edition(kept)
    return _first(fields, "seen") != str(visit.version)


def _words(fields: Fields) -> dict[str, list[str]]:
    """What a person typed, without what the page says of itself."""
    return {name: [*typed] for name, typed in fields.items() if name not in OF_THE_PAGE}


def _first(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "")


def typed_in(visit: Visit) -> dict[str, list[str]]:
    found: dict[str, list[str]] = all_upright(json.loads(visit.draft or "{}"))
    return found


def _edition(fields: Fields) -> int:
    last = _first(fields, "edition")
    return int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0


def _own(uow: UnitOfWork, page: Page, key: UUID) -> Visit | None:
    """Raises NotFound for somebody else's, which looks like one that never was."""
    visit = uow.session.get(Visit, key, with_for_update=True)
    mine = (page.responder_id, page.slot.dispatch.call_id)
    if visit is not None and (visit.responder_id, visit.call_id) != mine:
        raise NotFound("no such note")
    return visit


def write_down(uow: UnitOfWork, page: Page, key: UUID, new: NewVisit) -> Visit:
    """What was kept becomes the note. Sent twice it is written once; a next contact that was
    chosen in between is agreed.

    Raises Unfinished, and WrittenAlready where it says something else than what was written.
    """
    visit = _own(uow, page, key)
    if visit is None:
        raise Conflict(msgid("this note was not kept: type it once more"))
    if visit.written_at is not None:
        if not _says(visit, new):
            raise WrittenAlready(msgid("A note is written down already. Send this to add to it."))
        if not _is_agreed(uow, page, new):
            _check(uow, new)
            _agree(uow, page, new)
        return visit
    _check(uow, new)
    for part in PARTS:
        setattr(visit, part, new.parts.get(part) or None)
    visit.disposition, visit.verdict = new.disposition, new.verdict
    visit.verdict_why = new.verdict_why or None
    visit.draft, visit.written_at = None, uow.now
    uow.audit(
        "visit.written",
        visit,
        team=page.team.name,
        role=page.responder.role,
        disposition=new.disposition,
        verdict=new.verdict,
    )
    if page.verdict != new.verdict:
        page.verdict = new.verdict
    _agree(uow, page, new)
    return visit


def _agree(uow: UnitOfWork, page: Page, new: NewVisit) -> None:
    if new.next_contact and new.next_at is not None:
        call = page.slot.dispatch.call
        follow_ups.agree(uow, call, new.next_contact, new.next_at, page.responder)


def _is_agreed(uow: UnitOfWork, page: Page, new: NewVisit) -> bool:
    """Does this contact stand already?"""
    if new.next_at is None:
        return False
    same = select(FollowUp.id).where(
        FollowUp.call_id == page.slot.dispatch.call_id,
        FollowUp.kind == new.next_contact,
        FollowUp.due_at == new.next_at,
        FollowUp.owner_id == page.responder_id,
    )
    return uow.session.scalar(same.limit(1)) is not None


def _says(visit: Visit, new: NewVisit) -> bool:
    parts = all((getattr(visit, part) or "") == new.parts.get(part, "") for part in PARTS)
    ends = (visit.disposition, visit.verdict, visit.verdict_why or "")
    return parts and ends == (new.disposition, new.verdict, new.verdict_why)


def _check(uow: UnitOfWork, new: NewVisit) -> None:
    """Raises Unfinished, with all that is wrong."""
    wrong: dict[str, str] = {
        name: msgid("Shorten this to %(most)s characters.", most=f"{LONGEST[name]:,}")
        for name in too_long(new)
    }
    if new.disposition not in ENDS:
        wrong["disposition"] = msgid("Choose how it ended.")
    if new.verdict not in VERDICTS:
        wrong["verdict"] = msgid("Choose whether the decision was right.")
    if new.next_contact and new.next_contact not in NEXT_CONTACTS:
        wrong["next_contact"] = msgid("Choose one of the contacts offered.")
    wrong |= _wrong_time(uow.now, new)
    if wrong:
        raise Unfinished(wrong)


def too_long(new: NewVisit) -> Sequence[str]:
    """What cannot be written down as long as it is, by the fields' names."""
    texts = {**new.parts, "verdict_why": new.verdict_why}
    return [name for name, most in LONGEST.items() if len(texts.get(name, "")) > most]


def _wrong_time(now: datetime, new: NewVisit) -> dict[str, str]:
    if new.unreadable_time:
        return {"next_at": new.unreadable_time}
    if new.next_at is None:
        return (
            {"next_at": msgid("Write day and time of the next contact.")}
            if new.next_contact
            else {}
        )
    if not new.next_contact:
        return {"next_contact": msgid("Choose what is to be done then.")}
    if new.next_at <= now:
        return {"next_at": msgid("The next contact must lie ahead.")}
    return {}


def draft_of(uow: UnitOfWork, page: Page) -> Visit | None:
    """What they began and have not written down, the newest."""
    return uow.session.scalar(
        _notes(page.slot.dispatch.call)
        .where(Visit.responder_id == page.responder_id, Visit.written_at.is_(None))
        .limit(1)
    )


def readable(uow: UnitOfWork, page: Page) -> Sequence[Visit]:
    """The notes that whoever was asked by this page may read, the newest first."""
    theirs = _written(uow, page.slot.dispatch.call)
    return [visit for visit in theirs if visit.responder.role == page.responder.role]


def of_call(uow: UnitOfWork, call: Call) -> Sequence[Visit]:
    """All that were written down, the newest first: of these a desk shows end and verdict."""
    return _written(uow, call)


def _written(uow: UnitOfWork, call: Call) -> Sequence[Visit]:
    return uow.session.scalars(_notes(call).where(Visit.written_at.is_not(None))).all()


def _notes(call: Call) -> Select[Visit]:
    team = joinedload(Visit.responder)
    newest = (Visit.created_at.desc(), Visit.id.desc())
    return select(Visit).where(Visit.call_id == call.id).order_by(*newest).options(team)
