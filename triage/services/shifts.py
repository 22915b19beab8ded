"""When members may be paged: shifts, planned on the wall of the centre and kept as instants."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from triage.domain.errors import Refused
from triage.domain.words import msgid
from triage.services import confirmations, duty, freed_teams
from triage.services.centre import Centre
from triage.storage.teams import Responder, Shift
from triage.storage.unit_of_work import UnitOfWork

LONGEST_SHIFT = timedelta(hours=24)
MOST_DAYS = 28


@dataclass(frozen=True)
class NewShift:
    starts: datetime
    """As on the wall of the centre: without a zone."""
    ends: datetime
    days: int = 1
    """The same times on this many days in a row."""


def add_shifts(uow: UnitOfWork, centre: Centre, member: Responder, new: NewShift) -> list[Shift]:
    """A shift, or the same on several days in a row. All of them or none."""
    if not 1 <= new.days <= MOST_DAYS:
        raise Refused(
            msgid("Write for how many days in a row, 1 to %(most)s.", most=MOST_DAYS), "days"
        )
    if new.ends <= new.starts:
        raise Refused(msgid("It ends before it begins."), "ends")
    if new.ends - new.starts > LONGEST_SHIFT:
        raise Refused(msgid("A shift has at most 24 hours: was the right day chosen?"), "ends")
    zone = centre.policy.time_zone
    made = []
    for day in range(new.days):
        starts = _instant(zone, new.starts + timedelta(days=day), "starts")
        ends = _instant(zone, new.ends + timedelta(days=day), "ends", later=True)
        made.append(_add_shift(uow, centre, member, starts, ends))
    return made


def _add_shift(
    uow: UnitOfWork, centre: Centre, member: Responder, starts: datetime, ends: datetime
) -> Shift:
    if ends <= uow.now:
        raise Refused(msgid("This shift is over already: was the right day chosen?"), "ends")
    overlapping = select(Shift.id).where(
        Shift.responder_id == member.id, Shift.starts_at < ends, Shift.ends_at > starts
    )
    if uow.session.scalar(overlapping.limit(1)):
        raise Refused(msgid("They have a shift in this time already."), "starts")
    shift = uow.add(Shift(responder_id=member.id, starts_at=starts, ends_at=ends))
    uow.session.flush()
    confirmations.plan(uow, centre, shift)
    freed_teams.offer_soon(uow, shift, max(starts, uow.now))
    uow.audit("shift.added", shift, starts=starts.isoformat(), ends=ends.isoformat())
    return shift


def hand_on(uow: UnitOfWork, centre: Centre, shift: Shift, to: Responder) -> Shift:
    """The same shift, of somebody else: one that has not begun."""
    starts, ends = shift.starts_at, shift.ends_at
    end_shift(uow, centre, shift)
    uow.session.flush()
    return _add_shift(uow, centre, to, starts, ends)


def _instant(zone: ZoneInfo, wall: datetime, field: str, *, later: bool = False) -> datetime:
    """The instant of a local time. Twice in a year one comes twice: the longer shift is meant."""
    local = wall.replace(tzinfo=zone, fold=int(later))
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall:
        raise Refused(
            msgid("The clock is put forward then: this time does not exist that day."), field
        )
    return instant


def end_shift(uow: UnitOfWork, centre: Centre, shift: Shift) -> None:
    """From now on they are not paged for it; one that has not begun is taken out."""
    uow.audit("shift.ended", shift, began=shift.starts_at <= uow.now)
    if shift.starts_at > uow.now:
        uow.session.delete(shift)
    elif shift.ends_at > uow.now:
        shift.ends_at = uow.now
        uow.session.flush()
        member = uow.get(Responder, shift.responder_id)
        if not duty.is_on_shift(uow, member):
            duty.left(uow, centre, member, "shift_ended")
