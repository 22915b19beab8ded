"""When nobody is left to ask: supervisors, all hands, and the caller who still waits. Supervisors
also where nobody confirms what a person is to hand over."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from triage.domain.errands import PROMISE_OUTCOMES
from triage.domain.errors import Conflict, Refused
from triage.domain.escalation import Channel, Due, Who, reminders
from triage.domain.lifecycle import WANTED, PageKind, PageState, SlotState
from triage.domain.words import msgid
from triage.services import (
    all_hands,
    callers,
    charges,
    errands,
    escalation_policies,
    freed_teams,
    promised_backs,
    storms,
    supervisors,
)
from triage.services.centre import Centre
from triage.services.charges import in_charge
from triage.services.escalation_steps import (
    ESCALATE,
    WAITING,
    alarms,
    following,
    hasten,
    is_unconfirmed,
    plan_next,
)
from triage.services.pages import REMIND, ring, send_again
from triage.services.planned import cancel, is_planned, plan
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

CALL_BACK = "call_back"


def start(
    uow: UnitOfWork, centre: Centre, dispatch: Dispatch, not_before: datetime | None = None
) -> None:
    """Nobody is left to ask: from now on the policy's further steps are done until somebody
    takes the call. One that was begun before goes on where it was, unless somebody had the call
    meanwhile.

    not_before -- a dispatcher who still has the caller has so long before others are alarmed.
    """
    if dispatch.state not in WAITING:
        begin_anew(dispatch)
    keep_on(uow, centre, dispatch, not_before)
    keep_calling_back(uow, centre, dispatch)
    freed_teams.offer_soon(uow, dispatch, uow.now + freed_teams.LOOK_AGAIN)


def begin_anew(dispatch: Dispatch) -> None:
    """Somebody had it and has it no more: whoever was alarmed then was told that it is over. Or it
    is more urgent, and by another policy: none of whose steps is skipped for those of the first."""
    dispatch.escalated = 0


def pause(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """Somebody is asked again. The caller still waits."""
    cancel(uow, dispatch, ESCALATE)


def end(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """Somebody has it, or it is not needed."""
    cancel(uow, dispatch, ESCALATE, CALL_BACK)
    charges.stop_clock(uow, dispatch)
    dispatch.call_back_at = None


def keep_on(
    uow: UnitOfWork, centre: Centre, dispatch: Dispatch, not_before: datetime | None = None
) -> None:
    """To whom nobody comes, either a supervisor has charge for a time or the next step is due."""
    holder = in_charge(dispatch)
    if holder is None:
        go_on(uow, dispatch, not_before)
    else:
        charges.keep_clock(uow, centre, holder)


def go_on(uow: UnitOfWork, dispatch: Dispatch, not_before: datetime | None = None) -> None:
    """Unless somebody has charge the next step is planned. It is due now where somebody had it
    who was asked for a place that is filled, while another is missing."""
    if in_charge(dispatch) is not None or is_planned(uow, ESCALATE, dispatch):
        return
    if charges.runs(uow, dispatch):
        charges.stop_clock(uow, dispatch)
        hasten(uow, dispatch)
    else:
        plan_next(uow, dispatch, not_before)


def step_is_due(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """Do the next step beyond the teams. One that reaches nobody is followed at once by the
    next, until this round is over."""
    if not alarms(dispatch) or in_charge(dispatch) is not None:
        return
    owed = "in_cad" if dispatch.reached_by == "cad" else "to_line"
    unconfirmed: dict[str, Any] = {owed: True} if is_unconfirmed(dispatch) else {}
    due = following(uow, dispatch, again=True)
    while due is not None:
        reached = _do(uow, centre, dispatch, due)
        dispatch.escalated += 1
        uow.audit(
            "dispatch.escalated",
            dispatch,
            who=due.step.who.value,
            channel=due.step.channel.value,
            round=due.round,
            reached=reached,
            **unconfirmed,
        )
        after = following(uow, dispatch)
        over = after is None or after.begins
        if after is None or (over and not reached and not _anybody_asked(dispatch)):
            _tell_desk(uow, centre, dispatch, due.round)
        if reached or over:
            break
        due = after
    plan_next(uow, dispatch)


def _do(uow: UnitOfWork, centre: Centre, dispatch: Dispatch, due: Due) -> int:
    """How many people were reached out to. Where that is no supervisor the desk is told."""
    if due.step.who is Who.ALL_HANDS:
        return all_hands.ask(uow, centre, dispatch, due)
    asked = supervisors.ask(uow, centre, _missing(dispatch)[0], due)
    if not asked:
        _tell_desk(uow, centre, dispatch, due.round)
    return asked


def _missing(dispatch: Dispatch) -> Sequence[Slot]:
    states = WANTED if is_unconfirmed(dispatch) else {SlotState.UNFILLED}
    return [slot for slot in dispatch.slots if slot.state in states]


def _anybody_asked(dispatch: Dispatch) -> bool:
    """Is an answer from anybody beyond the teams awaited?"""
    pages = (page for slot in dispatch.slots for page in slot.pages)
    return any(page.state is PageState.OPEN and page.kind is not PageKind.TEAM for page in pages)


def _tell_desk(uow: UnitOfWork, centre: Centre, dispatch: Dispatch, round: int) -> None:
    supervisors.tell_desk(uow, centre, _missing(dispatch)[0], round)


def refused(uow: UnitOfWork, centre: Centre, page: Page) -> None:
    """A supervisor, or the last of all hands, says no or is not reached: the rest of this round is
    due now. A new round keeps its time, or whoever said no would be asked again at once, unless a
    supervisor has come on duty meanwhile. Where nobody is asked any more the desk is told."""
    dispatch = page.slot.dispatch
    if not alarms(dispatch) or in_charge(dispatch) is not None:
        return
    asked, due = _anybody_asked(dispatch), following(uow, dispatch)
    if not dispatch.escalated or (asked and page.kind is PageKind.ALL_HANDS):
        return
    if due is not None and (not due.begins or supervisors.anybody_unasked(uow, dispatch)):
        hasten(uow, dispatch)
    elif not asked:
        _tell_desk(uow, centre, dispatch, due.round - 1 if due else 1)


# --- whoever is being asked --------------------------------------------------------------


def is_awaited(page: Page) -> bool:
    """Is whoever was asked still to answer?"""
    return page.state is PageState.OPEN and page.slot.state in WANTED


def remind(uow: UnitOfWork, centre: Centre, page: Page, number: int) -> None:
    """They have not answered: try them again as the policy says."""
    dispatch = page.slot.dispatch
    if not is_awaited(page):
        return
    policy = escalation_policies.of_dispatch(uow, dispatch)
    due = reminders(policy, dispatch.answer_within_min * 60)
    if due:
        channel = due[number % len(due)][1]
        (ring if channel is Channel.VOICE else send_again)(uow, centre, page)
        uow.audit("page.tried_again", page, call_id=dispatch.call_id, channel=channel.value)


# --- the caller who waits ----------------------------------------------------------------


def keep_calling_back(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """Whoever waits is to be called back in time, also where somebody left one call-back undone."""
    if not is_planned(uow, CALL_BACK, dispatch):
        _plan_call_back(uow, centre, dispatch)


def _plan_call_back(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    due_at = uow.now + escalation_policies.call_back_after(uow, centre, dispatch)
    plan(uow, CALL_BACK, dispatch, due_at, dispatch)


def call_back_is_due(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """The caller has waited for a team for as long as anybody of this level should without
    hearing from us: a task on the board, until somebody has rung them."""
    if dispatch.state not in WAITING:
        return
    if dispatch.call_back_at is None:
        dispatch.call_back_at = uow.now
        uow.audit("dispatch.call_back_due", dispatch, **callers.no_number(dispatch.call))
    _plan_call_back(uow, centre, dispatch)


def called_back(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """Somebody has rung the caller, or told them without: the next time counts from now."""
    if dispatch.call_back_at is None:
        raise Conflict(msgid("the caller has been called back already, or somebody comes"))
    waited_s = int((uow.now - dispatch.call_back_at).total_seconds())
    dispatch.call_back_at = None
    cancel(uow, dispatch, CALL_BACK)
    _plan_call_back(uow, centre, dispatch)
    told = callers.no_number(dispatch.call)
    uow.audit("dispatch.called_back", dispatch, waited_s=waited_s, **told)
    promised_backs.rung(uow, dispatch.call)


def rang(uow: UnitOfWork, centre: Centre, call: Call) -> bool:
    """Somebody has rung the caller: no call-back that is due or was promised is owed any more.
    False where none was."""
    due = select(Dispatch).where(Dispatch.call_id == call.id, Dispatch.call_back_at.is_not(None))
    dispatches = uow.session.scalars(due).all()
    promised = promised_backs.rung(uow, call)
    for dispatch in dispatches:
        called_back(uow, centre, dispatch)
    return promised or bool(dispatches)


def promise_tried(uow: UnitOfWork, centre: Centre, call: Call, turn: int, outcome: str) -> None:
    """What a promised call-back came to. Raises Refused for no such outcome.

    turn -- which try the person saw: somebody else may have written it down meanwhile.
    """
    errand = errands.must_wait(uow, call, promised_backs.KIND)
    if outcome not in PROMISE_OUTCOMES:
        raise Refused(msgid("Choose what the call-back came to."), "outcome")
    if turn != errand.turn:
        raise Conflict(msgid("somebody has written this try down already"))
    if outcome == "not_reached":
        promised_backs.not_reached(uow, errand)
    elif outcome == "unsafe":
        promised_backs.rung(uow, call, outcome)
    else:
        rang(uow, centre, call)


IS_MISSED: dict[str, Callable[[UnitOfWork, Timer], bool]] = {
    REMIND: lambda uow, timer: is_awaited(uow.get(Page, timer.subject_id))
}
"""By kind of step, whether it was still to be done when its time was over; else it always was."""
HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    **storms.HANDLERS,
    **charges.HANDLERS,
    ESCALATE: lambda uow, centre, timer: step_is_due(
        uow, centre, uow.get(Dispatch, timer.subject_id)
    ),
    REMIND: lambda uow, centre, timer: remind(
        uow, centre, uow.get(Page, timer.subject_id), timer.step
    ),
    CALL_BACK: lambda uow, centre, timer: call_back_is_due(
        uow, centre, uow.get(Dispatch, timer.subject_id)
    ),
}
