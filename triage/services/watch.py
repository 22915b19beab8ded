"""Does paging work? Told from the rows, so that every process tells the same."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from triage.domain.lifecycle import MessageState
from triage.storage.messages import Message
from triage.storage.timers import Heartbeat, Timer
from triage.storage.unit_of_work import UnitOfWork

LATE = timedelta(seconds=10)
"""A worker that has not looked for due rows for this long counts as gone."""


def paging_state(uow: UnitOfWork) -> dict[str, float | int | bool | None]:
    """Ages in seconds: of the last tick of any worker, of the oldest timer and text overdue."""
    tick = uow.session.scalar(select(func.max(Heartbeat.at)))
    timer = uow.session.scalar(
        select(func.min(Timer.due_at)).where(Timer.state == "waiting", Timer.due_at <= uow.now)
    )
    waiting = (MessageState.READY, MessageState.ATTEMPTING)
    text = uow.session.scalar(
        select(func.min(Message.due_at)).where(
            Message.state.in_(waiting), Message.due_at <= uow.now
        )
    )
    parked = uow.session.scalar(
        select(func.count()).select_from(Timer).where(Timer.state == "parked")
    )

    tick_age, timer_age, text_age = (_age_s(uow, since) for since in (tick, timer, text))
    limit = LATE.total_seconds()
    alive = tick_age is not None and tick_age < limit
    on_time = max(timer_age or 0, text_age or 0) < 6 * limit
    return {
        "paging": alive and on_time and not parked,
        "tick_age_s": tick_age,
        "oldest_timer_s": timer_age,
        "oldest_text_s": text_age,
        "parked_timers": parked or 0,
    }


def _age_s(uow: UnitOfWork, since: datetime | None) -> float | None:
    return None if since is None else round((uow.now - since).total_seconds(), 1)
