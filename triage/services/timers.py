"""What is due now."""

import logging
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from triage.services import calls, dispatches, follow_ups, next_steps, paging, sending
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page
from triage.storage.follow_ups import FollowUp
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)
GIVE_UP_AFTER = 5
"""Failures of one timer before it is parked for a person to look at."""

_HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    "page_answer": lambda uow, centre, timer: paging.answer_is_due(
        uow, centre, uow.get(Page, timer.subject_id)
    ),
    "nobody_left": lambda uow, centre, timer: calls.nobody_is_left(
        uow, centre, uow.get(Dispatch, timer.subject_id)
    ),
    "hand_over": lambda uow, _, timer: dispatches.hand_over_is_late(
        uow, uow.get(Dispatch, timer.subject_id)
    ),
    "ask_deadline": lambda uow, centre, timer: sending.ask_deadline_is_over(
        uow, centre, uow.get(Call, timer.subject_id)
    ),
    "follow_up": lambda uow, centre, timer: follow_ups.is_due(
        uow, centre, uow.get(FollowUp, timer.subject_id), timer.step
    ),
    **next_steps.HANDLERS,
}


def anything_due(uow: UnitOfWork) -> bool:
    """A look without a lock, so that a quiet worker disturbs no writer."""
    due = select(Timer.id).where(Timer.state == "waiting", Timer.due_at <= uow.now)
    return uow.session.scalar(due.limit(1)) is not None


def fire_due(uow: UnitOfWork, centre: Centre) -> bool:
    """Do the one thing that is most overdue, in this transaction. False if nothing is due.

    What fails is tried again later and, after five failures, parked: it holds up nothing else.
    """
    timer = uow.session.scalar(
        select(Timer)
        .where(Timer.state == "waiting", Timer.due_at <= uow.now)
        .order_by(Timer.priority, Timer.due_at, Timer.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if timer is None:
        return False
    timer.attempts += 1
    try:
        with uow.session.begin_nested():
            handler = _HANDLERS.get(timer.kind)
            if handler is None:
                raise LookupError(timer.kind)
            handler(uow, centre, timer)
        timer.state = "done"
    except Exception as error:
        log.error("timer %s failed: %s", timer.kind, type(error).__name__)
        timer.last_error = type(error).__name__
        timer.due_at = uow.now + timedelta(seconds=5 * timer.attempts)
        if timer.attempts >= GIVE_UP_AFTER:
            timer.state = "parked"
            uow.audit("timer.parked", timer, kind=timer.kind, error=timer.last_error)
    return True
