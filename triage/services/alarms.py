"""Alarms of people in the field: on every screen of the desk, and ringing (`alarm_rings`), until a
person takes them. Nothing throttles one and none is bundled with another."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from triage.domain.alarms import OVER_WHEN_TAKEN, AlarmKind
from triage.domain.errors import Conflict
from triage.domain.lifecycle import MessageState
from triage.domain.words import msgid
from triage.services import alarm_lists, alarm_rings, at_the_desk, freed_teams, people
from triage.services.actors import account_of
from triage.services.centre import Centre
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.safety import Alarm
from triage.storage.teams import Responder
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

HOLDER = "look_at_holder"
"""The timer that looks whether whoever has taken it at a screen is still there."""


def raise_(
    uow: UnitOfWork,
    centre: Centre,
    kind: AlarmKind,
    member: Responder,
    page: Page | None = None,
    *,
    wrote: str | None = None,
) -> Alarm:
    """Somebody is in danger, or may be. The telephones ring in the same transaction; who says so
    again before a person has taken it lets them ring again at once.

    wrote -- the code in the text that says so.
    """
    call_id = page.slot.dispatch.call_id if page else None
    alarm = _untaken_already(uow, kind, member, page)
    event = "alarm.raised" if alarm is None else "alarm.raised_again"
    if alarm is None:
        alarm = uow.add(
            Alarm(
                kind=kind,
                responder_id=member.id,
                page_id=page.id if page else None,
                call_id=call_id,
                raised_at=uow.now,
                rings=0,
            )
        )
        alarm.responder = member
    alarm.raised_at, alarm.written_code = uow.now, wrote or alarm.written_code
    uow.session.flush()
    named: dict[str, Any] = {"wrote": wrote} if wrote else {}
    uow.audit(event, alarm, kind=kind.value, team=member.team.name, role=member.role, **named)
    alarm_rings.ring(uow, centre, alarm)
    return alarm


def raise_on(
    uow: UnitOfWork,
    centre: Centre,
    kind: AlarmKind,
    member: Responder,
    pages: Sequence[Page],
    wrote: str | None,
) -> None:
    """On each of these calls, or on none."""
    for page in pages:
        raise_(uow, centre, kind, member, page, wrote=wrote)
    if not pages:
        raise_(uow, centre, kind, member, wrote=wrote)


def _untaken_already(
    uow: UnitOfWork, kind: AlarmKind, member: Responder, page: Page | None
) -> Alarm | None:
    return uow.session.scalar(
        select(Alarm).where(
            Alarm.taken_at.is_(None),
            Alarm.kind == kind,
            Alarm.responder_id == member.id,
            Alarm.page_id == page.id if page else Alarm.page_id.is_(None),
        )
    )


def take(
    uow: UnitOfWork, centre: Centre, alarm: Alarm, through: str, by: str | None = None
) -> None:
    """A person takes care of it: nothing rings any more. Raises Conflict if another does so, who
    is there.

    by -- who, where it is not whoever asks for this unit of work.
    """
    before = alarm.taken_by
    if alarm.taken_at is not None and not alarm_lists.left(uow, centre, [alarm]):
        raise Conflict(msgid("this alarm is taken care of already"))
    alarm.taken_at, alarm.taken_by, alarm.taken_through = uow.now, by or uow.actor, through
    if alarm.kind in OVER_WHEN_TAKEN:
        alarm.over_at, alarm.over_by = alarm.taken_at, alarm.taken_by
        freed_teams.offer_soon(uow, alarm.responder)
    alarm_rings.stop(uow, alarm)
    look_at_holder(uow, centre, alarm)
    unsent = select(Message).where(
        Message.alarm_id == alarm.id, Message.state == MessageState.READY
    )
    for message in uow.session.scalars(unsent):
        message.move_to(MessageState.WITHDRAWN)
        uow.audit("text.withdrawn", message, kind=message.kind)
    member = alarm.responder
    had: dict[str, Any] = {"from_whom": before} if before else {}
    uow.audit(
        "alarm.taken",
        alarm,
        kind=alarm.kind.value,
        team=member.team.name,
        through=through,
        waited_s=int((uow.now - alarm.created_at).total_seconds()),
        **had,
    )


def leave_all(uow: UnitOfWork, centre: Centre, actor: str) -> None:
    """Whoever has signed out takes care of no alarm any more: what they took, and what is not over,
    rings again until another takes it."""
    for alarm in alarm_lists.of_holder(uow, actor):
        _leave(uow, centre, alarm)


def look_at_holder(uow: UnitOfWork, centre: Centre, alarm: Alarm) -> None:
    """Is whoever took it at a screen still there? Once they are not seen the desk is told, and
    where nobody there takes it in the time of one ring, it rings as if nobody had ever."""
    holder = account_of(alarm.taken_by or "")
    if holder is None or alarm.taken_at is None or alarm.over_at is not None:
        return
    heard_at = people.heard_of(uow, centre, {holder}).get(holder)
    alone = at_the_desk.UNHEARD_AFTER + timedelta(seconds=centre.policy.ring_again_s)
    if heard_at is None or heard_at + alone <= uow.now:
        _leave(uow, centre, alarm, unseen=f"account:{holder}")
        return
    looks = select(func.count()).where(Timer.subject_id == alarm.id, Timer.kind == HOLDER)
    step = uow.session.scalar(looks) or 0
    uow.set_timer(HOLDER, alarm, heard_at + alone, step=step, priority=alarm_rings.FIRST)


def _leave(uow: UnitOfWork, centre: Centre, alarm: Alarm, unseen: str | None = None) -> None:
    """unseen -- who was not seen any more, where they have not signed out."""
    alarm.taken_at = None  # taken_by tells who had it until another takes it
    whom: dict[str, Any] = {"from_whom": unseen} if unseen else {}
    team = alarm.responder.team.name
    uow.audit("alarm.left", alarm, kind=alarm.kind.value, team=team, **whom)
    alarm_rings.ring(uow, centre, alarm)


def end(uow: UnitOfWork, alarm: Alarm, *, themselves: bool = False) -> None:
    """Somebody knows that they are safe: their team may be asked for other calls again, and after
    a silent alarm be rung and texted again. Raises Conflict.

    themselves -- they say so, on their own page.
    """
    if alarm.taken_at is None:
        raise Conflict(msgid("nobody has taken this alarm yet"))
    if alarm.over_at is not None:
        raise Conflict(msgid("somebody has ended this alarm already"))
    alarm.over_at, alarm.over_by = uow.now, uow.actor
    alarm_rings.stop(uow, alarm)
    member = alarm.responder
    uow.audit(
        "alarm.over",
        alarm,
        kind=alarm.kind.value,
        team=member.team.name,
        role=member.role,
        lasted_s=int((uow.now - alarm.created_at).total_seconds()),
        themselves=themselves,
    )
    freed_teams.offer_soon(uow, member)


def end_own(uow: UnitOfWork, centre: Centre, page: Page) -> None:
    """Whoever cried for help says themselves that it is over; what nobody has taken rings on.
    Raises Conflict."""
    call_id = page.slot.dispatch.call_id
    raised = alarm_lists.of_member(uow, centre, call_id, page.responder_id)
    taken = [alarm for alarm in raised if alarm.taken_at is not None]
    if not taken:
        raise Conflict(msgid("no alarm of yours is taken and not over"))
    for alarm in taken:
        end(uow, alarm, themselves=True)


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    **alarm_rings.HANDLERS,
    HOLDER: lambda uow, centre, timer: look_at_holder(
        uow, centre, uow.get(Alarm, timer.subject_id)
    ),
}
