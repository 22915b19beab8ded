"""A team has become free: soon it is offered to whoever waits for one."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from triage.storage.base import Row
from triage.storage.dispatches import UNFILLED_DISPATCH, UNRELIEVED_SLOT, Dispatch, Slot
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

TEAM_FREE = "team_free"
FIRST = 1
"""Priority: who waits longest for a team waits for nothing else here."""
LOOK_AGAIN = timedelta(seconds=5)
"""After a call has found nobody: a team that became free in that very moment saw no call wait."""


def offer_soon(uow: UnitOfWork, freed: Row, at: datetime | None = None) -> None:
    """freed -- what became free, or will at `at`: a slot, a page, a shift, a switch, a member."""
    if at is None and not _anybody_waits(uow):
        return
    earlier = select(func.count()).select_from(Timer)
    step = uow.session.scalar(earlier.where(Timer.subject_id == freed.id, Timer.kind == TEAM_FREE))
    uow.set_timer(TEAM_FREE, freed, at or uow.now, step=step or 0, priority=FIRST)


def _anybody_waits(uow: UnitOfWork) -> bool:
    waiting = select(Dispatch.id).where(UNFILLED_DISPATCH).limit(1)
    unrelieved = select(Slot.id).where(UNRELIEVED_SLOT).limit(1)
    return any(uow.session.scalar(query) is not None for query in (waiting, unrelieved))
