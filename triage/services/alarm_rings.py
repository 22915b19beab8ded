"""Telephones ring for an alarm, again and again, until a person has taken it; while no call goes
out they are texted."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from triage.domain import alarms as words
from triage.domain.delivery import AttemptState
from triage.domain.words import Spoken
from triage.services import outbox, providers, silences
from triage.services.availability import SUPERVISOR, supervisors_on_duty
from triage.services.centre import Centre
from triage.storage.attempts import Attempt
from triage.storage.messages import Message
from triage.storage.safety import Alarm
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

RING = "ring_alarm"
"""The timer; there is one for as long as nobody has taken the alarm."""
LOOK = "look_at_alarm"
"""The timer that looks whether a telephone rang."""
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
    stop(uow, alarm)
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
        body=_words(uow, centre, alarm, words.texted if texted else words.rung),
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


def _words(uow: UnitOfWork, centre: Centre, alarm: Alarm, said: words.Announcement) -> Spoken:
    member = alarm.responder
    code = alarm.call.code if alarm.call else None
    name, hushed = centre.policy.centre_name, _is_hushed(uow, alarm)
    return said(name, alarm.kind, member.team.name, member.role, code, hushed=hushed)


def _is_hushed(uow: UnitOfWork, alarm: Alarm) -> bool:
    """Is it a silent alarm, or of whoever is not to be rung because of one?"""
    return alarm.covert or alarm.responder_id in silences.silenced(uow)


def _phones(uow: UnitOfWork, centre: Centre, alarm: Alarm) -> list[_Phone]:
    """The desk's and the supervisors' on duty; never of whoever is on the call with them, nor,
    while others can be rung or they may not be, of their team."""
    found: dict[str, UUID | None] = {}
    if desk := centre.policy.desk_phone:
        found[desk] = None
    for one in supervisors_on_duty(uow):
        if one.phone is not None:
            found.setdefault(one.phone, one.id)
    with_them = {alarm.responder.phone, *_partners(alarm)}
    team = {one.phone for one in alarm.responder.team.members} | with_them
    others = [(phone, key) for phone, key in found.items() if phone not in team]
    if others or _is_hushed(uow, alarm):
        return others
    return [(phone, key) for phone, key in found.items() if phone not in with_them]


def _partners(alarm: Alarm) -> set[str | None]:
    if alarm.page is None:
        return set()
    slots = alarm.page.slot.dispatch.slots
    return {slot.responder.phone for slot in slots if slot.responder is not None}


def stop(uow: UnitOfWork, alarm: Alarm) -> None:
    """No timer of it waits any more, nor one that looks after whoever took it."""
    waiting = select(Timer).where(Timer.subject_id == alarm.id, Timer.state == "waiting")
    for timer in uow.session.scalars(waiting):
        timer.state = "cancelled"


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


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    RING: lambda uow, centre, timer: ring(uow, centre, uow.get(Alarm, timer.subject_id)),
    LOOK: lambda uow, centre, timer: look(uow, centre, uow.get(Alarm, timer.subject_id)),
}
