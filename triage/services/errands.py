"""Errands: each waits for a person, and turns red when its time has come."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import load_only

from triage.domain.errors import Conflict
from triage.domain.lifecycle import CallState
from triage.domain.words import msgid
from triage.services.centre import Centre
from triage.storage.calls import LISTED_ONES, Call
from triage.storage.errands import Errand
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

KIND = "errand"
_PRIORITY = 2
_OPEN = (CallState.OPEN, CallState.ASKING)
RED_AT_ONCE = {"radio", "stand_down", "pin"}
"""Kinds that nobody may leave for later: when they are due it is told that they still wait."""
OUTLIVES_CALL = ("stand_down", "referral")
"""Units that need not come are told so however the call ended; partners answer days later."""


def add(
    uow: UnitOfWork, call: Call, kind: str, due_at: datetime, note: str = "", **details: Any
) -> Errand:
    """Raises Conflict where such an errand waits already."""
    if waiting(uow, call, kind) is not None:
        raise Conflict(msgid("this was written down already, and waits"))
    errand = uow.add(
        Errand(call_id=call.id, kind=kind, due_at=due_at, details=details, note=note or None)
    )
    _set_timer(uow, errand)
    uow.audit(f"{kind}.begun", errand, **details)
    return errand


def next_turn(uow: UnitOfWork, errand: Errand, due_at: datetime) -> None:
    errand.turn += 1
    errand.due_at, errand.late_at = due_at, None
    _set_timer(uow, errand)


def _set_timer(uow: UnitOfWork, errand: Errand) -> None:
    uow.set_timer(KIND, errand, errand.due_at, step=errand.turn, priority=_PRIORITY)


def end(uow: UnitOfWork, errand: Errand, outcome: str) -> None:
    errand.ended_at, errand.outcome = uow.now, outcome
    uow.audit(f"{errand.kind}.ended", errand, outcome=outcome)


def waiting(uow: UnitOfWork, call: Call, kind: str) -> Errand | None:
    if (new := uow.new_under(call.id, Errand)) is not None:
        return next((one for one in new if one.kind == kind and one.ended_at is None), None)
    with uow.asking((Errand,)):
        return uow.session.scalar(
            select(Errand).where(
                Errand.call_id == call.id, Errand.kind == kind, Errand.ended_at.is_(None)
            )
        )


def must_wait(uow: UnitOfWork, call: Call, kind: str) -> Errand:
    """Raises Conflict where nothing of the kind waits any more."""
    if (errand := waiting(uow, call, kind)) is None:
        raise Conflict(msgid("somebody has done this already"))
    return errand


def of_call(uow: UnitOfWork, call: Call) -> Sequence[Errand]:
    """All there ever were, the latest first."""
    if (new := uow.new_under(call.id, Errand)) is not None:
        return new[::-1]
    with uow.asking((Errand,)):
        return uow.session.scalars(
            select(Errand)
            .where(Errand.call_id == call.id)
            .order_by(Errand.created_at.desc(), Errand.id.desc())
        ).all()


_OF_LISTED_CALLS = (
    select(Errand)
    .where(
        Errand.ended_at.is_(None),
        Errand.kind.not_in(OUTLIVES_CALL),
        Errand.call_id.in_(LISTED_ONES),
    )
    .options(
        load_only(
            Errand.version,
            Errand.created_at,
            Errand.call_id,
            Errand.kind,
            Errand.turn,
            Errand.due_at,
            Errand.details,
            Errand.ended_at,
            raiseload=True,
        )
    )
    .order_by(Errand.due_at)
)


def of_listed_calls(uow: UnitOfWork, last: datetime) -> dict[UUID, list[Errand]]:
    """What waits, by call of the board, but for what outlives it. last -- see LISTED_ONES."""
    found: dict[UUID, list[Errand]] = {}
    for errand in uow.session.scalars(_OF_LISTED_CALLS, {"last": last}):
        found.setdefault(errand.call_id, []).append(errand)
    return found


def is_red(errand: Errand, now: datetime) -> bool:
    """Has its time come?"""
    come = errand.kind in RED_AT_ONCE or errand.due_at <= now
    return errand.ended_at is None and come


def end_all(uow: UnitOfWork, call: Call) -> None:
    """The call is closed: nothing of it waits for a person any more, but for what outlives it."""
    for errand in of_call(uow, call):
        if errand.ended_at is None and errand.kind not in OUTLIVES_CALL:
            end(uow, errand, "closed")


def _is_due(uow: UnitOfWork, _: Centre, timer: Timer) -> None:
    errand = uow.get(Errand, timer.subject_id)
    if errand.ended_at is None and errand.turn == timer.step:
        errand.late_at = uow.now
        uow.audit(f"{errand.kind}.due", errand)


def audit(uow: UnitOfWork) -> Iterator[tuple[int, datetime | None]]:
    """Errands that wait, are not red yet, and that no timer will turn red."""
    planned = (
        select(Timer.id)
        .where(
            Timer.subject_id == Errand.id,
            Timer.kind == KIND,
            Timer.step == Errand.turn,
            Timer.state.in_(["waiting", "parked"]),
        )
        .exists()
    )
    row = uow.session.execute(
        select(func.count(), func.min(Errand.created_at)).where(
            Errand.ended_at.is_(None), Errand.late_at.is_(None), ~planned
        )
    ).one()
    yield row[0], row[1]


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {KIND: _is_due}
