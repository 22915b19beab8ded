"""Every open dispatch has a next step: a row with a due time, so that none is forgotten.

While teams are asked the pages have timers of their own. This one stays beside them for as long
as the dispatch is open, looks after it every five minutes and says so when it stands still.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from triage.domain.lifecycle import TAKEN, DispatchState, SlotState
from triage.services import escalations, unconfirmed
from triage.services.board_lines import is_late
from triage.services.centre import Centre
from triage.services.planned import is_planned, plan
from triage.storage.dispatches import UNFINISHED_DISPATCH, Dispatch, Slot
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

LOOK_EVERY = timedelta(minutes=5)
"""Long enough to act on what the last look said, short enough that nobody forgets."""
KIND = "look_after"
OVER = (DispatchState.CLEARED, DispatchState.CANCELLED, DispatchState.HANDED_OVER)
"""Nobody here has a next step: it ended, or the CAD system has it."""


def start(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """From now on somebody looks after this dispatch until it is over."""
    plan(uow, KIND, dispatch, uow.now + LOOK_EVERY, dispatch)


def go_on(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """It was over and is not: somebody looks after it again."""
    if not is_planned(uow, KIND, dispatch):
        plan(uow, KIND, dispatch, uow.now + LOOK_EVERY, dispatch)


def look_after(uow: UnitOfWork, centre: Centre, timer: Timer) -> None:
    """It is time for a look: write down a standstill, which every screen then shows, let
    escalation go on if it does not, and look again. Ends with the dispatch."""
    dispatch = uow.get(Dispatch, timer.subject_id)
    if dispatch.state in OVER:
        return
    stalled = stands_still(dispatch, uow.now)
    dispatch.stalled_in = dispatch.state if stalled else None
    if stalled:
        waited = int((uow.now - dispatch.created_at).total_seconds() // 60)
        uow.audit("dispatch.stalled", dispatch, state=dispatch.state.value, open_min=waited)
    if dispatch.state is DispatchState.UNFILLED:
        escalations.keep_on(uow, centre, dispatch)
        escalations.keep_calling_back(uow, centre, dispatch)
    unconfirmed.keep_on(uow, centre, dispatch)
    plan(uow, KIND, dispatch, uow.now + LOOK_EVERY, dispatch)


def stands_still(dispatch: Dispatch, now: datetime) -> bool:
    """Should a person see to it, because nothing else will move it on?"""
    late_since = now - LOOK_EVERY
    if dispatch.state is DispatchState.HAND_OVER:
        since = dispatch.transfer.changed_at if dispatch.transfer else dispatch.created_at
        return since <= late_since
    if dispatch.state is DispatchState.UNFILLED:
        return True
    if dispatch.state is DispatchState.ACCEPTED:
        answers = [
            page.answered_at
            for slot in dispatch.slots
            if slot.state in TAKEN
            for page in slot.pages
            if page.responder_id == slot.responder_id and page.answered_at is not None
        ]
        return max(answers, default=dispatch.created_at) <= late_since
    if dispatch.state is DispatchState.EN_ROUTE:
        return _should_be_there(dispatch) <= late_since
    return False


def _should_be_there(dispatch: Dispatch) -> datetime:
    told = [
        slot.eta_at
        for slot in dispatch.slots
        if slot.state in {SlotState.EN_ROUTE, SlotState.STAGED} and slot.eta_at is not None
    ]
    return max(told, default=dispatch.created_at + timedelta(minutes=dispatch.within_min))


_STANDING = (
    select(Dispatch)
    .where(
        UNFINISHED_DISPATCH,
        or_(Dispatch.stalled_in == Dispatch.state, Dispatch.state == DispatchState.HAND_OVER),
    )
    .options(
        joinedload(Dispatch.call),
        selectinload(Dispatch.slots).selectinload(Slot.pages),
        selectinload(Dispatch.transfers),
    )
    .order_by(Dispatch.level_rank, Dispatch.created_at)
)


def standing_still(uow: UnitOfWork, centre: Centre) -> Sequence[Dispatch]:
    """Dispatches that have not moved on since a look found them standing still, and hand-overs
    that nobody has confirmed in time."""
    late_since = uow.now - timedelta(seconds=centre.policy.hand_over_red_s)
    return [
        one
        for one in uow.session.scalars(_STANDING)
        if is_late(one, late_since)
        # A line may have been rung since the look; what is late of a hand-over is known without it.
        or (one.stalled_in is one.state and one.state is not DispatchState.HAND_OVER)
    ]


def with_others(uow: UnitOfWork, found: Sequence[Dispatch]) -> frozenset[UUID]:
    """Their calls to which more than one is sent."""
    if not found:
        return frozenset()
    several = (
        select(Dispatch.call_id)
        .where(Dispatch.call_id.in_({one.call_id for one in found}))
        .where(Dispatch.state.not_in([DispatchState.CLEARED, DispatchState.CANCELLED]))
        .group_by(Dispatch.call_id)
        .having(func.count() > 1)
    )
    return frozenset(uow.session.scalars(several))


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {KIND: look_after}
