"""Calls that have left the board, found again: the newest first, page by page.

Places and numbers are found by equal blind indexes, so only as they were said or as the list of
places has them; nothing sealed is opened to look for it or to list it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import Select, and_, or_, select, text, union

from triage.domain.phone_numbers import e164
from triage.services.centre import Centre
from triage.services.known_calls import responses_of
from triage.services.places import place_index
from triage.storage.calls import Call, Caller
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork

PAGE = 30
NO_ZONE = "none"
EVENT = "call.found"
_STATES = {
    "closed": text("call.state = 'closed'"),
    "open": text("call.state IN ('asking', 'open')"),
}
"""As the partial indexes have it, word for word, or they are not used."""
OF_STATES = tuple(_STATES)


@dataclass(frozen=True)
class Wanted:
    """What is looked for; "" and None for what does not matter.

    state -- `closed` or `open`; named -- a code, a reference or the CAD's number; zone -- or
    `none`; after -- the last call of the page before.
    """

    state: str = "closed"
    day: date | None = None
    disposition: str = ""
    named: str = ""
    zone: str = ""
    place: str = ""
    phone: str = ""
    after: tuple[datetime, UUID] | None = None

    @property
    def is_personal(self) -> bool:
        """Is somebody's place or number looked for?"""
        return bool(self.place or self.phone)


@dataclass(frozen=True)
class Past:
    """One call, in codes."""

    call: Call
    responses: Sequence[str]


@dataclass(frozen=True)
class Found:
    calls: Sequence[Past]
    older: tuple[datetime, UUID] | None
    """After which the next page begins, if there is one."""


def find(uow: UnitOfWork, centre: Centre, wanted: Wanted) -> Found:
    """Raises Refused for a number that cannot be looked up."""
    query = _narrowed(centre, select(Call).where(_STATES[wanted.state]), wanted)
    if wanted.after is not None:
        at, key = wanted.after
        query = query.where(or_(Call.received_at < at, and_(Call.received_at == at, Call.id < key)))
    newest = query.order_by(Call.received_at.desc(), Call.id.desc()).limit(PAGE + 1)
    calls = uow.session.scalars(newest).all()
    shown = calls[:PAGE]
    sent = responses_of(uow, [call.id for call in shown])
    last = shown[-1] if len(calls) > PAGE else None
    return Found(
        [Past(call, sent.get(call.id, ())) for call in shown],
        (last.received_at, last.id) if last else None,
    )


def _narrowed(centre: Centre, query: Select[Call], wanted: Wanted) -> Select[Call]:
    if wanted.day is not None:
        begins = datetime.combine(wanted.day, time(), centre.policy.time_zone)
        ends = datetime.combine(wanted.day + timedelta(days=1), time(), centre.policy.time_zone)
        query = query.where(Call.received_at >= begins, Call.received_at < ends)
    if wanted.disposition:
        query = query.where(Call.disposition == wanted.disposition)
    if wanted.zone:
        zone = None if wanted.zone == NO_ZONE else wanted.zone
        query = query.where(Call.zone == zone)
    if wanted.named:
        name = wanted.named.upper()
        query = query.where(
            or_(Call.code == name, Call.reference == name, Call.external_id == wanted.named)
        )
    if wanted.phone:
        number = blind_index("phone", e164(wanted.phone, centre.policy.country))
        query = query.where(Call.id.in_(select(Caller.call_id).where(Caller.phone_index == number)))
    if wanted.place:
        query = query.where(Call.id.in_(_of_place(centre, wanted.place)))
    return query


def _of_place(centre: Centre, said: str) -> Select[UUID]:
    listed = centre.gazetteer.find(said)
    indexes = {place_index(said), place_index(listed.name) if listed else None} - {None}
    found = union(
        select(Call.id).where(Call.location_index.in_(indexes)),
        select(Call.id).where(Call.found_index.in_(indexes)),
    ).subquery()
    return select(found.c[0])
