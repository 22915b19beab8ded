"""Silent alarms that nobody has ended: who is asked nothing meanwhile and told nothing new, so
that whoever forces them learns nothing. Their own texts get the ordinary answer, and the roster
check goes on: that it stops would be noticed."""

from uuid import UUID

from sqlalchemy import or_, select

from triage.domain.alarms import COVERT
from triage.domain.lifecycle import TAKEN
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.safety import STANDING_ALARM, Alarm
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

_IN_FORCE = (
    select(Responder.id, Responder.team_id, Alarm.call_id)
    .join(Alarm, Alarm.responder_id == Responder.id)
    .where(STANDING_ALARM, Alarm.kind.in_(COVERT), Alarm.over_at.is_(None))
)
_Raised = list[tuple[UUID, UUID, UUID | None]]
"""Whose alarm it is, their team, and the call."""


def silenced(uow: UnitOfWork) -> frozenset[UUID]:
    """The members of each team with such an alarm, and who is with them on that call."""
    if not (raised := _standing(uow)):
        return frozenset()
    return uow.once("silenced", lambda uow: _whom(uow, raised), of=(Alarm, Responder, Slot))


def who_raised(uow: UnitOfWork) -> frozenset[UUID]:
    """Of these the members whose alarm it is."""
    return frozenset(key for key, _, _ in _standing(uow))


def _standing(uow: UnitOfWork) -> _Raised:
    return uow.lasting("silent alarms", _raised, of=(Alarm, Responder))


def _raised(uow: UnitOfWork) -> _Raised:
    return [(key, team_id, call_id) for key, team_id, call_id in uow.session.execute(_IN_FORCE)]


def _whom(uow: UnitOfWork, raised: _Raised) -> frozenset[UUID]:
    calls = {call_id for _, _, call_id in raised if call_id is not None}
    with_them = (
        select(Slot.responder_id)
        .join(Dispatch, Dispatch.id == Slot.dispatch_id)
        .where(Dispatch.call_id.in_(calls), Slot.state.in_(sorted(TAKEN)))
    )
    teams = {team_id for _, team_id, _ in raised}
    members = select(Responder.id).where(
        or_(Responder.team_id.in_(teams), Responder.id.in_(with_them))
    )
    return frozenset(uow.session.scalars(members))
