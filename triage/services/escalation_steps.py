"""When the next step beyond the teams is due."""

from datetime import datetime

from triage.domain.escalation import Done, Due, next_step
from triage.domain.lifecycle import DispatchState
from triage.domain.transfers import TransferState
from triage.services import escalation_policies
from triage.services.planned import cancel, plan
from triage.storage.dispatches import Dispatch
from triage.storage.unit_of_work import UnitOfWork

ESCALATE = "escalate"
WAITING = frozenset({DispatchState.UNFILLED, DispatchState.SEEKING, DispatchState.HALF_FORMED})
"""The caller waits for somebody."""


def is_unconfirmed(dispatch: Dispatch) -> bool:
    """Has nobody said in time that it was dispatched in CAD, that the line to which the caller is
    to go was rung, or that the caller was released to the counselor there?"""
    if dispatch.state is not DispatchState.HAND_OVER:
        return False
    step = dispatch.transfer
    if step is None or step.state is TransferState.OFFERED:
        return dispatch.late_at is not None
    return step.late_at is not None


def alarms(dispatch: Dispatch) -> bool:
    """Are supervisors alarmed until one has charge of it?"""
    return dispatch.state is DispatchState.UNFILLED or is_unconfirmed(dispatch)


def following(uow: UnitOfWork, dispatch: Dispatch, *, again: bool = False) -> Due | None:
    """The step after those that are done; None at the end of a policy that does not begin anew.

    again -- let also such a policy begin anew.
    """
    policy = escalation_policies.of_dispatch(uow, dispatch)
    return next_step(policy, Done(dispatch.escalated, uow.now), uow.now, again=again)


def plan_next(uow: UnitOfWork, dispatch: Dispatch, not_before: datetime | None = None) -> None:
    """In its time."""
    due = following(uow, dispatch)
    if due is not None:
        plan(uow, ESCALATE, dispatch, max(due.at, not_before or due.at), dispatch)


def hasten(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """The next step is due now, whatever its time was; a policy at its end begins anew."""
    cancel(uow, dispatch, ESCALATE)
    plan(uow, ESCALATE, dispatch, uow.now, dispatch)
