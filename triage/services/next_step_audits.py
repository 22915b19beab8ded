"""Has whatever is open a next step? One look at the rows, whoever wrote them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, aliased

from triage.domain.findings import Finding
from triage.domain.lifecycle import TAKEN, CallState, DispatchState, PageKind, PageState, SlotState
from triage.services import (
    charges,
    errands,
    escalation_policies,
    escalations,
    late_teams,
    next_steps,
)
from triage.services.escalation_steps import ESCALATE
from triage.services.outbox import UNSENT
from triage.services.reliefs import RELIEF
from triage.services.transfers import TRANSFER
from triage.storage.calls import OPEN_CALL, Call
from triage.storage.dispatches import (
    UNFINISHED_DISPATCH,
    UNRELIEVED_SLOT,
    Dispatch,
    Page,
    Slot,
    Transfer,
)
from triage.storage.messages import Message
from triage.storage.timers import LEFT_TIMER, WAITING_TIMER, Timer
from triage.storage.unit_of_work import UnitOfWork

_RUNNING = text("transfer.state IN ('offered', 'ringing', 'counselor')")


def audit(uow: UnitOfWork) -> Iterator[Finding]:
    """Open dispatches, and calls that wait for answers, that no row will ever move on."""
    row = uow.session.execute(
        select(func.count(), func.min(Dispatch.created_at))
        .select_from(Dispatch)
        .where(stuck(escalation_policies.ends(uow)), ~_is_held())
    ).one()
    asking = uow.session.execute(
        select(func.count(), func.min(Call.received_at))
        .select_from(Call)
        .where(OPEN_CALL, Call.state == CallState.ASKING)
        .where(~exists().where(Timer.subject_id == Call.id, Timer.state.in_(["waiting", "parked"])))
    ).one()
    counted = [(row[0], row[1]), (asking[0], asking[1]), *_handing_over(uow), *errands.audit(uow)]
    count = sum(number for number, _ in counted)
    oldest = min((at for _, at in counted if at is not None), default=None)
    if count:
        age = None if oldest is None else max(0.0, (uow.now - oldest).total_seconds())
        yield Finding("no_next_step", count, None if age is None else round(age, 1))


def stuck(ends: Mapping[UUID, int]) -> ColumnElement[bool]:
    """Which dispatches are open, and no row will move them on?

    Looking after them is not enough, nor that the caller is to be called back. While somebody is
    sought a page must wait for an answer, a text be on its way, or a step be due; each page that is
    open has a time for its answer. To whom nobody comes the next alarm is due, or somebody has
    charge for a time.

    ends -- by policy that does not begin anew, after how many steps it ends: then the caller is to
    be called back.
    """
    leaves = (
        exists()
        .where(Message.page_id == Page.id, Page.slot_id == Slot.id)
        .where(Slot.dispatch_id == Dispatch.id, UNSENT)
    )
    wanted = select(Slot.id).where(
        Slot.dispatch_id == Dispatch.id, Slot.state.in_([SlotState.SEEKING, SlotState.PAGED])
    )
    # OFFSET: else PostgreSQL reads all slots there ever were, to have them by hand for each row.
    asked = and_(Dispatch.reached_by == "page", wanted.offset(0).exists())
    moves = _waits(Timer.kind.not_in([next_steps.KIND, late_teams.TIMER, escalations.CALL_BACK]))
    alarmed = _waits(Timer.kind.in_([ESCALATE, charges.REMINDS, charges.ENDS]))
    at_end = and_(or_(false(), *_at_end(ends)), _waits(Timer.kind == escalations.CALL_BACK))
    left = and_(Dispatch.state == DispatchState.UNFILLED, ~alarmed, ~at_end)
    return and_(
        UNFINISHED_DISPATCH,
        Dispatch.state != DispatchState.HANDED_OVER,
        or_(~_waits(), and_(asked, ~moves, ~leaves), left, _unanswered()),
    )


def _waits(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Timer.dispatch_id == Dispatch.id, WAITING_TIMER, *which)


def _at_end(ends: Mapping[UUID, int]) -> Iterator[ColumnElement[bool]]:
    for policy, steps in ends.items():
        whole = and_(Dispatch.escalated > 0, Dispatch.escalated % steps == 0)
        yield and_(Dispatch.policy_id == policy, whole)


def _unanswered() -> ColumnElement[bool]:
    """A page is open, its text is not on its way, and nothing happens if no answer comes."""
    due = exists().where(Timer.subject_id == Page.id, Timer.kind == "page_answer", WAITING_TIMER)
    leaves = exists().where(Message.page_id == Page.id, UNSENT)
    return exists().where(
        Slot.dispatch_id == Dispatch.id,
        Page.slot_id == Slot.id,
        Page.state == PageState.OPEN,
        Page.kind != PageKind.SUPERVISOR,
        ~due,
        ~leaves,
    )


def _handing_over(uow: UnitOfWork) -> Iterator[tuple[int, datetime | None]]:
    """Callers on their way to a line whose next step no timer holds; callers who are owed a line
    that nobody was told to ring; teams whose relief nobody looks for again."""
    is_running = exists().where(Transfer.dispatch_id == Dispatch.id, _RUNNING)
    first = aliased(Slot)
    for query in (
        select(func.count(), func.min(Transfer.created_at)).where(
            _RUNNING, ~_is_planned(TRANSFER, Transfer.id)
        ),
        select(func.count(), func.min(Dispatch.created_at)).where(
            UNFINISHED_DISPATCH,
            Dispatch.reached_by == "transfer",
            Dispatch.state == DispatchState.HAND_OVER,
            ~is_running,
        ),
        select(func.count(), func.min(Slot.created_at))
        .join(first, first.id == Slot.replaces_id)
        .where(UNRELIEVED_SLOT, first.state.in_(sorted(TAKEN)), ~_is_planned(RELIEF, Slot.id)),
    ):
        row = uow.session.execute(query).one()
        yield row[0], row[1]


def _is_planned(kind: str, subject: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Will a timer do it, or does it stand parked, which is told of its own?"""
    states = Timer.state.in_(["waiting", "parked"])
    return exists().where(Timer.subject_id == subject, Timer.kind == kind, states)


def _is_held() -> ColumnElement[bool]:
    """Its steps are parked or held, which is told of its own."""
    return exists().where(Timer.dispatch_id == Dispatch.id, LEFT_TIMER, Timer.state == "parked")
