"""What may be dangerous at a scene, as the answers say it: for the screens of whoever has the call.
Who is under way when more is learned of it is texted that it is, never what; units without a phone
here are told by radio."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from triage.domain import safety_wording
from triage.domain.hazards import at_the_door, found_none, hazards
from triage.domain.lifecycle import TAKEN, MessageState
from triage.domain.words import Spoken
from triage.services import assessments, by_radio, corrections
from triage.services.centre import Centre
from triage.services.stand_downs import tell
from triage.services.unsafe import withdrew_at
from triage.storage.calls import Call
from triage.storage.dispatches import BUSY_SLOT, Dispatch, Slot
from triage.storage.messages import Message
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

KIND = "danger"
"""Of the text."""
APART = timedelta(minutes=1)
"""Answers come one by one: whoever was told a moment ago looks or asks anyhow."""


def known(
    uow: UnitOfWork, centre: Centre, call: Call, left_before: datetime | None = None
) -> Sequence[Spoken]:
    """That a team left is the first of them.

    left_before -- see `withdrew_at`.
    """
    told = hazards(centre.vocabulary.facts, assessments.answers_of(uow, call))
    return [*_left(uow, centre, call, left_before), *told]


def _left(
    uow: UnitOfWork, centre: Centre, call: Call, before: datetime | None = None
) -> list[Spoken]:
    at = withdrew_at(uow, call.id, before)
    if at is None:
        return []
    return [safety_wording.team_left(f"{at.astimezone(centre.policy.time_zone):%H:%M}")]


def none_of(
    uow: UnitOfWork, centre: Centre, call: Call, left_before: datetime | None = None
) -> Sequence[Spoken]:
    """What was asked and is said not to be there; nothing once a team had to leave, who knew better
    than whoever was asked before.

    left_before -- see `withdrew_at`.
    """
    if withdrew_at(uow, call.id, left_before) is not None:
        return []
    return found_none(centre.vocabulary.facts, assessments.answers_of(uow, call))


def are_told(uow: UnitOfWork, centre: Centre, call: Call) -> bool:
    """Is anything known that somebody who is about to go in must know?"""
    return bool(at_the_door(centre.vocabulary.facts, assessments.answers_of(uow, call)))


def of_facts(
    uow: UnitOfWork, centre: Centre, call: Call, names: Collection[str]
) -> Sequence[Spoken]:
    """What may be dangerous there by the answers to these."""
    facts = {name: fact for name, fact in centre.vocabulary.facts.items() if name in names}
    left = _left(uow, centre, call) if by_radio.TEAM_LEFT in names else []
    return [*left, *hazards(facts, assessments.answers_of(uow, call))]


def tell_of_new(uow: UnitOfWork, centre: Centre, call: Call, before: Mapping[str, Any]) -> None:
    """And the desk of what does not stand any more.

    before -- the answers that stood until now.
    """
    facts, answers = centre.vocabulary.facts, assessments.answers_of(uow, call)
    known, standing = at_the_door(facts, before), at_the_door(facts, answers)
    corrections.look(uow, call, known, standing)
    new = [fact for fact, rank in standing.items() if rank > known.get(fact, -1)]
    if not new:
        return
    by_radio.owe(uow, call, new)
    for slot in under_way(uow, call):
        _tell(uow, centre, slot)


def tell_that_it_is_unsafe(uow: UnitOfWork, centre: Centre, left: Slot, text: Spoken) -> None:
    """Everybody under way or there, whatever response sent them, before anything else."""
    call = left.dispatch.call
    by_radio.owe(uow, call, [by_radio.TEAM_LEFT])
    told = {left.responder_id}
    for slot in under_way(uow, call):
        if slot.responder_id not in told:
            told.add(slot.responder_id)
            tell(uow, centre, slot, text, priority=0)


def tell_again(uow: UnitOfWork, centre: Centre, responder: Responder) -> None:
    """Texts reach them again: what they could not be told where they are going, or are."""
    had = select(Slot).where(BUSY_SLOT, Slot.state.in_(sorted(TAKEN)))
    for slot in uow.session.scalars(had.where(Slot.responder_id == responder.id)).all():
        if are_told(uow, centre, slot.dispatch.call):
            _tell(uow, centre, slot)


def under_way(uow: UnitOfWork, call: Call) -> Sequence[Slot]:
    """Those with a phone here."""
    return uow.session.scalars(
        select(Slot)
        .join(Dispatch)
        .where(Dispatch.call_id == call.id, Slot.state.in_(sorted(TAKEN)))
        .where(Slot.responder_id.is_not(None), Dispatch.reached_by == "page")
    ).all()


def _tell(uow: UnitOfWork, centre: Centre, slot: Slot) -> None:
    member, call = slot.responder, slot.dispatch.call
    lately = select(Message.id).where(
        Message.call_id == call.id,
        Message.responder_id == slot.responder_id,
        Message.kind == KIND,
        Message.created_at > uow.now - APART,
        Message.state != MessageState.FAILED,
    )
    if member is None or uow.session.scalar(lately.limit(1)) is not None:
        return
    tell(uow, centre, slot, safety_wording.danger_known(call.code), kind=KIND, priority=0)
    uow.audit("slot.told_of_danger", slot, call_id=call.id, team=member.team.name, role=member.role)
