"""Whoever has accepted, is on the way or on scene is asked in time whether all is well. Silence,
twice, is an alarm. Whatever they tell us themselves counts as an answer.

Who has accepted and says nothing more is taken to be on the way: many drive off and forget to say
so, and who does not drive is missed all the same.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from triage.domain import safety_wording
from triage.domain.alarms import AlarmKind
from triage.domain.lifecycle import TAKEN, PageState, SlotState
from triage.services import alarms, outbox
from triage.services.centre import Centre
from triage.storage.base import Row
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.messages import Message
from triage.storage.safety import CheckIn
from triage.storage.teams import Responder
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

LOOK, LATE = "check_in", "check_in_late"
KIND = "check_in"
"""Of the text."""
LONGEST_WAY = timedelta(hours=1)
"""An ETA puts the question off until they should be there, but not for longer than this."""
_COMING = frozenset({SlotState.ACCEPTED, SlotState.EN_ROUTE})
PRIORITY = 1


def watch_over(uow: UnitOfWork, slot: Slot) -> None:
    """Somebody has this place from now on."""
    if _is_ours(slot):
        slot.heard_at = uow.now
        _look_soon(uow, slot)


def heard(uow: UnitOfWork, slot: Slot, through: str) -> None:
    """They told us something: all is well, and the time until the next question begins anew."""
    if not _is_ours(slot):
        return
    slot.heard_at = uow.now
    asked = _asked_in(uow, slot)
    if asked is not None and asked.responder_id == slot.responder_id:
        _close(uow, asked, "answered", through)
    elif asked is not None:  # nobody answers for whoever had the place before
        _close(uow, asked, "over", None)
    _look_soon(uow, slot)


def _is_ours(slot: Slot) -> bool:
    return slot.responder_id is not None and slot.dispatch.reached_by == "page"


def open_of(uow: UnitOfWork, slot: Slot) -> CheckIn | None:
    """The question to whoever has this place that waits for their answer."""
    asked = _asked_in(uow, slot)
    theirs = asked is not None and asked.responder_id == slot.responder_id
    return asked if theirs else None


def _asked_in(uow: UnitOfWork, slot: Slot) -> CheckIn | None:
    """It may be to somebody who has left the place meanwhile."""
    waiting = select(CheckIn).where(CheckIn.slot_id == slot.id, CheckIn.closed_at.is_(None))
    return uow.session.scalar(waiting)


def open_of_call(uow: UnitOfWork, call_id: UUID) -> dict[UUID, CheckIn]:
    """The questions about a call that wait for an answer, by place."""
    waiting = (
        select(CheckIn)
        .join(Slot, Slot.id == CheckIn.slot_id)
        .join(Dispatch, Dispatch.id == Slot.dispatch_id)
        .where(Dispatch.call_id == call_id, CheckIn.closed_at.is_(None))
        .where(CheckIn.responder_id == Slot.responder_id)
    )
    return {asked.slot_id: asked for asked in uow.session.scalars(waiting)}


def _look_soon(uow: UnitOfWork, slot: Slot) -> None:
    """There is one timer for each place: when the next question is due is worked out when it
    fires."""
    waiting = uow.session.scalar(
        select(Timer).where(
            Timer.subject_id == slot.id, Timer.kind == LOOK, Timer.state == "waiting"
        )
    )
    if waiting is None:
        _plan(uow, LOOK, slot, uow.now, slot.dispatch.level_rank)
    else:
        waiting.due_at = min(waiting.due_at, uow.now)


def _plan(uow: UnitOfWork, kind: str, subject: Row, at: datetime, priority: int) -> None:
    of_it = select(func.count()).where(Timer.subject_id == subject.id, Timer.kind == kind)
    step = uow.session.scalar(of_it) or 0
    uow.set_timer(kind, subject, at, step=step, priority=priority)


def look_is_due(uow: UnitOfWork, centre: Centre, slot: Slot) -> None:
    """Ask, or look again when it is time. Ends when they have left the field."""
    due_at, asked = _due(centre, slot), _asked_in(uow, slot)
    if asked is not None and asked.responder_id != slot.responder_id:
        _close(uow, asked, "over", None)
        asked = None
    if due_at is None or asked is not None:
        return
    if due_at > uow.now:
        _plan(uow, LOOK, slot, due_at, slot.dispatch.level_rank)
    else:
        _ask(uow, centre, slot)


def _due(centre: Centre, slot: Slot) -> datetime | None:
    if slot.state not in TAKEN or not _is_ours(slot):
        return None
    since = slot.heard_at or slot.created_at
    if slot.state in _COMING and slot.eta_at is not None:
        since = max(since, min(slot.eta_at, since + LONGEST_WAY))
    return since + _between(centre, slot)


def _between(centre: Centre, slot: Slot) -> timedelta:
    policy = centre.policy
    minutes = {
        SlotState.ACCEPTED: policy.check_en_route_min,
        SlotState.EN_ROUTE: policy.check_en_route_min,
        SlotState.STAGED: policy.check_staged_min,
        SlotState.ON_SCENE: policy.check_on_scene_min,
        SlotState.TRANSPORTING: policy.check_transporting_min,
    }
    return timedelta(minutes=minutes[slot.state])


def _ask(uow: UnitOfWork, centre: Centre, slot: Slot) -> None:
    asked = uow.add(CheckIn(slot_id=slot.id, responder_id=slot.responder_id))
    asked.slot = slot
    uow.session.flush()
    if not _gets_texts(asked.responder):
        _miss(uow, centre, asked, "out_of_reach")
        return
    _text(uow, centre, asked, again=False)
    _plan_late(uow, centre, asked)
    _audit(uow, "check_in.asked", asked)


def _gets_texts(member: Responder) -> bool:
    stopped = member.opted_out_at is not None or member.phone_lost_at is not None
    return member.verified_at is not None and not stopped


def _text(uow: UnitOfWork, centre: Centre, asked: CheckIn, *, again: bool) -> None:
    slot = asked.slot
    if slot.responder is None:
        return
    outbox.enqueue(
        uow,
        centre,
        kind=KIND,
        to=slot.responder.phone or "",
        to_role=slot.responder.role,
        body=safety_wording.check_in(slot.dispatch.call.code, again=again),
        priority=PRIORITY,
        call_id=slot.dispatch.call_id,
        responder_id=slot.responder_id,
        dedupe_key=f"check_in:{asked.id}:{int(again)}",
        valid_s=centre.policy.check_answer_s,
    )


def _plan_late(uow: UnitOfWork, centre: Centre, asked: CheckIn) -> None:
    late_at = uow.now + timedelta(seconds=centre.policy.check_answer_s)
    _plan(uow, LATE, asked, late_at, PRIORITY)


def answer_is_late(uow: UnitOfWork, centre: Centre, asked: CheckIn) -> None:
    """Ask once more; after that it is an alarm, and they are asked again in time."""
    if asked.closed_at is not None:
        return
    slot = asked.slot
    if slot.state not in TAKEN or slot.responder_id != asked.responder_id:
        _close(uow, asked, "over", None)
    elif not _gets_texts(asked.responder):
        _miss(uow, centre, asked, "out_of_reach")
    elif asked.asked_again_at is None:
        asked.asked_again_at = uow.now
        _text(uow, centre, asked, again=True)
        _plan_late(uow, centre, asked)
        _audit(uow, "check_in.asked_again", asked)
    else:
        _miss(uow, centre, asked, "missed")


def cannot_answer(uow: UnitOfWork, centre: Centre, member: Responder) -> None:
    """No text reaches them any more: what they were just asked is a person's to ask, at once."""
    waiting = select(CheckIn).where(CheckIn.responder_id == member.id, CheckIn.closed_at.is_(None))
    for asked in uow.session.scalars(waiting).all():
        if asked.slot.state in TAKEN and asked.slot.responder_id == member.id:
            _miss(uow, centre, asked, "out_of_reach")


def _miss(uow: UnitOfWork, centre: Centre, asked: CheckIn, outcome: str) -> None:
    """It is an alarm, and they are asked again in time."""
    _close(uow, asked, outcome, None)
    slot, member = asked.slot, asked.responder
    alarms.raise_(uow, centre, AlarmKind.MISSED_CHECK_IN, member, _page_of(slot, member.id))
    _plan(uow, LOOK, slot, uow.now + _between(centre, slot), slot.dispatch.level_rank)


def is_awaited(uow: UnitOfWork, message: Message) -> bool:
    """Does whoever this text asks still owe the answer?"""
    waiting = (
        select(CheckIn.id)
        .join(Slot, Slot.id == CheckIn.slot_id)
        .join(Dispatch, Dispatch.id == Slot.dispatch_id)
        .where(
            CheckIn.closed_at.is_(None),
            CheckIn.responder_id == message.responder_id,
            Slot.responder_id == CheckIn.responder_id,
            Slot.state.in_(sorted(TAKEN)),
            Dispatch.call_id == message.call_id,
        )
    )
    return uow.session.scalar(waiting.limit(1)) is not None


def _page_of(slot: Slot, responder_id: UUID) -> Page | None:
    theirs = [p for p in slot.pages if p.responder_id == responder_id]
    return next((p for p in theirs if p.state is PageState.ACCEPTED), None)


def _close(uow: UnitOfWork, asked: CheckIn, outcome: str, through: str | None) -> None:
    asked.closed_at, asked.outcome, asked.through = uow.now, outcome, through
    _audit(uow, f"check_in.{outcome}", asked)


def _audit(uow: UnitOfWork, event: str, asked: CheckIn) -> None:
    member, call_id = asked.responder, asked.slot.dispatch.call_id
    details = {"through": asked.through} if asked.through else {}
    uow.audit(event, asked, call_id=call_id, team=member.team.name, role=member.role, **details)


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    LOOK: lambda uow, centre, timer: look_is_due(uow, centre, uow.get(Slot, timer.subject_id)),
    LATE: lambda uow, centre, timer: answer_is_late(
        uow, centre, uow.get(CheckIn, timer.subject_id)
    ),
}
