"""Handing a caller over to a telephone line: each step with its time, and the way back.

A dispatcher does it by hand on the telephone and says what happened; the service keeps the time.
A line that does not answer in time, refuses or is lost gives the call back: the response counts as
one that cannot come, and the rules say who comes instead (calls.nobody_is_left).
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from triage.domain import hand_over_wording
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import CallState, DispatchState, SlotState
from triage.domain.transfers import REFUSALS, RETURNED, RUNNING, TransferState, cause_of
from triage.domain.words import msgid
from triage.services import callers, escalations, next_steps, paging, promised_backs, unconfirmed
from triage.services.centre import Centre
from triage.services.planned import cancel as cancel_planned
from triage.services.planned import plan
from triage.storage.calls import Call
from triage.storage.dispatches import UNFILLED_DISPATCH, Dispatch, Transfer
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

TRANSFER = "transfer"
"""The timer of the step that a transfer is in."""
LONGEST_LINE = 60


def offer(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> Transfer:
    """A caller is to be handed over: somebody must ring the line soon."""
    transfer = uow.add(
        Transfer(
            dispatch_id=dispatch.id,
            number=len(dispatch.transfers) + 1,
            state=TransferState.OFFERED,
        )
    )
    transfer.dispatch = dispatch
    uow.audit("transfer.offered", transfer, call_id=dispatch.call_id, response=dispatch.response)
    _within(uow, transfer, centre.policy.hand_over_red_s)
    return transfer


def _within(uow: UnitOfWork, transfer: Transfer, seconds: int) -> None:
    """The step that it is in now may last so long."""
    cancel_planned(uow, transfer.dispatch, TRANSFER)
    transfer.due_at = uow.now + timedelta(seconds=seconds)
    plan(uow, TRANSFER, transfer, transfer.due_at, transfer.dispatch)


def _goes_on(uow: UnitOfWork, centre: Centre, transfer: Transfer) -> None:
    """A person has said the next step: supervisors who were alarmed for the last are told."""
    told = hand_over_wording.transfer_goes_on(transfer.dispatch.call.code)
    unconfirmed.goes_on(uow, centre, transfer.dispatch, told)


def newest(dispatch: Dispatch) -> Transfer:
    """The transfer that a dispatcher speaks of. Raises Conflict when it is over for good."""
    transfer = dispatch.transfer
    over = {DispatchState.CANCELLED, DispatchState.CLEARED}
    if transfer is None or dispatch.state in over or dispatch.call.state is not CallState.OPEN:
        raise Conflict(msgid("this transfer is over"))
    return transfer


def ringing(uow: UnitOfWork, centre: Centre, transfer: Transfer, line: str) -> None:
    """The line rings. line -- which, where it is not the usual one."""
    if transfer.state is TransferState.RINGING:
        return
    transfer.move_to(TransferState.RINGING)
    transfer.ringing_at, transfer.line = uow.now, line.strip()[:LONGEST_LINE] or None
    _goes_on(uow, centre, transfer)
    _within(uow, transfer, centre.policy.transfer_answer_s)
    _told(uow, transfer, **({"line": transfer.line} if transfer.line else {}))


def counselor(uow: UnitOfWork, centre: Centre, transfer: Transfer) -> None:
    """Somebody of the line is there; late too, if the call was given back for their silence."""
    if transfer.state is TransferState.COUNSELOR:
        return
    after_all = transfer.state is TransferState.NOT_ANSWERED
    transfer.move_to(TransferState.COUNSELOR)
    transfer.counselor_at, transfer.ended_at = uow.now, None
    transfer.to_counselor_s = int((uow.now - transfer.created_at).total_seconds())
    if after_all:
        _take_up_again(uow, transfer.dispatch)
    _goes_on(uow, centre, transfer)
    _within(uow, transfer, centre.policy.transfer_release_s)
    promised_backs.spoken_with(uow, transfer.dispatch.call)
    _told(uow, transfer, waited_s=transfer.to_counselor_s)


def release(uow: UnitOfWork, centre: Centre, transfer: Transfer, line: str) -> None:
    """The caller is with the counselor. line -- how the response is called."""
    if transfer.state is TransferState.RELEASED:
        return
    dispatch = transfer.dispatch
    transfer.move_to(TransferState.RELEASED)
    transfer.released_at, transfer.due_at = uow.now, None
    cancel_planned(uow, dispatch, TRANSFER)
    dispatch.state, dispatch.confirmed_at = DispatchState.HANDED_OVER, uow.now
    _goes_on(uow, centre, transfer)
    unit = transfer.line or line
    for slot in dispatch.slots:
        slot.move_to(SlotState.ACCEPTED)
        slot.unit = unit
    _told(uow, transfer)
    waited_s = int((uow.now - dispatch.created_at).total_seconds())
    uow.audit("dispatch.handed_over", dispatch, unit=unit, waited_s=waited_s)


def refuse(uow: UnitOfWork, centre: Centre, transfer: Transfer, refusal: str) -> None:
    """The line does not take the caller, or the caller not the line."""
    if refusal not in REFUSALS:
        raise Refused(msgid("Choose why it was refused."), "refusal")
    transfer.refusal = refusal
    _give_back(uow, centre, transfer, TransferState.REFUSED, refusal=refusal)


def give_up(uow: UnitOfWork, centre: Centre, transfer: Transfer) -> None:
    """Nobody answers, and the dispatcher does not wait for the time to run out."""
    _give_back(uow, centre, transfer, TransferState.NOT_ANSWERED)


def drop(uow: UnitOfWork, centre: Centre, transfer: Transfer) -> None:
    """The line broke, perhaps after the release: the caller must be rung back at once, or a
    number found."""
    no_number = callers.no_number(transfer.dispatch.call)
    _give_back(uow, centre, transfer, TransferState.DROPPED, **no_number)


def _give_back(
    uow: UnitOfWork, centre: Centre, transfer: Transfer, state: TransferState, **details: str | bool
) -> None:
    """The call is the dispatcher's again, and the rules are asked who comes instead. After the
    time of any hand-over the supervisors are told, as for a call to which nobody comes."""
    dispatch = transfer.dispatch
    transfer.move_to(state)
    transfer.ended_at, transfer.due_at = uow.now, None
    cancel_planned(uow, dispatch, TRANSFER)
    dispatch.state, dispatch.late_at = DispatchState.UNFILLED, None
    dispatch.cause = cause_of(state, transfer.refusal)
    for slot in dispatch.slots:
        if slot.state is SlotState.ACCEPTED:
            slot.move_to(SlotState.SEEKING)
        slot.move_to(SlotState.UNFILLED)
        slot.unit = None
    _told(uow, transfer, **details)
    escalations.end(uow, dispatch)
    escalations.begin_anew(dispatch)
    if state is TransferState.DROPPED:
        escalations.call_back_is_due(uow, centre, dispatch)
    red_at = uow.now + timedelta(seconds=centre.policy.hand_over_red_s)
    escalations.start(uow, centre, dispatch, not_before=red_at)
    paging.assess_again(uow, dispatch)
    next_steps.go_on(uow, dispatch)


def offer_again(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """The line is to be rung once more; a caller who was lost is rung first, or nobody has them."""
    transfer = newest(dispatch)
    if transfer.state not in RETURNED:
        raise Conflict(msgid("this transfer is still going on, or is done"))
    if caller_is_lost(dispatch):
        if callers.can_ring(dispatch.call):
            raise Conflict(msgid("ring the caller back first, and write it down"))
        raise Conflict(msgid("the caller is lost: find a number, or write down how they were told"))
    _take_up_again(uow, dispatch)
    offer(uow, centre, dispatch)


def caller_is_lost(dispatch: Dispatch) -> bool:
    """The line broke, and nobody has rung them back since."""
    transfer = dispatch.transfer
    lost = transfer is not None and transfer.state is TransferState.DROPPED
    return lost and dispatch.call_back_at is not None


def _take_up_again(uow: UnitOfWork, dispatch: Dispatch) -> None:
    dispatch.state, dispatch.cause = DispatchState.HAND_OVER, None
    for slot in dispatch.slots:
        slot.move_to(SlotState.SEEKING)
    escalations.end(uow, dispatch)
    escalations.begin_anew(dispatch)
    paging.assess_again(uow, dispatch)


def end(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """The dispatch is cancelled."""
    transfer = dispatch.transfer
    if transfer is not None and transfer.state in RUNNING:
        transfer.move_to(TransferState.CANCELLED)
        transfer.ended_at, transfer.due_at = uow.now, None
        cancel_planned(uow, dispatch, TRANSFER)
        _told(uow, transfer)


def _told(uow: UnitOfWork, transfer: Transfer, **details: str | int) -> None:
    dispatch = transfer.dispatch
    uow.audit(
        f"transfer.{transfer.state.value}",
        transfer,
        call_id=dispatch.call_id,
        response=dispatch.response,
        **details,
    )


def is_due(uow: UnitOfWork, centre: Centre, transfer: Transfer) -> None:
    """The step that it is in has lasted too long. A line that only rings gives the call back;
    where a person must act every screen says so until they have, and supervisors are alarmed."""
    dispatch = transfer.dispatch
    if transfer.due_at is None or transfer.due_at > uow.now:
        return  # it has moved on
    if transfer.state is TransferState.RINGING:
        give_up(uow, centre, transfer)
        return
    if transfer.state is TransferState.OFFERED and dispatch.late_at is None:
        dispatch.late_at = uow.now
        uow.audit("dispatch.hand_over_late", dispatch)
        unconfirmed.is_late(uow, centre, dispatch, transfer.created_at)
    elif transfer.state is TransferState.COUNSELOR and transfer.late_at is None:
        transfer.late_at = uow.now
        uow.audit("transfer.late", transfer, call_id=dispatch.call_id, response=dispatch.response)
        unconfirmed.is_late(uow, centre, dispatch, transfer.counselor_at or uow.now)
    plan(uow, TRANSFER, transfer, uow.now + next_steps.LOOK_EVERY, dispatch)


def given_back(uow: UnitOfWork) -> Sequence[Dispatch]:
    """Dispatches whose line did not take the caller, and for which nothing was done yet."""
    return (
        uow.session.scalars(
            select(Dispatch)
            .join(Call)
            .where(
                UNFILLED_DISPATCH,
                Dispatch.reached_by == "transfer",
                Call.state == CallState.OPEN,
            )
            .options(joinedload(Dispatch.call), joinedload(Dispatch.transfers))
            .order_by(Dispatch.level_rank, Dispatch.created_at)
        )
        .unique()
        .all()
    )


@dataclass(frozen=True)
class Outcomes:
    """What became of all transfers."""

    by_state: Mapping[TransferState, int]
    answered: int
    """How many came to a counselor on the line, whatever came of it then."""
    to_counselor_s: int
    """What these waited together, from the offer."""


def outcomes(uow: UnitOfWork) -> Outcomes:
    """Of the last day: what is scraped every few seconds must not count years."""
    today = Transfer.created_at > uow.now - timedelta(days=1)
    counts = select(Transfer.state, func.count()).where(today).group_by(Transfer.state)
    found = {row[0]: row[1] for row in uow.session.execute(counts)}
    waited = func.count(Transfer.to_counselor_s), func.sum(Transfer.to_counselor_s)
    row = uow.session.execute(select(*waited).where(today)).one()
    by_state = {state: found.get(state, 0) for state in TransferState}
    return Outcomes(by_state, row[0], int(row[1] or 0))


def without(dispatches: Collection[Dispatch], sent: Collection[str]) -> list[Dispatch]:
    """Of these, whose call was given back and for whom somebody else was sent."""
    return [
        dispatch
        for dispatch in dispatches
        if dispatch.reached_by == "transfer"
        and dispatch.state is DispatchState.UNFILLED
        and dispatch.response not in sent
    ]


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    TRANSFER: lambda uow, centre, timer: is_due(uow, centre, uow.get(Transfer, timer.subject_id))
}
