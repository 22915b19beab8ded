"""Where whoever raised an alarm may be. It is raised whatever code they write, at once; that the
call it hangs on is not the one they are on is told beside it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from triage.domain.alarms import AlarmKind
from triage.domain.lifecycle import CallState, PageState
from triage.services import pages_meant
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call
from triage.storage.dispatches import Page, Slot
from triage.storage.safety import Alarm
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

_BY_TEXT = frozenset({AlarmKind.HELP, AlarmKind.DURESS})
"""Of all others the call is known."""


@dataclass(frozen=True)
class LastKnown:
    """The call they had last, and when they told us anything there, or accepted."""

    call: Call
    slot: Slot
    at: datetime | None


@dataclass(frozen=True)
class Doubt:
    """Why nobody can be sure that they are at the call of the alarm."""

    closed: bool
    """The call of the alarm is."""
    page: Page | None
    """By which they were asked to that call, where they are not on it."""
    written: str | None
    """The code they wrote, where it is not that of the alarm's call."""
    of_theirs: Page | None
    """By which they were asked to the call of that code; None where they never were."""
    on: Sequence[str]
    """The codes of the calls that they are on."""
    last: LastKnown | None
    """Where they are on none."""
    accepted: Collection[UUID]
    """Of these pages the ones that they have accepted, though they are called off since."""


def doubts(uow: UnitOfWork, alarms: Iterable[Alarm]) -> Mapping[UUID, Doubt]:
    """By alarm; none of one whose call is the only one they can mean."""
    told = {one.id: _of(uow, one) for one in alarms if one.kind in _BY_TEXT}
    return {key: doubt for key, doubt in told.items() if doubt is not None}


def _of(uow: UnitOfWork, alarm: Alarm) -> Doubt | None:
    calls = {page.slot.dispatch.call for page in pages_meant.in_hand(uow, alarm.responder)}
    here, wrote = alarm.call in calls, alarm.written_code
    closed = alarm.call is not None and alarm.call.state is CallState.CLOSED
    is_named = alarm.call is not None and wrote == alarm.call.code
    if here and not closed and (is_named or (wrote is None and len(calls) == 1)):
        return None
    page = None if here else alarm.page
    theirs = pages_meant.page_with(uow, wrote, alarm.responder) if wrote and not is_named else None
    return Doubt(
        closed,
        page,
        None if is_named else wrote,
        theirs,
        sorted(call.code for call in calls),
        None if calls else _last(uow, alarm.responder),
        {one.id for one in (page, theirs) if one is not None and _has_accepted(uow, one)},
    )


def _has_accepted(uow: UnitOfWork, page: Page) -> bool:
    if page.state is not PageState.WITHDRAWN:
        return page.state is PageState.ACCEPTED
    said = select(AuditEntry.id).where(
        AuditEntry.call_id == page.slot.dispatch.call_id,
        AuditEntry.subject_id == page.id,
        AuditEntry.event == "page.accepted",
    )
    return uow.session.scalar(said.limit(1)) is not None


def _last(uow: UnitOfWork, member: Responder) -> LastKnown | None:
    at = func.coalesce(Slot.heard_at, Page.answered_at)
    had = (
        select(Page)
        .join(Slot)
        .where(
            Page.responder_id == member.id,
            Page.created_at > uow.now - pages_meant.OLDEST,
            Page.state == PageState.ACCEPTED,
            Slot.responder_id == member.id,
        )
    )
    page = uow.session.scalar(had.order_by(at.desc(), Page.id.desc()).limit(1))
    if page is None:
        return None
    slot = page.slot
    return LastKnown(slot.dispatch.call, slot, slot.heard_at or page.answered_at)
