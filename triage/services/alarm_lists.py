"""What screens show of alarms."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, TextClause, exists, select
from sqlalchemy.orm import joinedload

from triage.domain.alarms import AlarmKind, loudness
from triage.domain.lifecycle import MessageState
from triage.domain.words import msgid
from triage.services import at_the_desk, providers, silences
from triage.services.actors import account_of, names_of
from triage.services.centre import Centre
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
    """Those that nobody has taken: who cries for help first, then the oldest."""
    return _loudest(_listed(uow, _UNTAKEN, *which, order=Alarm.created_at.asc()))


def in_force(uow: UnitOfWork, *which: ColumnElement[bool]) -> Sequence[Alarm]:
    """Those that a person has taken and nobody has ended, in the same order."""
    return _loudest(_listed(uow, *_IN_FORCE, *which, order=Alarm.created_at.asc()))


def _loudest(alarms: Iterable[Alarm]) -> Sequence[Alarm]:
    return sorted(alarms, key=lambda alarm: loudness(alarm.kind))


def standing(uow: UnitOfWork, centre: Centre, *which: ColumnElement[bool]) -> Sequence[Alarm]:
    """Those that nobody takes care of, then those that are not over: of each who cries for help
    first, then the oldest."""
    found = _loudest(uow.session.scalars(_STANDING.where(*which) if which else _STANDING))
    alone = left(uow, centre, found)
    return sorted(found, key=lambda alarm: alarm.taken_at is not None and alarm.id not in alone)


def left(uow: UnitOfWork, centre: Centre, alarms: Iterable[Alarm]) -> frozenset[UUID]:
    """Those of these that somebody at a screen took, who is gone before they are over."""
    standing = [(one, account_of(one.taken_by or "")) for one in alarms if one.over_at is None]
    gone = at_the_desk.gone(
        uow, centre, {holder for one, holder in standing if holder and one.taken_at}
    )
    return frozenset(
        one.id for one, holder in standing if holder in gone or (holder and not one.taken_at)
    )


def of_holder(uow: UnitOfWork, actor: str) -> Sequence[Alarm]:
    """What somebody has taken and nobody has ended."""
    return in_force(uow, Alarm.taken_by == actor)


def of_call(
    uow: UnitOfWork, centre: Centre, call_id: UUID, *which: ColumnElement[bool]
) -> Sequence[Alarm]:
    """Those of its teams, as `standing` tells them."""
    return standing(uow, centre, Alarm.call_id == call_id, *which)


def of_member(
    uow: UnitOfWork, centre: Centre, call_id: UUID, responder_id: UUID
) -> Sequence[Alarm]:
    """Their own cries for help on this call that are not over, as `standing` tells them. Nothing
    else may stand on their telephone: a silent alarm is the desk's alone."""
    theirs = Alarm.responder_id == responder_id, Alarm.kind == AlarmKind.HELP
    return of_call(uow, centre, call_id, *theirs)


def of_partners(
    uow: UnitOfWork, centre: Centre, call_id: UUID, responder_id: UUID
) -> Sequence[Alarm]:
    """The cries for help of the others who came to this call that are not over: never a silent
    alarm. Somebody who is told nothing new after one reads those of before, see `silences`."""
    theirs = Alarm.responder_id != responder_id, Alarm.kind == AlarmKind.HELP
    found = of_call(uow, centre, call_id, *theirs)
    since = silences.silent_since(uow, [responder_id])
    return [one for one in found if since is None or one.created_at < since]


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
