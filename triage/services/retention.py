"""What people said, their names, numbers and places are erased when their time has come.

What is sealed goes; codes, times and counts stay, for figures, and the audit trail, which holds no
more. A few calls at a time, each few in a transaction of their own, beside whatever else goes on;
whoever is killed meanwhile has done nothing by halves. Nothing is erased before the center has said
after how many days.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, text

from triage.domain.errors import Conflict, Refused
from triage.domain.policy import Policy
from triage.domain.words import msgid
from triage.services import own_timers, spent_keys
from triage.services.centre import Centre
from triage.services.next_steps import OVER
from triage.services.outbox import UNSENT
from triage.storage.calls import WITH_WORDS, Call, IntakeDraft
from triage.storage.deployment import Deployment
from triage.storage.dispatches import UNFINISHED_DISPATCH, Dispatch
from triage.storage.erasing import erase, erase_texts
from triage.storage.errands import Errand
from triage.storage.follow_ups import OPEN_FOLLOW_UP, FollowUp, FollowUpAttempt
from triage.storage.messages import (
    INBOUND_OF_NO_CALL,
    TEXT_OF_NO_CALL,
    UNREAD_TEXT,
    InboundMessage,
    Message,
)
from triage.storage.preservations import STANDING_PRESERVATION, Preservation
from triage.storage.safety import STANDING_ALARM, Alarm
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork
from triage.storage.visits import Visit

KIND = "retention"
EVENT = "call.erased"
CALLS = 3
"""Of one transaction: some 200 rows, during which nobody else writes on SQLite."""
STRAYS = 100
EVERY, PAUSE = timedelta(hours=1), timedelta(seconds=1)
"""Between looks, and between transactions while there is more."""
_TO_RING = text("message.ring_since IS NOT NULL AND message.noted_at IS NULL")
_STRAYS = (
    (Message, TEXT_OF_NO_CALL, (UNSENT, _TO_RING)),
    (InboundMessage, INBOUND_OF_NO_CALL, (UNREAD_TEXT,)),
)
"""Texts of no call, by index, and which of them are not over."""


@dataclass(frozen=True)
class Standing:
    """How things stand. before -- what is older is erased; None: nothing ever is."""

    before: datetime | None
    due: int
    """Calls that could be erased now."""
    waiting: int
    """Calls as old that wait, because something about them is not over."""
    preserved: int


def stands(uow: UnitOfWork) -> bool:
    """Is the next look in the plan?"""
    return own_timers.stands(uow, KIND)


def plan(uow: UnitOfWork) -> None:
    """See to it that it is."""
    own_timers.plan(uow, KIND, uow.now)


def is_due(uow: UnitOfWork, centre: Centre, timer: Timer) -> None:
    """Erase a few, and forget a few keys; look again soon where there is more, else in an hour."""
    more = erase_some(uow, centre) + spent_keys.forget_some(uow) > 0
    own_timers.go_on(uow, timer, uow.now + (PAUSE if more else EVERY))


def erase_some(uow: UnitOfWork, centre: Centre) -> int:
    """A few of what is due, in this transaction: how many calls, forms and texts; 0 when nothing
    is left."""
    before = before_when(uow, centre.policy)
    if before is None:
        return 0
    of_call = due(before).limit(CALLS).with_for_update(skip_locked=True, of=Call)
    calls = uow.session.scalars(of_call).all()
    if not calls:
        return _erase_strays(uow, before)
    keys = [call.id for call in calls]
    erase(uow.session, keys, uow.now)
    for call in calls:
        uow.session.expire(call)
        uow.audit(EVENT, call, after_days=centre.policy.words_days)
    return len(calls)


def before_when(uow: UnitOfWork, policy: Policy) -> datetime | None:
    return uow.now - timedelta(days=policy.words_days) if policy.words_days else None


def due(before: datetime) -> Select[Call]:
    """Calls that ended before then, of which nothing is left to do and nobody has asked that they
    be kept; the oldest first."""
    return _aged(before).where(*(~one for one in _not_over(before))).order_by(Call.received_at)


def _aged(before: datetime) -> Select[Call]:
    ended = or_(Call.closed_at.is_(None), Call.closed_at < before)  # None: it was replayed
    return select(Call).where(WITH_WORDS, Call.received_at < before, ended)


def _not_over(before: datetime) -> tuple[ColumnElement[bool], ...]:
    tried = FollowUpAttempt.follow_up_id == FollowUp.id
    return (
        exists().where(Preservation.call_id == Call.id, STANDING_PRESERVATION),
        exists().where(
            Dispatch.call_id == Call.id, UNFINISHED_DISPATCH, Dispatch.state.not_in(OVER)
        ),
        exists().where(FollowUp.call_id == Call.id, OPEN_FOLLOW_UP),
        exists().where(FollowUp.call_id == Call.id, tried, FollowUpAttempt.created_at >= before),
        exists().where(
            Errand.call_id == Call.id, or_(Errand.ended_at.is_(None), Errand.ended_at >= before)
        ),
        exists().where(
            Visit.call_id == Call.id, or_(Visit.created_at >= before, Visit.written_at >= before)
        ),
        exists().where(Alarm.call_id == Call.id, STANDING_ALARM),
        exists().where(Message.call_id == Call.id, UNSENT),
        exists().where(Message.call_id == Call.id, _TO_RING),
        exists().where(InboundMessage.call_id == Call.id, UNREAD_TEXT),
    )


def _erase_strays(uow: UnitOfWork, before: datetime) -> int:
    """Forms that were never saved, and texts of no call."""
    drafts = uow.session.scalars(
        select(IntakeDraft)
        .where(text("intake_draft.call_id IS NULL"), IntakeDraft.created_at < before)
        .limit(STRAYS)
        .with_for_update(skip_locked=True)
    ).all()
    for draft in drafts:
        uow.session.delete(draft)
    counts = {"forms": len(drafts)}
    for kind, of_no_call, open_ones in _STRAYS:
        over = (text(f"NOT ({one.text})") for one in open_ones)
        old = select(kind.id).where(of_no_call, kind.created_at < before, *over)
        keys = uow.session.scalars(old.order_by(kind.created_at).limit(STRAYS)).all()
        if keys:
            erase_texts(uow.session, kind, keys)
        counts[kind.__tablename__] = len(keys)
    if total := sum(counts.values()):
        deployment = uow.session.scalars(select(Deployment)).one()
        uow.audit("retention.erased", deployment, None, **counts)
    return total


def standing(uow: UnitOfWork, centre: Centre) -> Standing:
    """Counts all that is old enough: for an operator, not for a page."""

    def count(query: Select[Call]) -> int:
        return uow.session.scalar(select(func.count()).select_from(query.subquery())) or 0

    preserved = uow.session.scalar(
        select(func.count()).select_from(Preservation).where(STANDING_PRESERVATION)
    )
    before = before_when(uow, centre.policy)
    if before is None:
        return Standing(None, 0, 0, preserved or 0)
    ready = count(due(before))
    return Standing(before, ready, count(_aged(before)) - ready, preserved or 0)


def preserve(uow: UnitOfWork, call: Call, why: str) -> None:
    """Nothing of this call is erased until `let_go`. Raises Conflict, Refused."""
    if not why.strip():
        raise Refused(msgid("Write who asks for it, and why."), "why")
    uow.session.refresh(call, with_for_update=True)  # somebody may be erasing it
    if call.erased_at is not None:
        raise Conflict(msgid("what was said on this call has been erased already"))
    if preservation_of(uow, call) is not None:
        raise Conflict(msgid("this call is kept already"))
    uow.audit("call.preserved", uow.add(Preservation(call_id=call.id, why=why.strip())))


def let_go(uow: UnitOfWork, call: Call) -> None:
    """It may be erased as any other. Raises Conflict."""
    if (kept := preservation_of(uow, call)) is None:
        raise Conflict(msgid("nobody has asked for this call to be kept"))
    kept.ended_at = uow.now
    uow.audit("call.let_go", kept)


def preservation_of(uow: UnitOfWork, call: Call) -> Preservation | None:
    """Why nothing of it is erased; None where nobody has asked for that."""
    return uow.session.scalar(
        select(Preservation).where(Preservation.call_id == call.id, STANDING_PRESERVATION)
    )


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {KIND: is_due}
