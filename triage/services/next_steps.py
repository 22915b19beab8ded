"""Every open dispatch has a next step: a row with a due time, so that none is forgotten.

While teams are asked the pages have timers of their own. This one stays beside them for as long
as the dispatch is open, looks after it every five minutes and says so when it stands still.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from triage.domain.lifecycle import TAKEN, DispatchState, SlotState
from triage.services import escalations
from triage.services.centre import Centre
from triage.services.planned import is_planned, plan
from triage.storage.dispatches import Dispatch
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


def standing_still(uow: UnitOfWork) -> Sequence[Dispatch]:
    """Dispatches that have not moved on since a look found them standing still."""
    return uow.session.scalars(
        select(Dispatch)
        .where(
            Dispatch.state.not_in([DispatchState.CLEARED, DispatchState.CANCELLED]),
            Dispatch.stalled_in == Dispatch.state,
        )
        .options(joinedload(Dispatch.call))
        .order_by(Dispatch.level_rank, Dispatch.created_at)
    ).all()


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {KIND: look_after}
