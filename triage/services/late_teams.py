"""A team that should be there and is not: the desk asks it what keeps it, and the caller hears it.

The time is what the team said itself, else what the level asks for; whoever was heard of a moment
ago is not late yet. Units in CAD are not asked for: whether they are there stands in CAD.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from triage.domain.errors import Conflict
from triage.domain.lateness import ASK_AGAIN, ASK_WITHIN
from triage.domain.lifecycle import ON_SITE, TAKEN
from triage.domain.words import msgid
from triage.services import team_errands
from triage.services.centre import Centre
from triage.services.planned import cancel, plan
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

KIND = "late"
TIMER = "late_team"


def expected(slot: Slot) -> datetime:
    """When they should be there."""
    if slot.eta_at is not None:
        return slot.eta_at
    by_level = slot.dispatch.created_at + timedelta(minutes=slot.dispatch.within_min)
    return max(by_level, (slot.heard_at or slot.created_at) + ASK_AGAIN)


def look(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """Something of the dispatch has changed: who is not late any more is asked nothing, and when
    the next will be is known anew."""
    coming = _coming(dispatch)
    if not coming and dispatch.late_at is None:
        return
    late = _late(coming, uow.now)
    if dispatch.late_at is not None:
        team_errands.drop(uow, dispatch, KIND, late)
        dispatch.late_at = dispatch.late_at if late else None
    _plan(uow, dispatch, coming)


def _coming(dispatch: Dispatch) -> list[Slot]:
    return [slot for slot in dispatch.slots if slot.state in TAKEN - ON_SITE]


def _late(coming: Sequence[Slot], now: datetime) -> list[Slot]:
    return [slot for slot in coming if expected(slot) <= now]


def _plan(uow: UnitOfWork, dispatch: Dispatch, coming: Sequence[Slot]) -> None:
    cancel(uow, dispatch, TIMER)
    if coming:
        soonest = uow.now if dispatch.late_at is None else uow.now + ASK_AGAIN
        at = min(max(expected(slot), soonest) for slot in coming)
        plan(uow, TIMER, dispatch, at, dispatch)


def is_due(uow: UnitOfWork, _: Centre, timer: Timer) -> None:
    """Somebody should be there by now: unless they are, the desk asks them."""
    dispatch = uow.get(Dispatch, timer.subject_id)
    coming = _coming(dispatch)
    if late := _late(coming, uow.now):
        dispatch.late_at = uow.now
        team_errands.ask(uow, dispatch.call, KIND, late, uow.now + ASK_WITHIN)
    _plan(uow, dispatch, coming)


def asked(uow: UnitOfWork, slot: Slot) -> None:
    """Somebody of the desk has asked them. Raises Conflict where that is done, or they are
    there."""
    if not team_errands.done(uow, slot, KIND, "asked"):
        raise Conflict(msgid("somebody has asked them already, or they are there"))


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {TIMER: is_due}
