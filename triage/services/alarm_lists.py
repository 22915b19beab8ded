"""What screens show of alarms."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, TextClause, exists, select
from sqlalchemy.orm import joinedload

from triage.domain.alarms import AlarmKind
from triage.domain.lifecycle import MessageState
from triage.domain.words import msgid
from triage.services import providers
from triage.services.actors import names_of
from triage.storage.messages import Message
from triage.storage.safety import STANDING_ALARM, Alarm
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

_UNTAKEN = Alarm.taken_at.is_(None)
_IN_FORCE = STANDING_ALARM, Alarm.taken_at.is_not(None), Alarm.over_at.is_(None)
_LISTED = select(Alarm).options(
    joinedload(Alarm.responder).joinedload(Responder.team), joinedload(Alarm.call)
)
_STANDING = _LISTED.where(STANDING_ALARM).order_by(Alarm.created_at, Alarm.id)
ANY = select(Alarm.id).where(STANDING_ALARM).exists()
"""For `desk_lists`: is there any?"""


def untaken(uow: UnitOfWork, *which: ColumnElement[bool]) -> Sequence[Alarm]:
    """Those that nobody has taken, the oldest first."""
    return _listed(uow, _UNTAKEN, *which, order=Alarm.created_at.asc())


def in_force(uow: UnitOfWork, *which: ColumnElement[bool]) -> Sequence[Alarm]:
    """Those that a person has taken and nobody has ended, the oldest first."""
    return _listed(uow, *_IN_FORCE, *which, order=Alarm.created_at.asc())


def standing(uow: UnitOfWork, *which: ColumnElement[bool]) -> Sequence[Alarm]:
    """Those that nobody has taken, then those that are not over, each the oldest first."""
    found = uow.session.scalars(_STANDING.where(*which) if which else _STANDING)
    return sorted(found, key=lambda alarm: alarm.taken_at is not None)


def of_call(uow: UnitOfWork, call_id: UUID, *which: ColumnElement[bool]) -> Sequence[Alarm]:
    """Those of its teams, as `standing` tells them."""
    return standing(uow, Alarm.call_id == call_id, *which)


def of_member(uow: UnitOfWork, call_id: UUID, responder_id: UUID) -> Sequence[Alarm]:
    """Their own cries for help on this call that are not over, as `standing` tells them. Nothing
    else may stand on their telephone: a silent alarm is the desk's alone."""
    theirs = Alarm.responder_id == responder_id, Alarm.kind == AlarmKind.HELP
    return of_call(uow, call_id, *theirs)


def who_have(uow: UnitOfWork, alarms: Iterable[Alarm]) -> Mapping[UUID, str]:
    """The name of whoever took each of these, by alarm: the same for every reader."""
    taken = {alarm.id: alarm.taken_by for alarm in alarms if alarm.taken_by}
    if not taken:
        return {}
    names = names_of(uow, taken.values())
    return {key: _by_telephone(uow, by) or names(by) for key, by in taken.items()}


def _by_telephone(uow: UnitOfWork, actor: str) -> str | None:
    """Who pressed 1: a supervisor by name, or whoever stood at the desk."""
    kind, _, key = actor.partition(":")
    if kind == "responder":
        return uow.get(Responder, UUID(key)).name
    return msgid("Somebody at the desk") if kind == "desk" else None


def taken_since(uow: UnitOfWork, ago: timedelta) -> Sequence[Alarm]:
    """The latest first."""
    return _listed(uow, Alarm.taken_at > uow.now - ago, order=Alarm.taken_at.desc())


def _listed(
    uow: UnitOfWork, *which: ColumnElement[bool] | TextClause, order: ColumnElement[Any]
) -> Sequence[Alarm]:
    return uow.session.scalars(_LISTED.where(*which).order_by(order, Alarm.id)).all()


_HELD = {MessageState.FAILED, MessageState.WITHDRAWN, MessageState.EXPIRED}
_OLD_RING = timedelta(seconds=10)
"""A ring whose time was over so long ago should have been followed by the next."""


def unheard(uow: UnitOfWork) -> frozenset[UUID]:
    """Those untaken that reach no telephone: there is none to ring, or neither calls nor texts
    go out."""
    untold = select(Alarm.id).where(Alarm.taken_at.is_(None))
    if not all(providers.is_shut(uow, way) for way in (providers.VOICE, providers.SMS)):
        told = exists().where(
            Message.alarm_id == Alarm.id,
            Message.expires_at > uow.now - _OLD_RING,
            Message.state.not_in(_HELD),
        )
        untold = untold.where(~told)
    return frozenset(uow.session.scalars(untold))
