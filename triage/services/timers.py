"""What is due now."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select

from triage.services import (
    alarms,
    cad,
    calls,
    check_ins,
    communication_tests,
    confirmations,
    duty,
    errands,
    escalations,
    figures,
    follow_ups,
    late_teams,
    next_steps,
    referrals,
    replacements,
    retention,
    sending,
    transfers,
    unanswered,
    unreported,
    waiting,
)
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.database import is_lost_race, must_begin_anew
from triage.storage.dispatches import Dispatch, Page
from triage.storage.follow_ups import FollowUp
from triage.storage.timers import LEFT_TIMER, WAITING_TIMER, Timer
from triage.storage.unit_of_work import LATER, UnitOfWork

log = logging.getLogger(__name__)
GIVE_UP_AFTER = 5
"""Failures of one timer before it is parked for a person to look at."""
UNKNOWN = "LookupError"
"""Why a step is parked that no worker here knows; releases before this one wrote it too."""
LEFT_FOR = timedelta(minutes=10)
"""So long a step that this release does not know is left to a worker of another. The watcher tells
that it is late meanwhile."""
TAKEN_UP_WITHIN = timedelta(hours=1)
"""What is older is done by no worker that comes to know it, but by a person who has looked."""

_HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    "page_answer": lambda uow, centre, timer: unanswered.answer_is_due(
        uow, centre, uow.get(Page, timer.subject_id)
    ),
    "nobody_left": lambda uow, centre, timer: calls.nobody_is_left(
        uow, centre, uow.get(Dispatch, timer.subject_id)
    ),
    "hand_over": lambda uow, centre, timer: cad.is_late(
        uow, centre, uow.get(Dispatch, timer.subject_id)
    ),
    "ask_deadline": lambda uow, centre, timer: sending.ask_deadline_is_over(
        uow, centre, uow.get(Call, timer.subject_id)
    ),
    "follow_up": lambda uow, centre, timer: follow_ups.is_due(
        uow, centre, uow.get(FollowUp, timer.subject_id), timer
    ),
    **next_steps.HANDLERS,
    **escalations.HANDLERS,
    **unreported.HANDLERS,
    **alarms.HANDLERS,
    **check_ins.HANDLERS,
    **waiting.HANDLERS,
    **replacements.HANDLERS,
    **transfers.HANDLERS,
    **duty.HANDLERS,
    **confirmations.HANDLERS,
    **errands.HANDLERS,
    **late_teams.HANDLERS,
    **referrals.HANDLERS,
    **communication_tests.HANDLERS,
    **retention.HANDLERS,
    **figures.HANDLERS,
}


_IS_KNOWN = Timer.kind.in_(_HANDLERS)


@dataclass(frozen=True)
class Lane:
    """Timers of these priorities, fired by a thread of their own: nothing slow of a later lane
    delays an urgent one."""

    first: int
    last: int


URGENT_LANE = Lane(0, LATER - 1)
LATER_LANE = Lane(LATER, 99)
ANY = Lane(0, 99)


def _due(uow: UnitOfWork, lane: Lane) -> tuple[ColumnElement[bool], ...]:
    return (
        Timer.state == "waiting",
        Timer.due_at <= uow.now,
        Timer.priority.between(lane.first, lane.last),
        # While machines change to another release, what only the other knows is for the other.
        or_(_IS_KNOWN, Timer.valid_until < uow.now),
    )


def anything_due(uow: UnitOfWork, lane: Lane = ANY) -> bool:
    """A look without a lock, so that a quiet worker disturbs no writer."""
    return uow.session.scalar(select(Timer.id).where(*_due(uow, lane)).limit(1)) is not None


def fire_due(
    uow: UnitOfWork, centre: Centre, lane: Lane = ANY, *, put_off_lost_races: bool = False
) -> bool:
    """Do the one thing that is due first, in this transaction. False if nothing is due.

    What is too old to help is not done but shown as missed. What fails is tried again later and,
    after five failures, parked: it holds up nothing else. A lost race is no failure, it is raised:
    begin anew.
    """
    timer = uow.session.scalar(
        select(Timer)
        .where(*_due(uow, lane))
        .order_by(Timer.priority, Timer.due_at, Timer.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if timer is None:
        return False
    if timer.valid_until is not None and timer.valid_until < uow.now:
        _let_expire(uow, timer)
        return True
    timer.attempts += 1
    try:
        with uow.session.begin_nested():
            _HANDLERS[timer.kind](uow, centre, timer)
        timer.state = "done"
    except Exception as error:
        put_off = put_off_lost_races and is_lost_race(error)
        if must_begin_anew(error) and not put_off:
            raise
        _put_off(uow, timer, error)
    return True


def _let_expire(uow: UnitOfWork, timer: Timer) -> None:
    """It is shown as missed, unless nobody needs it any more: that is nobody's to look at."""
    is_missed = escalations.IS_MISSED.get(timer.kind)
    if is_missed is not None and not is_missed(uow, timer):
        timer.state = "cancelled"
        return
    timer.state = "expired"
    late_s = int((uow.now - timer.due_at).total_seconds())
    uow.audit("timer.expired", timer, kind=timer.kind, late_s=late_s)


def _put_off(uow: UnitOfWork, timer: Timer, error: Exception) -> None:
    log.error("timer %s failed: %s", timer.kind, type(error).__name__)
    timer.last_error = type(error).__name__
    timer.due_at = uow.now + timedelta(seconds=5 * timer.attempts)
    if timer.attempts >= GIVE_UP_AFTER:
        timer.state = "parked"
        uow.audit("timer.parked", timer, kind=timer.kind, error=timer.last_error)


def _known_by_now(uow: UnitOfWork) -> ColumnElement[bool]:
    return and_(
        LEFT_TIMER,
        Timer.state == "parked",
        Timer.last_error == UNKNOWN,
        Timer.due_at > uow.now - TAKEN_UP_WITHIN,
        _IS_KNOWN,
    )


def _nobodys(uow: UnitOfWork) -> ColumnElement[bool]:
    return and_(WAITING_TIMER, Timer.due_at < uow.now - LEFT_FOR, ~_IS_KNOWN)


def anything_of_others(uow: UnitOfWork) -> bool:
    """Two looks, each through an index of few rows: in one it would read all that there are."""
    return any(
        uow.session.scalar(select(Timer.id).where(which(uow)).limit(1)) is not None
        for which in (_known_by_now, _nobodys)
    )


def settle_unknown(uow: UnitOfWork) -> None:
    """What a worker of another release has parked, and this one knows, is done after all. What this
    one does not know, and no other has done for LEFT_FOR, is parked for a person to look at."""
    for timer in _locked(uow, _known_by_now(uow)):
        timer.state, timer.attempts, timer.last_error = "waiting", 0, None
        uow.audit("timer.taken_up", timer, kind=timer.kind)
    for timer in _locked(uow, _nobodys(uow)):
        timer.state, timer.last_error = "parked", UNKNOWN
        uow.audit("timer.parked", timer, kind=timer.kind, error=UNKNOWN)


def _locked(uow: UnitOfWork, which: ColumnElement[bool]) -> Sequence[Timer]:
    found = select(Timer).where(which).with_for_update(skip_locked=True)
    return uow.session.scalars(found).all()
