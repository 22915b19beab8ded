"""Calls that were taken on paper while no screen answered, written down with their true times."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from triage.domain.codes import DISPOSITIONS, NEXT_CONTACTS, NO_CALL
from triage.domain.errors import Problem, Refused, refuse_all
from triage.domain.lifecycle import CallState, DispatchState, SlotState
from triage.domain.words import msgid
from triage.services import assessments, calls, follow_ups, idempotency, sending
from triage.services.assessments import Decision
from triage.services.calls import NewCall
from triage.services.centre import Centre
from triage.storage.calls import Call, Override
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.teams import Team
from triage.storage.unit_of_work import UnitOfWork

ORIGIN = "paper"
OLDEST = timedelta(days=7)
DECIDED_ON_PAPER = msgid("Decided on paper, without a screen.")
"""Why somebody else was sent, where the sheet does not say."""


@dataclass(frozen=True)
class Went:
    """Somebody who was sent by telephone or radio. Times as they stand on the sheet."""

    response: str
    unit: str
    sent_at: datetime
    on_scene_at: datetime | None = None
    cleared_at: datetime | None = None
    cad_number: str | None = None
    row: int = 1
    """Where on the sheet they stand, from 1: what is wrong is told there."""


@dataclass(frozen=True)
class Promise:
    """A next contact that somebody was promised: a code of NEXT_CONTACTS, when, and whose it is."""

    kind: str
    at: datetime | None
    owner_role: str


@dataclass(frozen=True)
class Sheet:
    """One call sheet.

    why -- where somebody else was sent than the rules recommend; disposition -- how it ended, None
    while it goes on; another -- it is another call than one of the same minute that is typed in.
    """

    call: NewCall
    received_at: datetime
    went: Sequence[Went]
    why: str
    disposition: str | None = None
    promise: Promise | None = None
    another: bool = False


class AlreadyWritten(Refused):
    """A call on paper of the same minute is typed in: it may be this one."""

    def __init__(self, call: Call) -> None:
        super().__init__(
            msgid(
                "Call %(code)s came in at the same minute and was typed in from paper already. If"
                " this sheet is another call, say so, and send it again.",
                code=call.code,
            ),
            "another",
        )
        self.reference = call.reference


def enter(uow: UnitOfWork, centre: Centre, key: str, sheet: Sheet) -> tuple[Call, bool]:
    """Write the sheet down, once: the same form again gives the same call, and False.

    The rules say what they would have said at that time. Nobody is paged: whoever went, went.
    What goes on stays open on the board with its units. Follow-ups are due as counted from when the
    call came in: one may be overdue at once. Where nobody went and answers are missing, it waits
    for them from now, as any call does: then the default route is taken.
    Raises Refused or InvalidCall naming the fields to mend, AlreadyWritten where somebody else may
    have typed the same sheet; nothing is written then.
    """
    claim = idempotency.claim(uow, ORIGIN, key, key)
    if claim.call_id is not None:
        return uow.get(Call, claim.call_id), False
    refuse_all(problems(centre, uow.now, sheet))
    if not sheet.another and (same := _of_the_same_minute(uow, sheet)):
        raise AlreadyWritten(same)
    local = sheet.received_at.astimezone(centre.policy.time_zone).replace(microsecond=0)
    new = replace(
        sheet.call,
        origin=ORIGIN,
        received_at=sheet.received_at,
        situation={"now": local.isoformat()},
    )
    state = CallState.OPEN if sheet.disposition is None else CallState.CLOSED
    call, decision = calls.record_past_call(uow, centre, new, state)
    uow.audit("paper.entered", call, received_at=sheet.received_at.isoformat())
    _decided_on_paper(uow, call, decision, sheet)
    for went in sheet.went:
        _write_down(uow, call, decision, went, over=sheet.disposition is not None)
    if sheet.disposition is not None:
        call.disposition = sheet.disposition
        ends = [went.cleared_at for went in sheet.went if went.cleared_at]
        call.closed_at = max(ends, default=uow.now)
        uow.audit("call.closed", call, disposition=sheet.disposition)
    elif not sheet.went and decision.outcome == "ask_more":
        sending.act_on(uow, centre, call, decision, ORIGIN)
    if sheet.disposition not in NO_CALL:
        follow_ups.plan(uow, centre, call, decision.result, since=sheet.received_at)
    if (promise := sheet.promise) and promise.at:
        follow_ups.promise(uow, call, promise.kind, promise.at, promise.owner_role)
    idempotency.answer(uow, claim, call.id, None)
    return call, True


def problems(centre: Centre, now: datetime, sheet: Sheet) -> Iterator[Problem]:
    """All that has to be mended on it, each at its field."""
    if sheet.received_at > now:
        yield Problem("received_at", msgid("This is in the future: look at the day."))
    if sheet.received_at < now - OLDEST:
        told = msgid(
            "This is more than %(days)s days ago: look at the month and the year.",
            days=OLDEST.days,
        )
        yield Problem("received_at", told)
    if sheet.disposition is not None and sheet.disposition not in DISPOSITIONS:
        yield Problem("disposition", msgid("Choose how the call ended."))
    for went in sheet.went:
        yield from _wrong_about(went, centre, now, sheet)
    if sheet.promise is not None:
        yield from _wrong_promise(sheet, sheet.promise)


def _wrong_promise(sheet: Sheet, promise: Promise) -> Iterator[Problem]:
    if promise.kind not in NEXT_CONTACTS:
        yield Problem("next_contact", msgid("Choose what was promised."))
    if promise.at is None:
        yield Problem("next_at", msgid("Write day and time of the next contact."))
    elif promise.at < sheet.received_at:
        wrong = msgid("This is before %(what)s: look at the times.", what=msgid("the call"))
        yield Problem("next_at", wrong)
    if promise.owner_role not in follow_ups.OWNER_ROLES:
        yield Problem("next_owner", msgid("Choose who is to do it."))


def _of_the_same_minute(uow: UnitOfWork, sheet: Sheet) -> Call | None:
    """Two people may have the same pile of sheets."""
    minute = sheet.received_at.replace(second=0, microsecond=0)
    written = select(Call).where(
        Call.origin == ORIGIN,
        Call.state.in_((CallState.ASKING, CallState.OPEN, CallState.CLOSED)),
        Call.received_at >= minute,
        Call.received_at < minute + timedelta(minutes=1),
    )
    return uow.session.scalars(written.limit(1)).first()


def _wrong_about(went: Went, centre: Centre, now: datetime, sheet: Sheet) -> Iterator[Problem]:
    known = centre.vocabulary.responses.get(went.response)
    if known is None or not known.is_somebody:
        yield Problem(f"response_{went.row}", msgid("Choose who was sent."))
    if not went.unit:
        yield Problem(f"unit_{went.row}", msgid("Write which team or unit went."))
    before, called = sheet.received_at, msgid("the call")
    times = (("sent_at", went.sent_at), ("on_scene_at", went.on_scene_at))
    for field, at in (*times, ("cleared_at", went.cleared_at)):
        if at is None:
            continue
        if at < before:
            wrong = msgid("This is before %(what)s: look at the times.", what=called)
            yield Problem(f"{field}_{went.row}", wrong)
            continue
        if at > now:
            future = msgid("This is in the future: look at the day.")
            yield Problem(f"{field}_{went.row}", future)
        before, called = at, msgid("the time above it")


def _decided_on_paper(uow: UnitOfWork, call: Call, decision: Decision, sheet: Sheet) -> None:
    """Somebody else was sent than the rules recommend now that they are asked."""
    went = {one.response for one in sheet.went}
    record = assessments.latest(uow, call)
    if record is None or not went or set(decision.responses) <= went:
        return
    chosen = sheet.went[0].response
    reason = "other"
    override = uow.add(
        Override(
            call_id=call.id,
            assessment_id=record.id,
            recommended=record.response,
            chosen=chosen,
            reason=reason,
            note=sheet.why,
        )
    )
    uow.audit(
        "call.overridden", override, recommended=record.response, chosen=chosen, reason=reason
    )


def _write_down(uow: UnitOfWork, call: Call, decision: Decision, went: Went, *, over: bool) -> None:
    """As a unit that CAD has: what is known of it is what a person was told."""
    ended = went.cleared_at or (uow.now if over else None)
    urgency = decision.urgency
    dispatch = uow.add(
        Dispatch(
            call_id=call.id,
            response=went.response,
            reached_by="cad",
            state=DispatchState.CLEARED if ended else DispatchState.HANDED_OVER,
            why="by_hand",
            level_label=urgency.label,
            level_rank=urgency.rank,
            within_min=urgency.within_min,
            answer_within_min=urgency.answer_within_min,
            confirmed_at=went.sent_at,
            cad_number=went.cad_number,
            ended_at=ended,
        )
    )
    dispatch.created_at = went.sent_at  # from then on they are awaited
    dispatch.call = call
    slot = _place(uow, went, ended=ended is not None)
    slot.dispatch = dispatch
    times = {"sent_at": went.sent_at, "on_scene_at": went.on_scene_at}
    times["cleared_at"] = went.cleared_at
    uow.audit(
        "paper.went",
        slot,
        call_id=call.id,
        response=went.response,
        unit=went.unit,
        **{name: at.isoformat() if at else None for name, at in times.items()},
    )


def _place(uow: UnitOfWork, went: Went, *, ended: bool) -> Slot:
    """A team of ours that is named is busy there until it is done: nobody else is to ask it."""
    there = SlotState.ON_SCENE if went.on_scene_at else SlotState.ACCEPTED
    team = None if ended else _ours(uow, went.unit)
    slot = uow.add(
        Slot(
            position=0,
            role="unit",
            state=SlotState.CLEARED if ended else there,
            team_id=team.id if team else None,
            unit=team.name if team else went.unit,
            pages=[],
        )
    )
    slot.team = team
    return slot


def _ours(uow: UnitOfWork, unit: str) -> Team | None:
    with uow.asking((Team,)):
        teams = uow.session.scalars(select(Team).where(Team.retired_at.is_(None))).all()
    return next((one for one in teams if one.name.casefold() == unit.casefold()), None)
