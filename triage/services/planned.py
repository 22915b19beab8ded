"""Timers of a dispatch that may be set more than once, each with a number of its own."""

from datetime import datetime

from sqlalchemy import func, select

from triage.storage.base import Row
from triage.storage.dispatches import Dispatch
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork


def plan(uow: UnitOfWork, kind: str, subject: Row, due_at: datetime, dispatch: Dispatch) -> None:
    """Do this for a dispatch, as urgently as the dispatch is."""
    of_it = select(func.count()).select_from(Timer)
    earlier = uow.session.scalar(of_it.where(Timer.subject_id == subject.id, Timer.kind == kind))
    uow.set_timer(
        kind,
        subject,
        due_at,
        step=earlier or 0,
        priority=dispatch.level_rank,
        dispatch_id=dispatch.id,
    )


def is_planned(uow: UnitOfWork, kind: str, dispatch: Dispatch) -> bool:
    waiting = select(Timer.id).where(
        Timer.dispatch_id == dispatch.id, Timer.kind == kind, Timer.state == "waiting"
    )
    return uow.session.scalar(waiting.limit(1)) is not None


def cancel(uow: UnitOfWork, dispatch: Dispatch, *kinds: str) -> None:
    """These need not be done any more."""
    waiting = select(Timer).where(
        Timer.dispatch_id == dispatch.id, Timer.kind.in_(kinds), Timer.state == "waiting"
    )
    for timer in uow.session.scalars(waiting):
        timer.state = "cancelled"
