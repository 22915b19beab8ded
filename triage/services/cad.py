"""Handing over to the CAD system: a person dispatches a unit there and says so here."""

from datetime import datetime, timedelta

from sqlalchemy import select

from triage.domain import hand_over_wording
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import TAKEN, DispatchState, SlotState
from triage.domain.words import msgid
from triage.services import by_radio, escalations, freed_teams, stand_downs
from triage.services.centre import Centre
from triage.services.escalation_steps import ESCALATE, is_unconfirmed
from triage.services.planned import is_planned
from triage.storage.dispatches import Dispatch
from triage.storage.unit_of_work import UnitOfWork

ALARM_AFTER = 10
"""Of the time in which somebody is to be there the tenth part may pass: a minute at the highest
level, 24 for what has four hours."""


def is_late(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """Every screen says so. Supervisors are alarmed, now or as soon as the level's share of time
    is over, until one has charge or it is confirmed."""
    if dispatch.state is DispatchState.HAND_OVER:
        dispatch.late_at = uow.now
        uow.audit("dispatch.hand_over_late", dispatch)
        alarm_at = dispatch.created_at + timedelta(minutes=dispatch.within_min) / ALARM_AFTER
        keep_on(uow, centre, dispatch, alarm_at)


def keep_on(
    uow: UnitOfWork, centre: Centre, dispatch: Dispatch, not_before: datetime | None = None
) -> None:
    """Alarm supervisors, unless they are for another that is not confirmed of the same call."""
    if is_unconfirmed(dispatch) and not any(
        other.escalated or is_planned(uow, ESCALATE, other) for other in _beside(uow, dispatch)
    ):
        escalations.keep_on(uow, centre, dispatch, not_before)


def _beside(uow: UnitOfWork, dispatch: Dispatch) -> list[Dispatch]:
    """What else of its call is not confirmed in time."""
    of_call = select(Dispatch).where(
        Dispatch.call_id == dispatch.call_id,
        Dispatch.id != dispatch.id,
        Dispatch.state == DispatchState.HAND_OVER,
    )
    return [other for other in uow.session.scalars(of_call) if is_unconfirmed(other)]


def confirm(
    uow: UnitOfWork, centre: Centre, dispatch: Dispatch, unit: str, cad_number: str | None
) -> None:
    """A person has dispatched it in CAD: whoever was alarmed is told. unit -- the one that goes."""
    if dispatch.reached_by != "cad":
        raise Conflict(msgid("a transfer goes step by step"))
    if dispatch.state is not DispatchState.HAND_OVER:
        raise Conflict(msgid("this hand-over is not open any more"))
    if not unit.strip():
        raise Refused(msgid("Which unit took it?"), "unit")
    by_radio.must_be_a_name(unit)
    if not (cad_number or "").strip():
        raise Refused(
            msgid("Write the CAD number, so that the two systems can be matched."), "cad_number"
        )
    dispatch.state = DispatchState.HANDED_OVER
    dispatch.confirmed_at = uow.now
    dispatch.cad_number = (cad_number or "").strip() or None
    for slot in dispatch.slots:
        slot.move_to(SlotState.ACCEPTED)
        slot.unit = unit.strip()
    escalations.end(uow, dispatch)
    told = hand_over_wording.confirmed(dispatch.call.code, unit.strip())
    stand_downs.withdraw_all(uow, centre, dispatch.slots, told)
    for other in _beside(uow, dispatch):
        keep_on(uow, centre, other, uow.now + timedelta(seconds=centre.policy.hand_over_red_s))
    by_radio.comes(uow, dispatch.call, unit.strip())
    uow.audit(
        "dispatch.handed_over",
        dispatch,
        unit=unit.strip(),
        waited_s=int((uow.now - dispatch.created_at).total_seconds()),
    )


def end(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """The call is closed here; what the unit still does stands in CAD."""
    for slot in (one for one in dispatch.slots if one.state in TAKEN):
        slot.move_to(SlotState.CLEARED)
    freed_teams.offer_soon(uow, dispatch)
    dispatch.state, dispatch.ended_at = DispatchState.CLEARED, uow.now
    uow.audit("dispatch.cleared", dispatch)
