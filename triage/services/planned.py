"""Timers of a dispatch that may be set more than once, each with a number of its own."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from triage.storage.base import Row
from triage.storage.dispatches import Dispatch
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork


def plan(uow: UnitOfWork, kind: str, subject: Row, due_at: datetime, dispatch: Dispatch) -> None:
    """Do this for a dispatch, as urgently as the dispatch is."""
    uow.set_timer(
        kind,
        subject,
        due_at,
        step=len(states_of(uow, kind, subject)),
        priority=dispatch.level_rank,
        dispatch_id=dispatch.id,
    )


def states_of(uow: UnitOfWork, kind: str, subject: Row) -> Sequence[str]:
    """The state of every timer of this kind that was ever set for this row."""
    new = uow.new_under(subject.id, Timer, by="subject_id")
    if new is not None:
        return [timer.state for timer in new if timer.kind == kind]
    of_it = select(Timer.state).where(Timer.subject_id == subject.id, Timer.kind == kind)
    return uow.session.scalars(of_it).all()


def is_planned(uow: UnitOfWork, kind: str, dispatch: Dispatch) -> bool:
    return bool(_waiting(uow, dispatch, kind))


def cancel(uow: UnitOfWork, dispatch: Dispatch, *kinds: str) -> None:
    """These need not be done any more."""
    for timer in _waiting(uow, dispatch, *kinds):
        timer.state = "cancelled"


def bring_forward(uow: UnitOfWork, dispatch: Dispatch, due_at: datetime, *kinds: str) -> None:
    """These are due then, unless they are sooner, and as urgently as the dispatch is by now."""
    for timer in _waiting(uow, dispatch, *kinds):
        timer.due_at = min(timer.due_at, due_at)
        timer.priority = min(timer.priority, dispatch.level_rank)


def _waiting(uow: UnitOfWork, dispatch: Dispatch, *kinds: str) -> Sequence[Timer]:
    new = uow.new_under(dispatch.id, Timer, by="dispatch_id")
    if new is not None:
        return [timer for timer in new if timer.kind in kinds and timer.state == "waiting"]
    waiting = select(Timer).where(
        Timer.dispatch_id == dispatch.id, Timer.kind.in_(kinds), Timer.state == "waiting"
    )
    return uow.session.scalars(waiting).all()
