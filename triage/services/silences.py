"""Alarms that nobody has ended. After a silent one they are asked nothing meanwhile and told
nothing new, so that whoever forces them learns nothing. Their own texts get the ordinary answer,
and the roster check goes on: that it stops would be noticed. After any other they are told as
before, and no other call is put upon them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, select, union_all

from triage.domain.alarms import COVERT, AlarmKind, loudness
from triage.domain.lifecycle import ON_SITE, TAKEN, PageState, SlotState
from triage.storage.audit import AuditEntry
from triage.storage.dispatches import BUSY_SLOT, OPEN_PAGE, Dispatch, Page, Slot
from triage.storage.safety import STANDING_ALARM, Alarm
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

_IN_FORCE = (
    select(Responder.id, Responder.team_id, Alarm.call_id, Alarm.kind, Alarm.created_at)
    .join(Alarm, Alarm.responder_id == Responder.id)
    .where(STANDING_ALARM, Alarm.over_at.is_(None))
)


class _Raised(NamedTuple):
    """Whose alarm it is, their team, the call, what, and since when."""

    responder_id: UUID
    team_id: UUID
    call_id: UUID | None
    kind: AlarmKind
    at: datetime


class Began(NamedTuple):
    """When silent alarms of a call began: who raises theirs again begins none."""

    first: datetime
    newest: datetime


def silenced(uow: UnitOfWork) -> frozenset[UUID]:
    """The members of each team with a silent alarm, and who is with them on that call: they had
    accepted it before the first, or are there. Whoever accepts later is told by radio until they
    arrive."""
    if not (raised := _standing(uow, covert=True)):
        return frozenset()
    return uow.once("silenced", lambda uow: _whom(uow, raised), of=(Alarm, Responder, Slot, Page))


def calls(uow: UnitOfWork) -> frozenset[UUID]:
    """The calls of such alarms: whoever forces the team may be the caller."""
    return frozenset(one.call_id for one in _standing(uow, covert=True) if one.call_id is not None)


def concerning(uow: UnitOfWork) -> Mapping[UUID, Began]:
    """These, and the other calls on which anybody of `silenced` has a place: since when whoever
    goes there is to know."""
    if not (raised := _standing(uow, covert=True)):
        return {}
    began, of_team = _first(raised), defaultdict[UUID, set[datetime]](set)
    for one in raised:
        of_team[one.team_id].add(began[one.responder_id])
    times = defaultdict[UUID, set[datetime]](set, _times(raised))
    theirs = (
        select(Dispatch.call_id, Responder.team_id)
        .join(Slot, Slot.dispatch_id == Dispatch.id)
        .join(Responder, Responder.id == Slot.responder_id)
        .where(Slot.state.in_(sorted(TAKEN)), Responder.id.in_(silenced(uow)))
    )
    for call_id, team_id in uow.session.execute(theirs):
        times[call_id] |= of_team.get(team_id, set())
        if not times[call_id]:  # they are only with whoever raised it, elsewhere
            times[call_id] = {min(began.values())}
    return {call_id: Began(min(ats), max(ats)) for call_id, ats in times.items()}


def who_raised(uow: UnitOfWork) -> frozenset[UUID]:
    """Of these the members whose alarm it is."""
    return frozenset(one.responder_id for one in _standing(uow, covert=True))


def raised_on(uow: UnitOfWork, call_id: UUID) -> frozenset[UUID]:
    """Whose alarm stands on this call."""
    raised = _standing(uow, covert=True)
    return frozenset(one.responder_id for one in raised if one.call_id == call_id)


def watched(uow: UnitOfWork, call_id: UUID) -> frozenset[UUID]:
    """Whose screen may be read by whoever forces them, as far as it shows this call."""
    return silenced(uow) if raised_on(uow, call_id) else forced(uow)


def forced(uow: UnitOfWork) -> frozenset[UUID]:
    """Whose alarm it is, and who is with them on that call."""
    raised = _standing(uow, covert=True)
    return who_raised(uow) | (_with_them(uow, raised) if raised else frozenset())


def places(uow: UnitOfWork) -> frozenset[UUID]:
    """The slots that they have, and the pages that ask them: the desk is not to ring, text or
    radio anybody about one of these."""
    if not (silent := silenced(uow)):
        return frozenset()
    slots = select(Slot.id).where(BUSY_SLOT, Slot.responder_id.in_(silent))
    pages = select(Page.id).where(OPEN_PAGE, Page.responder_id.in_(silent))
    return frozenset(uow.session.scalars(union_all(slots, pages)))


def seen_by(
    uow: UnitOfWork, pages: Sequence[Page], dispatches: Iterable[Dispatch]
) -> list[Dispatch]:
    """What of a call's dispatches whoever was asked by these pages may read of: whoever forces
    them reads their screen. Of what was opened since the alarm only what they are asked for."""
    here = pages[0].slot.dispatch.call_id
    raised = [one.at for one in _standing(uow, covert=True) if one.call_id == here]
    since = watched_since(uow, pages) or min(raised, default=None)
    if since is None:
        return [*dispatches]
    own = {page.slot.dispatch_id for page in pages}
    return [one for one in dispatches if one.id in own or one.created_at < since]


def watched_since(uow: UnitOfWork, pages: Sequence[Page]) -> datetime | None:
    """Since when whoever forces somebody may read along with whoever was asked by these pages;
    None where none of them is `silenced`."""
    return silent_since(uow, [page.responder_id for page in pages])


def silent_since(uow: UnitOfWork, responders: Collection[UUID]) -> datetime | None:
    """Since when one of these is `silenced`, at the earliest; None while none is."""
    if silenced(uow).isdisjoint(responders):
        return None
    return min(one.at for one in _standing(uow, covert=True))


def came_since(
    uow: UnitOfWork, pages: Sequence[Page], dispatches: Iterable[Dispatch]
) -> frozenset[UUID]:
    """The places of these that others have taken since then: that they come is not read there."""
    if (since := watched_since(uow, pages)) is None:
        return frozenset()
    readers = {page.responder_id for page in pages}
    return frozenset(
        slot.id
        for dispatch in dispatches
        for slot in dispatch.slots
        if slot.responder_id not in readers and (at := _taken_at(uow, slot)) and at > since
    )


def _taken_at(uow: UnitOfWork, slot: Slot) -> datetime | None:
    """When whoever has the place accepted it, or the desk named them; None where nobody does."""
    if slot.state not in {*TAKEN, SlotState.CLEARED}:
        return None
    if slot.responder_id is None:
        named = select(AuditEntry.created_at).where(
            AuditEntry.call_id == slot.dispatch.call_id,
            AuditEntry.subject_id == slot.id,
            AuditEntry.event == "slot.assigned",
        )
        return uow.session.scalar(named.order_by(AuditEntry.created_at.desc()).limit(1))
    yes = (
        page.answered_at
        for page in slot.pages
        if page.state is PageState.ACCEPTED and page.responder_id == slot.responder_id
    )
    return max((at for at in yes if at is not None), default=None)


def in_alarm(uow: UnitOfWork) -> frozenset[UUID]:
    """The teams with any other alarm."""
    return frozenset(one.team_id for one in _standing(uow, covert=False))


def team_alarms(uow: UnitOfWork) -> Mapping[UUID, AlarmKind]:
    """Of each team with an alarm of any kind the loudest: for the desk alone."""
    both = [one for covert in (True, False) for one in _standing(uow, covert=covert)]
    by_loudness = sorted(both, key=lambda one: -loudness(one.kind))
    return {one.team_id: one.kind for one in by_loudness}


def in_alarm_on(uow: UnitOfWork, call_id: UUID) -> frozenset[UUID]:
    """Those of them that raised it on this call: more of them may be asked to come to it."""
    standing = _standing(uow, covert=False)
    return frozenset(one.team_id for one in standing if one.call_id == call_id)


def _standing(uow: UnitOfWork, *, covert: bool) -> Sequence[_Raised]:
    standing = uow.lasting("alarms not over", _raised, of=(Alarm, Responder))
    return [one for one in standing if (one.kind in COVERT) is covert]


def _raised(uow: UnitOfWork) -> Sequence[_Raised]:
    return [_Raised(*row) for row in uow.session.execute(_IN_FORCE)]


def _whom(uow: UnitOfWork, raised: Sequence[_Raised]) -> frozenset[UUID]:
    teams = {one.team_id for one in raised}
    members = select(Responder.id).where(Responder.team_id.in_(teams))
    return frozenset(uow.session.scalars(members)) | _with_them(uow, raised)


def _first(raised: Sequence[_Raised]) -> Mapping[UUID, datetime]:
    """By member when their first began."""
    began: dict[UUID, datetime] = {}
    for one in raised:
        began[one.responder_id] = min(one.at, began.get(one.responder_id, one.at))
    return began


def _times(raised: Sequence[_Raised]) -> Mapping[UUID, set[datetime]]:
    """By call when the alarms of each who raised one there began."""
    began, times = _first(raised), defaultdict[UUID, set[datetime]](set)
    for one in raised:
        if one.call_id is not None:
            times[one.call_id].add(began[one.responder_id])
    return times


def _with_them(uow: UnitOfWork, raised: Sequence[_Raised]) -> frozenset[UUID]:
    """Who was sent after the first alarm of a call is not where a second is raised there, unless
    they are on scene, or wait near it as whoever raised it does."""
    times, whose = _times(raised), {one.responder_id for one in raised}
    theirs = and_(
        Page.slot_id == Slot.id,
        Page.responder_id == Slot.responder_id,
        Page.state == PageState.ACCEPTED,
    )
    rows = uow.session.execute(
        select(Slot.responder_id, Slot.state, Dispatch.call_id, Page.answered_at)
        .join(Dispatch, Dispatch.id == Slot.dispatch_id)
        .outerjoin(Page, theirs)
        .where(Dispatch.call_id.in_(times), Slot.state.in_(sorted(TAKEN)))
    ).all()
    near = {
        call_id for who, state, call_id, _ in rows if who in whose and state is SlotState.STAGED
    }
    return frozenset(
        who
        for who, state, call_id, accepted_at in rows
        if who is not None
        and (
            state in ON_SITE
            or (state is SlotState.STAGED and call_id in near)
            or accepted_at is None
            or accepted_at <= min(times[call_id])
        )
    )
