"""Before each shift a member shows that a text reaches them. Whoever has not is asked last."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from triage.domain import reach_wording
from triage.domain.role_words import role_name
from triage.domain.words import Spoken, listed
from triage.services import duty, outbox
from triage.services.availability import supervisors_on_duty
from triage.services.centre import Centre
from triage.storage.messages import Message
from triage.storage.teams import Responder, Shift, Team
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

CONFIRM, UNCONFIRMED = "shift_confirm", "shift_unconfirmed"
KIND = "shift"
"""Of the text."""
LEAST_TIME = timedelta(minutes=10)
"""To answer, where a shift is planned at the last moment."""


def plan(uow: UnitOfWork, centre: Centre, shift: Shift) -> None:
    """What is due for a new shift: the question before it, and its end."""
    before = timedelta(minutes=centre.policy.ask_before_shift_min)
    uow.set_timer(CONFIRM, shift, max(uow.now, shift.starts_at - before), priority=4)
    uow.set_timer(duty.SHIFT_END, shift, shift.ends_at, priority=2)


def question_is_due(uow: UnitOfWork, centre: Centre, timer: Timer) -> None:
    shift = uow.session.get(Shift, timer.subject_id)  # it may have been taken out
    if shift is not None:
        ask(uow, centre, shift, uow.get(Responder, shift.responder_id))


def ask(uow: UnitOfWork, centre: Centre, shift: Shift, member: Responder) -> None:
    """Nobody is asked who stays on duty from a confirmed shift, or whom no text reaches: the
    red list has them already."""
    if shift.confirmed_at or shift.asked_at or shift.ends_at <= uow.now or member.retired_at:
        return
    if _goes_on(uow, shift):
        _confirm(uow, shift, "goes_on")
        return
    if member.opted_out_at is not None or member.verified_at is None:
        return
    shift.asked_at = uow.now
    deadline = shift.starts_at - timedelta(minutes=centre.policy.answer_before_shift_min)
    shift.answer_by = max(deadline, uow.now + LEAST_TIME)
    timers = select(func.count()).select_from(Timer)
    timers = timers.where(Timer.subject_id == shift.id, Timer.kind == UNCONFIRMED)
    before = uow.session.scalar(timers) or 0
    zone = centre.policy.time_zone
    starts, ends = shift.starts_at.astimezone(zone), shift.ends_at.astimezone(zone)
    outbox.enqueue(
        uow,
        centre,
        kind=KIND,
        to=member.phone or "",
        to_role=member.role,
        body=reach_wording.confirm_shift(starts, ends),
        priority=4,
        responder_id=member.id,
        dedupe_key=f"shift:{shift.id}:{before}",
    )
    uow.set_timer(UNCONFIRMED, shift, shift.answer_by, step=before, priority=4)
    uow.audit("shift.asked", shift)


def _goes_on(uow: UnitOfWork, shift: Shift) -> bool:
    before = select(Shift.id).where(
        Shift.responder_id == shift.responder_id,
        Shift.id != shift.id,
        Shift.ends_at == shift.starts_at,
        Shift.confirmed_at.is_not(None),
    )
    return uow.session.scalar(before.limit(1)) is not None


def _confirm(uow: UnitOfWork, shift: Shift, how: str) -> None:
    shift.confirmed_at = uow.now
    uow.audit("shift.confirmed", shift, how=how)


def heard_from(uow: UnitOfWork, centre: Centre, member: Responder) -> bool:
    """They answered a text of ours: that confirms the shift that they have or begin soon."""
    shifts = _soon(uow, centre, member)
    for shift in shifts:
        _confirm(uow, shift, "reply")
    return bool(shifts)


def is_asked(uow: UnitOfWork, centre: Centre, member: Responder) -> bool:
    """Does the question before a shift wait for their answer?"""
    return any(shift.asked_at is not None for shift in _soon(uow, centre, member))


def is_awaited(uow: UnitOfWork, message: Message) -> bool:
    """Is whoever this question is for still to answer it? The shift may have been taken out, or be
    over: off duty they are left alone."""
    asked = select(Shift.id).where(
        Shift.responder_id == message.responder_id,
        Shift.asked_at.is_not(None),
        Shift.confirmed_at.is_(None),
        Shift.ends_at > uow.now,
    )
    return uow.session.scalar(asked.limit(1)) is not None


def ask_anew(uow: UnitOfWork, centre: Centre, member: Responder) -> None:
    """Texts to them are on again, or go to a number that nobody has texted from: whether they
    arrive is to be shown."""
    for shift in _soon(uow, centre, member):
        if shift.asked_at is None:
            ask(uow, centre, shift, member)


def forget(uow: UnitOfWork, member: Responder) -> None:
    """They have another telephone: what the one before has shown says nothing of it."""
    ahead = select(Shift).where(Shift.responder_id == member.id, Shift.ends_at > uow.now)
    for shift in uow.session.scalars(ahead).all():
        shift.confirmed_at = shift.asked_at = shift.answer_by = None


def _soon(uow: UnitOfWork, centre: Centre, member: Responder) -> Sequence[Shift]:
    before = timedelta(minutes=centre.policy.ask_before_shift_min)
    return uow.session.scalars(
        select(Shift).where(
            Shift.responder_id == member.id,
            Shift.confirmed_at.is_(None),
            Shift.starts_at <= uow.now + before,
            Shift.ends_at > uow.now,
        )
    ).all()


def answer_is_due(uow: UnitOfWork, centre: Centre, timer: Timer) -> None:
    """Supervisors on duty, or the desk, learn who has not answered: one text for each time at
    which shifts begin."""
    shift = uow.session.get(Shift, timer.subject_id)
    if shift is None or shift.confirmed_at is not None or shift.ends_at <= uow.now:
        return
    if shift.answer_by is None or shift.answer_by > uow.now:
        return  # asked anew since
    uow.audit("shift.unconfirmed", shift)
    who = _silent(uow, shift)
    if not who:
        return
    starts = shift.starts_at.astimezone(centre.policy.time_zone)
    for phone, responder_id in _whom_to_tell(uow, centre):
        outbox.enqueue(
            uow,
            centre,
            kind="notice",
            to=phone,
            to_role="supervisor",
            body=reach_wording.unconfirmed(who, starts),
            priority=4,
            responder_id=responder_id,
            dedupe_key=f"unconfirmed:{responder_id}:{shift.answer_by}",
        )


def _whom_to_tell(uow: UnitOfWork, centre: Centre) -> list[tuple[str, UUID | None]]:
    told: list[tuple[str, UUID | None]] = [
        (one.phone, one.id) for one in supervisors_on_duty(uow) if one.phone is not None
    ]
    desk = centre.policy.desk_phone
    return told or ([(desk, None)] if desk is not None else [])


def _silent(uow: UnitOfWork, shift: Shift) -> list[Spoken]:
    """Everybody who was to answer by now for a shift at this time, by team and role."""
    rows = uow.session.execute(
        select(Team.name, Responder.role)
        .join(Responder, Responder.team_id == Team.id)
        .join(Shift, Shift.responder_id == Responder.id)
        .where(
            Shift.starts_at == shift.starts_at,
            Shift.answer_by <= uow.now,
            Shift.confirmed_at.is_(None),
            Responder.retired_at.is_(None),
        )
        .order_by(Team.name, Responder.role)
    )
    return [listed(" ", (team, role_name(role))) for team, role in rows]


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    CONFIRM: question_is_due,
    UNCONFIRMED: answer_is_due,
}
