"""Everything that is known about one call, as others read it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from triage.domain.lifecycle import CallState
from triage.domain.ruleset import ASK_MORE
from triage.domain.sent import Sending, SentInstead, what_was_sent
from triage.services import assessments, timeline
from triage.services.centre import Centre
from triage.services.timeline import Event
from triage.storage.calls import AssessmentRecord, Call, Override
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.follow_ups import FollowUp
from triage.storage.messages import Message
from triage.storage.teams import Responder, Team
from triage.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class CallRecord:
    call: Call
    assessment: Mapping[str, Any] | None
    """The latest, as `triage assess` prints it."""
    dispatches: Sequence[Dispatch]
    sent: SentInstead
    """What stands of the dispatches, and why that is not what is recommended."""
    messages: Sequence[Message]
    follow_ups: Sequence[FollowUp]
    timeline: Sequence[Event]


def of_call(uow: UnitOfWork, centre: Centre, call: Call, *, by_name: bool = False) -> CallRecord:
    """The record as it stands, what this unit of work has changed included. by_name -- see
    `timeline.of_call`."""
    latest, sent = assessments.latest(uow, call), _dispatches(uow, call)
    return CallRecord(
        call=call,
        assessment=json.loads(latest.result) if latest and latest.result else None,
        dispatches=sent,
        sent=_compared(uow, centre, call, latest, sent),
        messages=_messages(uow, call),
        follow_ups=_follow_ups(uow, call),
        timeline=timeline.of_call(uow, centre, call, by_name=by_name),
    )


def _messages(uow: UnitOfWork, call: Call) -> Sequence[Message]:
    if (new := uow.new_under(call.id, Message)) is not None:
        return new
    of_it = select(Message).where(Message.call_id == call.id)
    return uow.session.scalars(of_it.order_by(Message.created_at, Message.id)).all()


def _follow_ups(uow: UnitOfWork, call: Call) -> Sequence[FollowUp]:
    if (new := uow.new_under(call.id, FollowUp)) is not None:
        return sorted(new, key=lambda one: (one.due_at, one.id))
    of_it = select(FollowUp).where(FollowUp.call_id == call.id)
    return uow.session.scalars(of_it.order_by(FollowUp.due_at, FollowUp.id)).all()


def _overridden(uow: UnitOfWork, call: Call) -> set[str]:
    """What was recommended where a person chose otherwise."""
    if (new := uow.new_under(call.id, Override)) is not None:
        return {override.recommended for override in new}
    return {*uow.session.scalars(select(Override.recommended).where(Override.call_id == call.id))}


def _compared(
    uow: UnitOfWork,
    centre: Centre,
    call: Call,
    latest: AssessmentRecord | None,
    dispatches: Sequence[Dispatch],
) -> SentInstead:
    recommended = latest.response if latest else ASK_MORE
    kind = centre.vocabulary.responses.get(recommended)
    return what_was_sent(
        recommended,
        [
            Sending(one.response, one.state, one.cause, one.why == "default_route")
            for one in dispatches
        ],
        _overridden(uow, call),
        sends_somebody=kind is not None and kind.is_somebody and call.state != CallState.REPLAYED,
        closed=call.state is CallState.CLOSED,
    )


def _dispatches(uow: UnitOfWork, call: Call) -> Sequence[Dispatch]:
    if (new := uow.new_under(call.id, Dispatch)) is not None:
        for slot in (slot for dispatch in new for slot in dispatch.slots):
            _show_who_has(uow, slot)
        return new
    slots = selectinload(Dispatch.slots)
    query = (
        select(Dispatch)
        .where(Dispatch.call_id == call.id)
        .order_by(Dispatch.created_at, Dispatch.id)
        .options(slots.joinedload(Slot.team), slots.joinedload(Slot.responder))
        # A slot that was filled in this unit of work may still remember that nobody had it.
        .execution_options(populate_existing=True)
    )
    return uow.session.scalars(query).all()


def _show_who_has(uow: UnitOfWork, slot: Slot) -> None:
    """A slot that has not been saved yet does not look up by itself whom its keys name."""
    for name, kind, key in (
        ("team", Team, slot.team_id),
        ("responder", Responder, slot.responder_id),
    ):
        set_committed_value(slot, name, uow.session.get(kind, key) if key else None)
