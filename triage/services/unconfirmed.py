"""What a person at the desk hands over and does not confirm in time, a unit to be dispatched in CAD
or a caller to a telephone line: supervisors are alarmed until one has charge or it goes on."""

from datetime import datetime, timedelta

from sqlalchemy import select

from triage.domain.lateness import alarm_at
from triage.domain.lifecycle import DispatchState
from triage.domain.words import Spoken
from triage.services import escalations, stand_downs
from triage.services.centre import Centre
from triage.services.escalation_steps import ESCALATE, is_unconfirmed
from triage.services.planned import is_planned
from triage.storage.dispatches import Dispatch
from triage.storage.unit_of_work import UnitOfWork


def is_late(uow: UnitOfWork, centre: Centre, dispatch: Dispatch, since: datetime) -> None:
    """Every screen says so. Supervisors are alarmed, now or as soon as the level's share of time
    is over.

    since -- when what is to be done now was begun.
    """
    keep_on(uow, centre, dispatch, alarm_at(since, dispatch.within_min))


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


def goes_on(uow: UnitOfWork, centre: Centre, dispatch: Dispatch, told: Spoken) -> None:
    """A person has seen to it: whoever was alarmed is told. What else of the call is not confirmed
    is alarmed for by itself."""
    escalations.end(uow, dispatch)
    escalations.begin_anew(dispatch)
    stand_downs.withdraw_all(uow, centre, dispatch.slots, told)
    for other in _beside(uow, dispatch):
        keep_on(uow, centre, other, uow.now + timedelta(seconds=centre.policy.hand_over_red_s))
