"""Figures of days that are over: counted each night, again where something of a day has changed
since. A row with a due time, a short transaction for each day; counted twice they are the same.

What has changed is read in the audit trail, which tells of every change of a call: a call that is
closed late, a verdict, a follow-up, a sheet of paper that is typed in days afterwards.
"""

from collections.abc import Callable, Collection
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select

from triage.domain import figures as domain
from triage.domain.figures import Figure
from triage.domain.wall_clock import next_daily
from triage.services import figure_days, own_timers
from triage.services.centre import Centre
from triage.storage.audit import AuditEntry
from triage.storage.calls import CLOSED_CALL, OPEN_CALL, Call
from triage.storage.figures import DailyFigure, RolledDay, TrailRead
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

KIND = "figures"
AT = time(4)
"""When few call, and behind the hours that clocks skip or repeat."""
PAUSE = timedelta(seconds=1)
"""Between transactions while there is more."""
ENTRIES = 5_000
"""Of the audit trail, read in one transaction."""
BACK = timedelta(minutes=10)
"""Read again so far before the last entry: one that was begun before it may have been saved after
it, by a machine whose clock is behind."""


def stands(uow: UnitOfWork) -> bool:
    """Is the next night in the plan?"""
    return own_timers.stands(uow, KIND)


def plan(uow: UnitOfWork, centre: Centre) -> None:
    """See to it that it is: not before the next night, when processes of a release that knows
    nothing of it have ended."""
    own_timers.plan(uow, KIND, next_daily(centre.policy.time_zone, AT, uow.now))


def is_due(uow: UnitOfWork, centre: Centre, timer: Timer) -> None:
    """Do one thing; the next soon where there is more, else in the next night."""
    more = go_on(uow, centre)
    night = next_daily(centre.policy.time_zone, AT, uow.now)
    own_timers.go_on(uow, timer, uow.now + PAUSE if more else night)


def go_on(uow: UnitOfWork, centre: Centre) -> bool:
    """Read some of the audit trail, or count one day: the newest that is due. Was there anything
    to do?"""
    today = _local(centre, uow.now)
    trail = uow.session.scalar(select(TrailRead).limit(1))
    if trail is None:
        trail = uow.add(TrailRead(last_id=_newest_entry(uow), read_on=today))
        _mark(uow, _days_until(_first_day(uow, centre), today))
        return True
    if trail.read_on != today:
        _read_on(uow, centre, trail, today)
        return True
    due = select(RolledDay.day).where(RolledDay.due).order_by(RolledDay.day.desc()).limit(1)
    day = uow.session.scalar(due)
    if day is None:
        return False
    roll(uow, centre, day)
    return True


def _local(centre: Centre, at: datetime) -> date:
    return at.astimezone(centre.policy.time_zone).date()


def _newest_entry(uow: UnitOfWork) -> UUID | None:
    return uow.session.scalar(select(AuditEntry.id).order_by(AuditEntry.id.desc()).limit(1))


def _first_day(uow: UnitOfWork, centre: Centre) -> date | None:
    """On which the first call came in."""
    oldest = (
        uow.session.scalar(
            select(Call.received_at).where(state).order_by(Call.received_at).limit(1)
        )
        for state in (CLOSED_CALL, OPEN_CALL)
    )
    return min((_local(centre, at) for at in oldest if at), default=None)


def _days_until(first: date | None, today: date) -> list[date]:
    """From this day to yesterday."""
    if first is None:
        return []
    return [first + timedelta(days=number) for number in range((today - first).days)]


def _read_on(uow: UnitOfWork, centre: Centre, trail: TrailRead, today: date) -> None:
    """A further piece of the audit trail; at its end, the days that are over since it was."""
    following = select(AuditEntry.id, AuditEntry.call_id).order_by(AuditEntry.id)
    if trail.last_id is not None:
        following = following.where(AuditEntry.id > trail.last_id)
    entries = uow.session.execute(following.limit(ENTRIES)).all()
    changed = _days_of(uow, centre, {call for _, call in entries if call is not None})
    if len(entries) == ENTRIES:
        trail.last_id = entries[-1].id
    else:
        if entries:
            trail.last_id = _a_little_before(entries[-1].id)
        newest = uow.session.scalar(select(func.max(RolledDay.day)))
        begun = newest + timedelta(days=1) if newest else _first_day(uow, centre)
        changed |= {*_days_until(begun, today)}
        trail.read_on = today
    _mark(uow, {day for day in changed if day < today})


def _a_little_before(entry: UUID) -> UUID:
    """The first key that an entry of BACK earlier can have: it begins with milliseconds."""
    milliseconds = (entry.int >> 80) - int(BACK.total_seconds() * 1000)
    return UUID(int=milliseconds << 80)


def _days_of(uow: UnitOfWork, centre: Centre, calls: Collection[UUID]) -> set[date]:
    keys, found = [*calls], set[date]()
    for start in range(0, len(keys), figure_days.AT_ONCE):
        some = keys[start : start + figure_days.AT_ONCE]
        came_in = uow.session.scalars(select(Call.received_at).where(Call.id.in_(some)))
        found |= {_local(centre, at) for at in came_in}
    return found


def _mark(uow: UnitOfWork, days: Collection[date]) -> None:
    """These have to be counted, or counted again."""
    known = uow.session.scalars(select(RolledDay).where(RolledDay.day.in_(days))).all()
    for row in known:
        row.due = True
    for day in sorted({*days} - {row.day for row in known}):
        uow.session.add(RolledDay(day=day, calls=None, rolled_at=None, due=True))


def roll(uow: UnitOfWork, centre: Centre, day: date) -> bool:
    """Count this day anew. False, and its figures stay as they are, where fewer calls are left
    than were counted: figures outlive calls."""
    row = uow.session.get(RolledDay, day, with_for_update=True)
    if row is None:
        row = RolledDay(day=day, calls=None, rolled_at=None, due=True)
        uow.session.add(row)
    row.due = False
    calls = figure_days.of_day(uow, centre, day)
    counted = domain.count(calls, centre.vocabulary.responses)
    total = sum(number for what, number in counted.items() if what.figure is Figure.CALLS)
    if row.calls is not None and total < row.calls:
        return False
    uow.session.execute(delete(DailyFigure).where(DailyFigure.day == day))
    rows = [
        {"day": day, "figure": what.figure.value, "of": what.of, "by": what.by, "count": number}
        for what, number in counted.items()
    ]
    if rows:
        uow.session.execute(insert(DailyFigure), rows)
    row.calls, row.rolled_at = total, uow.now
    return True


def days(uow: UnitOfWork, centre: Centre, first: date | None, last: date | None) -> list[date]:
    """Those of a span that are over. None -- since the first call; until yesterday."""
    begins, today = first or _first_day(uow, centre), _local(centre, uow.now)
    return _days_until(begins, min(today, last + timedelta(days=1) if last else today))


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {KIND: is_due}
