"""The situation of a call: what nobody is asked, because we know it or were told with the call.

Travel times are not among it unless they come with the call: nothing here knows where a team is.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select

from triage.domain.call_reading import FROM_NOW
from triage.domain.codes import NO_CALL
from triage.domain.lifecycle import CallState, DispatchState
from triage.services import assessments, dispatches
from triage.services.availability import unavailable
from triage.services.centre import Centre
from triage.storage.calls import Call, Caller
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork

CONTACTS, ZONE = "contacts_last_30_days", "zone"
CONTACTS_WITHIN = timedelta(days=30)
_CONTACTS = (
    select(func.count(func.distinct(Call.id)))
    .join(Caller, Caller.call_id == Call.id)
    .where(
        Caller.phone_index.in_(bindparam("numbers", expanding=True)),
        Caller.created_at > bindparam("since"),
        Call.received_at > bindparam("since"),
        Call.state != CallState.REPLAYED,
        func.coalesce(Call.disposition, "").not_in(NO_CALL),
        Call.id != bindparam("but"),
    )
)
_NO_CALL_AT_ALL = UUID(int=0)


def situation_now(
    uow: UnitOfWork, centre: Centre, call: Call, given: Mapping[str, Any]
) -> dict[str, Any]:
    """What was supplied with the call, and what we know ourselves: time, place, contacts, teams.

    What was stated stands; a team counts as away if either of us says so.
    """
    stated = {*given, *assessments.answers_of(uow, call)}
    numbers = {caller.phone_index for caller in _callers(uow, call)} - {None}
    away = _away(uow, centre, call) | given.get("unavailable", {})
    known = {
        **_time(uow, centre, stated),
        **_facts(centre, {ZONE: call.zone, CONTACTS: _contacts_with(uow, call, numbers)}),
        **_staffing(centre, away),
    }
    ours = {key: value for key, value in known.items() if key not in stated}
    return {**given, **ours, "unavailable": away}


def situation_of_form(
    uow: UnitOfWork,
    centre: Centre,
    facts: Mapping[str, Any],
    zone: str | None,
    number: str | None,
) -> dict[str, Any]:
    """The situation of a call that is being typed. number -- E.164, where it can be rung."""
    earlier = _contacts(uow, {blind_index("phone", number)}) if number else None
    away = unavailable(uow, centre, zone)
    known = {
        **_time(uow, centre, facts.keys()),
        **_facts(centre, {ZONE: zone, CONTACTS: None if earlier is None else earlier + 1}),
        **_staffing(centre, away),
    }
    ours = {key: value for key, value in known.items() if key not in facts}
    return {**ours, "unavailable": away}


def _time(uow: UnitOfWork, centre: Centre, stated: Collection[str]) -> dict[str, str]:
    """The local time, unless a day or time was stated."""
    if {"now", *FROM_NOW} & {*stated}:
        return {}
    local = uow.now.astimezone(centre.policy.time_zone).replace(microsecond=0)
    return {"now": local.isoformat()}


def _facts(centre: Centre, known: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of the facts that the vocabulary has and can hold."""
    facts = centre.vocabulary.facts
    return {
        name: value
        for name, value in known.items()
        if value is not None
        and name in facts
        and (not isinstance(value, str) or len(value) <= facts[name].longest)
    }


def _staffing(centre: Centre, away: Collection[str]) -> dict[str, str]:
    """The facts that say whether teams of a kind can come at all, for rules that read them."""
    could: dict[str, list[str]] = {}
    for key, response in centre.vocabulary.responses.items():
        if response.availability_fact:
            could.setdefault(response.availability_fact, []).append(key)
    return {
        fact: "no" if all(response in away for response in responses) else "yes"
        for fact, responses in could.items()
    }


def _callers(uow: UnitOfWork, call: Call) -> list[Caller]:
    if (new := uow.new_under(call.id, Caller)) is not None:
        return new
    return list(uow.session.scalars(select(Caller).where(Caller.call_id == call.id)))


def _contacts_with(uow: UnitOfWork, call: Call, numbers: Collection[bytes | None]) -> int | None:
    """As `_contacts`, with this call, which need not be saved for that."""

    def is_other(row: Any) -> bool:
        return call.id not in (row.id, getattr(row, "call_id", None))

    with uow.asking((Call, Caller), is_other):
        earlier = _contacts(uow, numbers, call.id)
    if earlier is None:
        return None
    counts = call.state is not CallState.REPLAYED and call.disposition not in NO_CALL
    return earlier + (counts and call.received_at > uow.now - CONTACTS_WITHIN)


def _contacts(
    uow: UnitOfWork, numbers: Collection[bytes | None], but: UUID | None = None
) -> int | None:
    """The calls from these numbers in the last 30 days; None without a number. A test, a wrong
    number or a duplicate is no contact. but -- a call that does not count.

    The callers are bounded in time as well: of who rings often, most calls are long past."""
    if not numbers:
        return None
    asked = {"numbers": list(numbers), "since": uow.now - CONTACTS_WITHIN}
    [(contacts,)] = uow.rows(_CONTACTS, asked | {"but": but or _NO_CALL_AT_ALL})
    return int(contacts)


def _away(uow: UnitOfWork, centre: Centre, call: Call) -> dict[str, str]:
    """Who cannot come to this call: whoever comes already is not away, and whoever was asked
    and does not come is, whatever the roster says."""
    away = unavailable(uow, centre, call.zone)
    for dispatch in dispatches.of_call(uow, call):
        if dispatch.state is DispatchState.UNFILLED and dispatch.cause:
            away[dispatch.response] = dispatch.cause
        elif dispatch.state not in dispatches.ENDED:
            away.pop(dispatch.response, None)
    return away
