"""Calls that have left the board, found again: the newest first, page by page.

Places and numbers are found by equal blind indexes, so only as they were said or as the list of
places has them; nothing sealed is opened to look for it or to list it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text, union

from triage.domain.phone_numbers import e164
from triage.services.centre import Centre
from triage.services.known_calls import responses_of
from triage.services.places import place_index
from triage.storage.calls import Call, Caller
from triage.storage.dispatches import Dispatch
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork

PAGE = 30
_MOST_NUMBERS = 500
"""Of the CAD's, that end alike."""
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

    state -- `closed` or `open`; named -- a code, a reference or a number of the CAD's; zone -- or
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
    still_open: int
    """Calls that fit and are not listed, because they are open."""


def find(uow: UnitOfWork, centre: Centre, wanted: Wanted) -> Found:
    """Raises Refused for a number that cannot be looked up."""
    fits = _narrowed(uow, centre, wanted)
    query = select(Call).where(_STATES[wanted.state], *fits)
    still_open = select(func.count()).select_from(Call).where(_STATES["open"], *fits)
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
        0 if wanted.state == "open" else uow.session.scalar(still_open) or 0,
    )


def _narrowed(uow: UnitOfWork, centre: Centre, wanted: Wanted) -> list[ColumnElement[bool]]:
    fits: list[ColumnElement[bool]] = []
    if wanted.day is not None:
        begins = datetime.combine(wanted.day, time(), centre.policy.time_zone)
        ends = datetime.combine(wanted.day + timedelta(days=1), time(), centre.policy.time_zone)
        fits += [Call.received_at >= begins, Call.received_at < ends]
    if wanted.disposition:
        fits.append(Call.disposition == wanted.disposition)
    if wanted.zone == NO_ZONE:
        fits.append(Call.zone.is_(None))
    elif wanted.zone:
        fits.append(Call.zone == wanted.zone)
    if wanted.named:
        fits.append(_is_named(uow, wanted.named))
    if wanted.phone:
        number = blind_index("phone", e164(wanted.phone, centre.policy.country))
        fits.append(Call.id.in_(select(Caller.call_id).where(Caller.phone_index == number)))
    if wanted.place:
        fits.append(Call.id.in_(_of_place(centre, wanted.place)))
    return fits


def _is_named(uow: UnitOfWork, said: str) -> ColumnElement[bool]:
    """By its code or reference, or by a number of the CAD's as people shorten it."""
    name = "".join(said.upper().split())
    reference = re.sub(r"^(\d{6})-?(\w{6})$", r"\1-\2", name)
    named = or_(Call.code == name, Call.reference == reference)
    return or_(named, Call.id.in_(_of_cad_number(uow, said)))


def _of_cad_number(uow: UnitOfWork, said: str) -> set[UUID]:
    """Calls whose number ends so, whether or not the year and leading zeros are said."""
    wanted = _parts(said)
    if not wanted or not wanted[-1].isdigit():  # the CAD ends its numbers in digits
        return set()
    last = f"%{wanted[-1]}"
    of_calls = select(Call.id, Call.external_id).where(Call.external_id.ilike(last))
    of_units = select(Dispatch.call_id, Dispatch.cad_number).where(Dispatch.cad_number.ilike(last))
    found = (
        *uow.session.execute(of_calls.order_by(Call.received_at.desc()).limit(_MOST_NUMBERS)),
        *uow.session.execute(of_units.order_by(Dispatch.created_at.desc()).limit(_MOST_NUMBERS)),
    )
    return {key for key, number in found if _parts(number)[-len(wanted) :] == wanted}


def _parts(number: str) -> list[str]:
    """Letters and numbers apart, without leading zeros: P26-004711 is P, 26, 4711."""
    found = re.findall(r"[0-9]+|[A-Z]+", number.upper())
    return [one.lstrip("0") or "0" for one in found]


def _of_place(centre: Centre, said: str) -> Select[UUID]:
    listed = centre.gazetteer.find(said)
    indexes = {place_index(said), place_index(listed.name) if listed else None} - {None}
    found = union(
        select(Call.id).where(Call.location_index.in_(indexes)),
        select(Call.id).where(Call.found_index.in_(indexes)),
    ).subquery()
    return select(found.c[0])
