"""Alarms of people in the field: on every screen of the desk, and ringing, until a person takes
them. Nothing throttles one and none is bundled with another."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from triage.domain import alarms as words
from triage.domain.alarms import OVER_WHEN_TAKEN, AlarmKind
from triage.domain.delivery import AttemptState
from triage.domain.errors import Conflict
from triage.domain.lifecycle import MessageState
from triage.domain.words import Spoken, msgid
from triage.services import alarm_lists, at_the_desk, freed_teams, outbox, people, providers
from triage.services.actors import account_of
from triage.services.availability import SUPERVISOR, supervisors_on_duty
from triage.services.centre import Centre
from triage.storage.attempts import Attempt
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.safety import Alarm
from triage.storage.teams import Responder
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

RING = "ring_alarm"
"""The timer; there is one for as long as nobody has taken the alarm."""
LOOK = "look_at_alarm"
"""The timer that looks whether a telephone rang."""
HOLDER = "look_at_holder"
"""The timer that looks whether whoever has taken it at a screen is still there."""
RINGS_WITHIN = timedelta(seconds=5)
"""As long as a handing over may take; then it is texted too."""
_MAY_RING = timedelta(seconds=60)
"""No telephone rings longer for one call."""
KIND = "alarm"
"""Of what is said on the telephone, or texted while none rings."""
FIRST = 0
"""Priority before everything else there is."""
_Phone = tuple[str, UUID | None]
"""Its number, and which supervisor's; None: the desk's."""


def raise_(
    uow: UnitOfWork, centre: Centre, kind: AlarmKind, member: Responder, page: Page | None = None
) -> Alarm:
    """Somebody is in danger, or may be. The telephones ring in the same transaction; who says so
    again before a person has taken it lets them ring again at once."""
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
    alarm.raised_at = uow.now
    uow.session.flush()
    uow.audit(event, alarm, kind=kind.value, team=member.team.name, role=member.role)
    ring(uow, centre, alarm)
    return alarm


def raise_on(
    uow: UnitOfWork, centre: Centre, kind: AlarmKind, member: Responder, pages: Sequence[Page]
) -> None:
    """On each of these calls, or on none."""
    for page in pages:
        raise_(uow, centre, kind, member, page)
    if not pages:
        raise_(uow, centre, kind, member)


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


def ring(uow: UnitOfWork, centre: Centre, alarm: Alarm) -> None:
    """Ring everybody who can take it, and see to it that it rings again. While no call goes out
    they are texted as well."""
    if alarm.taken_at is not None:
        return
    phones = _phones(uow, centre, alarm)
    alarm.rings += 1
    for phone in phones:
        _tell(uow, centre, alarm, phone, providers.VOICE)
    providers.probe_now(uow, providers.VOICE)
    _stop_timers(uow, alarm)
    again = uow.now + timedelta(seconds=centre.policy.ring_again_s)
    uow.set_timer(RING, alarm, again, step=alarm.rings, priority=FIRST)
    if phones and providers.is_shut(uow, providers.VOICE):
        _text(uow, centre, alarm, phones)
        return
    uow.audit("alarm.rang", alarm, kind=alarm.kind.value, phones=len(phones), time=alarm.rings)
    if phones:
        uow.set_timer(LOOK, alarm, uow.now + RINGS_WITHIN, step=alarm.rings, priority=FIRST)


def _tell(uow: UnitOfWork, centre: Centre, alarm: Alarm, phone: _Phone, channel: str) -> None:
    number, responder_id = phone
    texted = channel == providers.SMS
    key = f"alarm:{alarm.id}:{alarm.rings}:{responder_id or 'desk'}"
    outbox.enqueue(
        uow,
        centre,
        kind=KIND,
        channel=channel,
        to=number,
        to_role=SUPERVISOR if responder_id else "desk",
        body=_words(centre, alarm, words.texted if texted else words.rung),
        priority=FIRST,
        responder_id=responder_id,
        alarm_id=alarm.id,
        dedupe_key=f"{key}:text" if texted else key,
        valid_s=centre.policy.ring_again_s,
    )


def _text(uow: UnitOfWork, centre: Centre, alarm: Alarm, phones: Sequence[_Phone]) -> None:
    for phone in phones:
        _tell(uow, centre, alarm, phone, providers.SMS)
    if phones:
        providers.probe_now(uow, providers.SMS)
        uow.audit("alarm.texted", alarm, kind=alarm.kind.value, phones=len(phones))


def look(uow: UnitOfWork, centre: Centre, alarm: Alarm) -> None:
    """Some seconds after it should have rung: where no telephone has, they are texted."""
    if alarm.taken_at is None and not _has_rung(uow, alarm):
        _text(uow, centre, alarm, _phones(uow, centre, alarm))


def _has_rung(uow: UnitOfWork, alarm: Alarm) -> bool:
    """Has the provider taken a call of the latest ring?"""
    begun = select(func.max(Message.created_at)).where(Message.alarm_id == alarm.id)
    latest = begun.where(Message.channel == providers.VOICE).scalar_subquery()
    taken = (
        select(Attempt.id)
        .join(Message, Message.id == Attempt.message_id)
        .where(
            Message.alarm_id == alarm.id,
            Message.channel == providers.VOICE,
            Message.created_at == latest,
            Attempt.state == AttemptState.ACCEPTED,
        )
    )
    return uow.session.scalar(taken.limit(1)) is not None


def _words(centre: Centre, alarm: Alarm, said: words.Announcement) -> Spoken:
    member = alarm.responder
    code = alarm.call.code if alarm.call else None
    return said(centre.policy.centre_name, alarm.kind, member.team.name, member.role, code)


def _phones(uow: UnitOfWork, centre: Centre, alarm: Alarm) -> list[_Phone]:
    """The desk's and the supervisors' on duty; never one of the team that it is about."""
    found: dict[str, UUID | None] = {}
    if desk := centre.policy.desk_phone:
        found[desk] = None
    for one in supervisors_on_duty(uow):
        if one.phone is not None:
            found.setdefault(one.phone, one.id)
    theirs = {one.phone for one in alarm.responder.team.members}
    theirs |= _partners(alarm)
    return [(phone, key) for phone, key in found.items() if phone not in theirs]


def _partners(alarm: Alarm) -> set[str | None]:
    if alarm.page is None:
        return set()
    slots = alarm.page.slot.dispatch.slots
    return {slot.responder.phone for slot in slots if slot.responder is not None}


def _stop_timers(uow: UnitOfWork, alarm: Alarm) -> None:
    waiting = select(Timer).where(
        Timer.subject_id == alarm.id, Timer.kind.in_(HANDLERS), Timer.state == "waiting"
    )
    for timer in uow.session.scalars(waiting):
        timer.state = "cancelled"


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
    _stop_timers(uow, alarm)
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
    uow.set_timer(HOLDER, alarm, heard_at + alone, step=step, priority=FIRST)


def _leave(uow: UnitOfWork, centre: Centre, alarm: Alarm, unseen: str | None = None) -> None:
    """unseen -- who was not seen any more, where they have not signed out."""
    alarm.taken_at = None  # taken_by tells who had it until another takes it
    whom: dict[str, Any] = {"from_whom": unseen} if unseen else {}
    team = alarm.responder.team.name
    uow.audit("alarm.left", alarm, kind=alarm.kind.value, team=team, **whom)
    ring(uow, centre, alarm)


def ringing_still(uow: UnitOfWork) -> Sequence[str]:
    """The provider's keys of calls that may ring yet for alarms that a person has just taken."""
    since = uow.now - _MAY_RING
    begun = (
        select(Attempt.provider_id)
        .join(Message, Message.id == Attempt.message_id)
        .join(Alarm, Alarm.id == Message.alarm_id)
        .where(
            Alarm.taken_at > since,
            Message.channel == providers.VOICE,
            Attempt.started_at > since,
            Attempt.state == AttemptState.ACCEPTED,
        )
    )
    return [key for key in uow.session.scalars(begun) if key is not None]


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
    _stop_timers(uow, alarm)
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
    RING: lambda uow, centre, timer: ring(uow, centre, uow.get(Alarm, timer.subject_id)),
    LOOK: lambda uow, centre, timer: look(uow, centre, uow.get(Alarm, timer.subject_id)),
    HOLDER: lambda uow, centre, timer: look_at_holder(
        uow, centre, uow.get(Alarm, timer.subject_id)
    ),
}
