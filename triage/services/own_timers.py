"""Timers of the installation itself, of which there always is a next step."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from triage.storage.deployment import Deployment
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

_PRIORITY = 9


def stands(uow: UnitOfWork, kind: str) -> bool:
    """Is the next step in the plan?"""
    return planned(uow, kind) is not None


def planned(uow: UnitOfWork, kind: str) -> UUID | None:
    """Looked up by whose it is: history has timers of all kinds."""
    deployment = uow.session.scalar(select(Deployment.id))
    waits = Timer.state.in_(["waiting", "parked"])
    of_it = select(Timer.id).where(Timer.subject_id == deployment, Timer.kind == kind, waits)
    return uow.session.scalar(of_it.limit(1))


def plan(uow: UnitOfWork, kind: str, due_at: datetime) -> None:
    """See to it that it is."""
    if stands(uow, kind):
        return
    deployment = uow.session.scalars(select(Deployment)).one()
    done = select(func.max(Timer.step)).where(Timer.subject_id == deployment.id, Timer.kind == kind)
    last = uow.session.scalar(done)
    step = 0 if last is None else last + 1
    uow.set_timer(kind, deployment, due_at, step=step, priority=_PRIORITY)


def go_on(uow: UnitOfWork, timer: Timer, due_at: datetime) -> None:
    """After this step the next one; those that are done are forgotten."""
    deployment = uow.get(Deployment, timer.subject_id)
    of_it = Timer.subject_id == deployment.id, Timer.kind == timer.kind
    for done in uow.session.scalars(select(Timer).where(*of_it, Timer.state == "done")):
        uow.session.delete(done)
    uow.set_timer(timer.kind, deployment, due_at, step=timer.step + 1, priority=_PRIORITY)
