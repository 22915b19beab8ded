"""What did not happen by itself: steps that failed, steps too old to help, lost texts.

Nothing of it is done late without a person. A supervisor has it done now, or says why not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import joinedload

from triage.domain.codes import DISMISSALS
from triage.domain.errors import Conflict, Refused
from triage.domain.role_words import member_name, role_name
from triage.domain.state_words import step_name
from triage.domain.words import msgid
from triage.services import outbox
from triage.services.restored import RESTORED
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.follow_ups import FollowUp
from triage.storage.messages import Message
from triage.storage.teams import Partner, Responder
from triage.storage.timers import LEFT_TIMER, Timer
from triage.storage.unit_of_work import UnitOfWork

MOST = 100
"""More than this are counted in the findings and come up as these are dealt with."""
PARKED, EXPIRED = "parked", "expired"


@dataclass(frozen=True)
class LeftStep:
    """A step that nobody does by itself any more."""

    timer: Timer
    call: Call | None

    @property
    def what(self) -> str:
        return step_name(self.timer.kind)

    @property
    def is_held(self) -> bool:
        return self.timer.last_error == RESTORED


@dataclass(frozen=True)
class LostText:
    """A text that did not leave, or of which nobody knows: somebody should be rung."""

    message: Message
    call: Call | None
    whom: str

    @property
    def since(self) -> datetime:
        return self.message.ring_since or self.message.created_at


def steps(uow: UnitOfWork, state: str) -> Sequence[LeftStep]:
    """state -- PARKED or EXPIRED. The most urgent first."""
    timers = uow.session.scalars(
        select(Timer)
        .where(_left(state))
        .order_by(Timer.priority, Timer.due_at, Timer.id)
        .limit(MOST)
    ).all()
    dispatches = uow.session.scalars(
        select(Dispatch)
        .where(Dispatch.id.in_([timer.dispatch_id for timer in timers if timer.dispatch_id]))
        .options(joinedload(Dispatch.call))
    )
    subjects = [timer.subject_id for timer in timers if timer.dispatch_id is None]
    follow_ups = uow.session.scalars(
        select(FollowUp).where(FollowUp.id.in_(subjects)).options(joinedload(FollowUp.call))
    )
    calls = {row.id: row.call for row in (*dispatches, *follow_ups)}
    calls |= {row.id: row for row in uow.session.scalars(select(Call).where(Call.id.in_(subjects)))}
    return [LeftStep(timer, calls.get(timer.dispatch_id or timer.subject_id)) for timer in timers]


def _left(state: str) -> ColumnElement[bool]:
    if state not in {PARKED, EXPIRED}:
        raise ValueError(state)
    return and_(LEFT_TIMER, Timer.state == state)


def lost_texts(uow: UnitOfWork) -> Sequence[LostText]:
    """The most urgent first, the oldest of these first."""
    return [
        LostText(
            message,
            uow.session.get(Call, message.call_id) if message.call_id else None,
            _whom(uow, message),
        )
        for message in outbox.to_ring(uow, MOST)
    ]


def _whom(uow: UnitOfWork, message: Message) -> str:
    if message.responder_id is not None:
        return member_name(uow.get(Responder, message.responder_id).team.name, message.to_role)
    if message.partner_id is not None:
        return uow.get(Partner, message.partner_id).name
    return role_name(message.to_role)


def anything_left(uow: UnitOfWork) -> bool:
    """Does something that was missed wait for a person? What failed is a finding of its own."""
    expired = select(Timer.id).where(_left(EXPIRED)).limit(1)
    return uow.session.scalar(expired) is not None or bool(outbox.to_ring(uow, 1))


def retry(uow: UnitOfWork, timer: Timer) -> None:
    """Do it now. Raises Conflict where it is not left over any more."""
    _must_be_left(timer)
    uow.audit("timer.retried", timer, call_id=_call_id(uow, timer), kind=timer.kind)
    timer.state, timer.due_at = "waiting", uow.now
    timer.valid_until, timer.attempts, timer.last_error = None, 0, None


def dismiss(uow: UnitOfWork, timer: Timer, reason: str) -> None:
    """Leave it undone, for a coded reason. Raises Conflict or Refused."""
    _must_be_left(timer)
    if reason not in DISMISSALS:
        raise Refused(msgid("Choose why it need not be done."), "reason")
    uow.audit(
        "timer.dismissed", timer, call_id=_call_id(uow, timer), kind=timer.kind, reason=reason
    )
    timer.state = "done"


def _must_be_left(timer: Timer) -> None:
    if timer.state not in {PARKED, EXPIRED}:
        raise Conflict(msgid("this step is taken care of already"))


def _call_id(uow: UnitOfWork, timer: Timer) -> UUID | None:
    if timer.dispatch_id is not None:
        return uow.get(Dispatch, timer.dispatch_id).call_id
    follow_up = uow.session.get(FollowUp, timer.subject_id)
    if follow_up is not None:
        return follow_up.call_id
    call = uow.session.get(Call, timer.subject_id)
    return call.id if call is not None else None
