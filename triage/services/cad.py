"""Handing over to the CAD system: a person dispatches a unit there and says so here."""

from triage.domain import hand_over_wording
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import TAKEN, DispatchState, SlotState
from triage.domain.words import msgid
from triage.services import by_radio, freed_teams, unconfirmed
from triage.services.centre import Centre
from triage.storage.dispatches import Dispatch
from triage.storage.unit_of_work import UnitOfWork


def is_late(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """Nobody has confirmed it in time."""
    if dispatch.state is DispatchState.HAND_OVER:
        dispatch.late_at = uow.now
        uow.audit("dispatch.hand_over_late", dispatch)
        unconfirmed.is_late(uow, centre, dispatch, dispatch.created_at)


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
    told = hand_over_wording.confirmed(dispatch.call.code, unit.strip())
    unconfirmed.goes_on(uow, centre, dispatch, told)
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
