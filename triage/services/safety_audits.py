"""Does every alarm ring, and is everybody in the field asked whether all is well?"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select

from triage.domain.findings import Finding
from triage.domain.lifecycle import TAKEN
from triage.services import alarm_lists, alarm_rings, check_ins
from triage.storage.dispatches import BUSY_SLOT, Dispatch, Slot
from triage.storage.safety import Alarm, CheckIn
from triage.storage.timers import WAITING_TIMER, Timer
from triage.storage.unit_of_work import UnitOfWork

UNTAKEN_AFTER = timedelta(seconds=60)
"""Two rings that nobody has answered, and every screen shows it: somebody outside should know."""
Counted = Select[int, Any]


def audit(uow: UnitOfWork) -> Iterator[Finding]:
    untaken = select(func.count(), func.min(Alarm.created_at)).where(Alarm.taken_at.is_(None))
    yield from _found(
        uow, "alarm_untaken", *_row(uow, untaken.where(Alarm.created_at < uow.now - UNTAKEN_AFTER))
    )
    unheard = untaken.where(Alarm.id.in_(alarm_lists.unheard(uow)))
    yield from _found(uow, "alarm_unheard", *_row(uow, unheard))
    silent = untaken.where(~_timer(alarm_rings.RING, Alarm.id))
    yield from _found(uow, "alarm_silent", *_row(uow, silent))
    yield from _found(uow, "no_check_in", *_row(uow, _forgotten()))


def _timer(kind: str, subject: Any) -> ColumnElement[bool]:
    return exists().where(Timer.subject_id == subject, Timer.kind == kind, WAITING_TIMER)


def _forgotten() -> Counted:
    """In the field, ours, and neither asked nor to be asked."""
    asked = (
        exists()
        .where(CheckIn.slot_id == Slot.id, CheckIn.closed_at.is_(None))
        .where(Timer.subject_id == CheckIn.id, Timer.kind == check_ins.LATE, WAITING_TIMER)
    )
    return (
        select(func.count(), func.min(Slot.heard_at))
        .select_from(Slot)
        .join(Dispatch, Dispatch.id == Slot.dispatch_id)
        .where(
            BUSY_SLOT,
            Slot.state.in_(sorted(TAKEN)),
            Slot.responder_id.is_not(None),
            Dispatch.reached_by == "page",
            ~_timer(check_ins.LOOK, Slot.id),
            ~asked,
        )
    )


def _row(uow: UnitOfWork, counted: Counted) -> tuple[int, datetime | None]:
    row = uow.session.execute(counted).one()
    return row[0], row[1]


def _found(uow: UnitOfWork, code: str, count: int, oldest: datetime | None) -> Iterator[Finding]:
    if count:
        age_s = None if oldest is None else (uow.now - oldest).total_seconds()
        yield Finding(code, count, None if age_s is None else round(max(0.0, age_s), 1))
