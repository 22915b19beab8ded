"""Whoever goes where a silent alarm stands is told of it by radio, for no text may tell them. That
somebody at the desk has done so stands in the audit trail alone."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from triage.domain.alarms import AlarmKind
from triage.domain.errors import Conflict
from triage.domain.lifecycle import ON_SITE, TAKEN
from triage.domain.role_words import member_name
from triage.domain.words import msgid
from triage.services import silences
from triage.services.board_lines import Coming, DispatchLine
from triage.storage.audit import AuditEntry
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.unit_of_work import UnitOfWork

_TOLD = "alarm.told_by_radio"
_SENT = "dispatch.handed_over", "slot.assigned"
"""From when on a unit without a phone here comes."""


@dataclass(frozen=True)
class ToTell:
    """Whom to tell by radio of the silent alarms of a call."""

    anew: Sequence[Coming] = ()
    again: Sequence[Coming] = ()
    """Of these who were told before one more was raised."""

    @property
    def all(self) -> Sequence[Coming]:
        return [*self.anew, *self.again]


NOBODY = ToTell()


@dataclass(frozen=True)
class Known:
    """What the trail tells of it."""

    began: Mapping[UUID, silences.Began]
    told: Mapping[UUID, datetime]
    """By place, when last."""
    may_be_there: Collection[UUID]
    """The places of units that were sent before: they tell no time of arrival here."""

    def to_tell(self, call_id: UUID, lines: Iterable[DispatchLine]) -> ToTell:
        """Who was sent after a silent alarm of this call, has not arrived, and was not told since
        the newest of them."""
        if (began := self.began.get(call_id)) is None:
            return NOBODY
        coming = [
            one
            for line in lines
            for one in line.coming
            if not one.hushed and one.state not in ON_SITE and one.slot_id not in self.may_be_there
        ]
        told = {one.slot_id: self.told.get(one.slot_id) for one in coming}
        before = {key for key, at in told.items() if at is not None and at >= began.first}
        knows = {key for key, at in told.items() if at is not None and at >= began.newest}
        return ToTell(
            [one for one in coming if one.slot_id not in before],
            [one for one in coming if one.slot_id in before - knows],
        )


def known(uow: UnitOfWork) -> Known:
    if not (began := silences.concerning(uow)):
        return Known({}, {}, ())
    entries = select(AuditEntry.event, AuditEntry.subject_id, AuditEntry.created_at)
    rows = uow.session.execute(
        entries.where(
            AuditEntry.call_id.in_(began), AuditEntry.event.in_([_TOLD, *_SENT])
        ).order_by(AuditEntry.created_at)
    ).all()
    sent = {key: at for event, key, at in rows if event != _TOLD}
    units = (
        select(Slot.id, Slot.dispatch_id, Dispatch.call_id)
        .join(Dispatch, Dispatch.id == Slot.dispatch_id)
        .where(Dispatch.call_id.in_(began), Slot.state.in_(sorted(TAKEN)))
        .where(Slot.responder_id.is_(None))
    )
    may_be_there = set()
    for key, dispatch_id, call_id in uow.session.execute(units):
        at = sent.get(key) or sent.get(dispatch_id)
        if at is None or at < began[call_id].first:
            may_be_there.add(key)
    told = {key: at for event, key, at in rows if event == _TOLD}
    return Known(began, told, may_be_there)


def note(uow: UnitOfWork, to_tell: ToTell, seen: Collection[str]) -> Sequence[str]:
    """Who was told. seen -- the places that the person read: somebody more may have accepted
    meanwhile. Raises Conflict."""
    told = [one for one in to_tell.all if str(one.slot_id) in seen]
    if not told:
        raise Conflict(msgid("somebody has done this already"))
    for one in told:
        slot = uow.get(Slot, one.slot_id)
        uow.audit(
            _TOLD,
            slot,
            call_id=slot.dispatch.call_id,
            kind=AlarmKind.DURESS.value,
            team=one.unit,
            role=one.role,
        )
    return [member_name(one.unit, one.role) for one in told]
