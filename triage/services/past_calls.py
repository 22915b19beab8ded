"""Calls that have left the board, found again: the newest first, page by page.

Numbers are found by equal blind indexes, so only whole. So are places, as they were said or as the
list of places has them; the places of the newest calls that fit the rest are opened as well, and
their words compared in any order. Nothing sealed is opened to list it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    TextClause,
    func,
    or_,
    select,
    text,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from triage.domain.gazetteer import words_of
from triage.domain.lifecycle import CallState
from triage.domain.phone_numbers import e164
from triage.domain.wall_clock import bounds_of
from triage.services.centre import Centre
from triage.services.known_calls import responses_of
from triage.services.list_pages import Place, earlier, first_of, later
from triage.services.places import place_index
from triage.storage.calls import CLOSED_CALL, OPEN_CALL, Call, Caller, last_digits
from triage.storage.dispatches import Dispatch
from triage.storage.sealed import CannotOpen, blind_index, passed_over, unseal
from triage.storage.unit_of_work import UnitOfWork

PAGE = 30
MOST_OPENED = 2000
"""Of so many calls the place is opened to look for words in it: some hundredths of a second."""
_MOST_NUMBERS = 500
"""Of the CAD's, that end alike."""
NO_ZONE = "none"
EVENT = "call.found"
_STATES = {"closed": CLOSED_CALL, "open": OPEN_CALL}
_STATE_NAMES = {
    "closed": (CallState.CLOSED,),
    "open": (CallState.ASKING, CallState.OPEN),
}
OF_STATES = tuple(_STATES)


@dataclass(frozen=True)
class Wanted:
    """What is looked for; "" and None for what does not matter.

    state -- `closed` or `open`; named -- a code, a reference or a number of the CAD's; zone -- or
    `none`; after -- the last call of the page before; before -- the first of the page after.
    """

    state: str = "closed"
    day: date | None = None
    disposition: str = ""
    named: str = ""
    zone: str = ""
    place: str = ""
    phone: str = ""
    after: Place | None = None
    before: Place | None = None

    @property
    def is_personal(self) -> bool:
        """Is somebody's place or number looked for?"""
        return bool(self.place or self.phone)


@dataclass(frozen=True)
class Past:
    """One call, in codes."""

    call: Call
    responses: Sequence[str]
    may_be_it: bool = False
    """Its place was looked for and cannot be decrypted."""


@dataclass(frozen=True)
class Found:
    calls: Sequence[Past]
    older: Place | None
    """After which the next page begins, if there is one."""
    newer: Place | None
    """Before which the page before this one ends, if there is one."""
    still_open: int
    """Calls that fit and are not listed, because they are open."""


def find(uow: UnitOfWork, centre: Centre, wanted: Wanted) -> Found:
    """Raises Refused for a number that cannot be looked up."""
    calls, older, newer = _page(uow, wanted, *_all_that_fit(uow, centre, wanted, wanted.state))
    sent = responses_of(uow, [call.id for call in calls])
    still_open = 0
    if wanted.state != "open":
        _, others = _all_that_fit(uow, centre, wanted, "open")
        counted = select(func.count()).select_from(others.subquery())
        still_open = uow.session.scalar(counted) or 0
    return Found(
        [
            Past(call, sent.get(call.id, ()), bool(wanted.place) and not _opens(call))
            for call in calls
        ],
        _place(calls[-1]) if older else None,
        _place(calls[0]) if newer else None,
        still_open,
    )


def _opens(call: Call) -> bool:
    shown = (call.location, Call.location.instead), (call.found, Call.found.instead)
    return all(text is not instead for text, instead in shown)


def _page(
    uow: UnitOfWork, wanted: Wanted, of: type[Call], fitting: Select[Call]
) -> tuple[Sequence[Call], bool, bool]:
    """The calls of one page; are there older ones, and newer ones?"""
    if wanted.before is not None:
        upwards = fitting.where(later(of.received_at, of.id, wanted.before))
        found = uow.session.scalars(upwards.order_by(*_order(of, wanted)).limit(PAGE + 1)).all()
        if len(found) > PAGE:  # else it is the first page, as full as can be
            return found[PAGE - 1 :: -1], True, True
    elif wanted.after is not None:
        fitting = fitting.where(earlier(of.received_at, of.id, wanted.after))
    newest_first = (column.desc() for column in _order(of, wanted))
    newest = fitting.order_by(*newest_first).limit(PAGE + 1)
    calls, more = first_of(uow.session.scalars(newest).all(), PAGE)
    return calls, more, bool(calls) and wanted.after is not None


def _order(of: type[Call], wanted: Wanted) -> list[InstrumentedAttribute[Any]]:
    """PostgreSQL does not see that calls without a zone stand together in an index by zones."""
    without_zone = [of.zone] if wanted.zone == NO_ZONE else []
    return [*without_zone, of.received_at, of.id]


def _place(call: Call) -> Place:
    return call.received_at, call.id


def _all_that_fit(
    uow: UnitOfWork, centre: Centre, wanted: Wanted, state: str
) -> tuple[type[Call], Select[Call]]:
    looked_up = _looked_up(uow, centre, wanted)
    if wanted.place:
        opened = _with_its_words(uow, wanted, *_fitting(centre, wanted, state, looked_up))
        looked_up.append(Call.id.in_(_of_place(centre, wanted.place, opened)))
    return _fitting(centre, wanted, state, looked_up)


def _with_its_words(
    uow: UnitOfWork, wanted: Wanted, of: type[Call], fitting: Select[Call]
) -> set[UUID]:
    """Those of the newest in whose place all these words stand. One that cannot be decrypted may be
    it, and is listed."""
    columns = of.id, of.location_sealed, of.found_sealed
    newest = fitting.with_only_columns(*columns).order_by(of.received_at.desc(), of.id.desc())
    words, found = words_of(wanted.place), set[UUID]()
    for key, said, listed in uow.session.execute(newest.limit(MOST_OPENED)) if words else ():
        sealed = ("location", said), ("found", listed)
        try:
            opened = [unseal(it, table="call", column=name, row=key) for name, it in sealed if it]
        except CannotOpen as error:
            if not passed_over(error):
                raise
            found.add(key)
            continue
        if words <= words_of(" ".join(opened)):
            found.add(key)
    return found


def _fitting(
    centre: Centre, wanted: Wanted, state: str, looked_up: Sequence[ColumnElement[bool]]
) -> tuple[type[Call], Select[Call]]:
    """All calls that fit, and what their columns are named by. What is looked up is looked up
    first: no planner is to go through all calls by time until it has met enough of these."""
    of: type[Call] = Call
    fits: list[ColumnElement[bool] | TextClause] = [_STATES[state]]
    if looked_up:
        found = select(Call).where(*looked_up).cte("found").prefix_with("MATERIALIZED")
        of = aliased(Call, found)
        fits = [of.state.in_(_STATE_NAMES[state])]
    if wanted.day is not None:
        begins, ends = bounds_of(centre.policy.time_zone, wanted.day)
        fits += [of.received_at >= begins, of.received_at < ends]
    if wanted.disposition:
        fits.append(of.disposition == wanted.disposition)
    if wanted.zone == NO_ZONE:
        fits.append(of.zone.is_(None))
    elif wanted.zone:
        fits.append(of.zone == wanted.zone)
    return of, select(of).where(*fits)


def _looked_up(uow: UnitOfWork, centre: Centre, wanted: Wanted) -> list[ColumnElement[bool]]:
    fits: list[ColumnElement[bool]] = []
    if wanted.named:
        fits.append(_is_named(uow, wanted.named))
    if wanted.phone:
        number = blind_index("phone", e164(wanted.phone, centre.policy.country))
        fits.append(Call.id.in_(select(Caller.call_id).where(Caller.phone_index == number)))
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
    of_calls = select(Call.id, Call.external_id).where(
        Call.external_id.is_not(None), text(f"{last_digits('call.external_id')} = :last")
    )
    of_units = select(Dispatch.call_id, Dispatch.cad_number).where(
        Dispatch.cad_number.is_not(None), text(f"{last_digits('dispatch.cad_number')} = :last")
    )
    last = {"last": wanted[-1].lstrip("0")}
    found = (
        *uow.session.execute(of_calls.order_by(Call.received_at.desc()).limit(_MOST_NUMBERS), last),
        *uow.session.execute(
            of_units.order_by(Dispatch.created_at.desc()).limit(_MOST_NUMBERS), last
        ),
    )
    return {key for key, number in found if _parts(number)[-len(wanted) :] == wanted}


def _parts(number: str) -> list[str]:
    """Letters and numbers apart, without leading zeros: P26-004711 is P, 26, 4711."""
    found = re.findall(r"[0-9]+|[A-Z]+", number.upper())
    return [one.lstrip("0") or "0" for one in found]


def _of_place(centre: Centre, said: str, opened: set[UUID]) -> Select[UUID]:
    listed = [centre.gazetteer.find(said), *centre.gazetteer.with_words(said)]
    indexes = {place_index(said), *(place_index(it.name) for it in listed if it)} - {None}
    found = union(
        select(Call.id).where(Call.location_index.in_(indexes)),
        select(Call.id).where(Call.found_index.in_(indexes)),
        select(Call.id).where(Call.id.in_(opened)),
    ).subquery()
    return select(found.c[0])
