"""Whoever rings about a call, the person it is about, and others who are there or can help."""

from typing import Any
from uuid import UUID

from triage.domain.errors import NotFound, Refused
from triage.domain.people_of_call import (
    CALL_BACK,
    LANGUAGES,
    RELATIONS,
    THIRD_PARTIES,
    People,
    ThirdParty,
)
from triage.domain.phone_numbers import e164
from triage.domain.words import msgid
from triage.services.centre import Centre
from triage.storage.calls import Call, Caller, CallSubject, CallThirdParty
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork


def add(
    uow: UnitOfWork,
    centre: Centre,
    call: Call,
    name: str | None,
    phone: str | None,
    said: str | None = None,
    people: People | None = None,
    language: str | None = None,
) -> Caller:
    """Somebody rang about this call. No call waits for a number: one that cannot be rung is kept as
    it was said.

    people -- what was said of them, of the person in crisis and of a third party; language --
    their own.
    """
    number, index = kept_number(centre, phone)
    people = people or People()
    check(people)
    caller = uow.add(
        Caller(
            call_id=call.id,
            name=(name or "").strip() or None,
            phone=number,
            phone_index=index,
            said=(said or "").strip() or None,
            relation=people.relation,
            language=language,
            interpreter=people.interpreter or None,
            call_back=list(people.call_back) or None,
        )
    )
    uow.audit("caller.added", caller, with_number=number is not None)
    if people.third_party.is_known:
        add_third_party(uow, centre, caller, people.third_party)
    return caller


def kept_number(centre: Centre, phone: str | None) -> tuple[str | None, bytes | None]:
    """A number as it is kept, and its index, which only one that can be rung has."""
    if not (said := (phone or "").strip()):
        return None, None
    try:
        number = e164(said, centre.policy.country)
    except Refused:
        return said, None
    return number, blind_index("phone", number)


def of_call(call: Call, key: UUID) -> Caller:
    """Raises NotFound for another call's."""
    for caller in call.callers:
        if caller.id == key:
            return caller
    raise NotFound(msgid("no such caller of this call"))


def can_ring(call: Call) -> bool:
    """Is a number known on which somebody who rang about this call can be rung?"""
    return any(one.phone_index is not None and one.left_for_id is None for one in call.callers)


def no_number(call: Call) -> dict[str, Any]:
    """What is written down with a call-back, where there is no number to ring."""
    return {} if can_ring(call) else {"no_number": True}


def add_third_party(uow: UnitOfWork, centre: Centre, caller: Caller, told: ThirdParty) -> None:
    """Write down of whom else this caller told. Raises Refused for a relation that is none."""
    _check_third_party(told)
    number, _ = kept_number(centre, told.phone)
    uow.add(
        CallThirdParty(
            call_id=caller.call_id,
            caller_id=caller.id,
            name=told.name,
            phone=number,
            relation=told.relation,
            with_them=told.with_them,
        )
    )
    uow.audit("caller.third_party", caller, with_number=number is not None)


def third_party_of_call(call: Call, key: UUID) -> CallThirdParty:
    """Raises NotFound for another call's."""
    for one in call.third_parties:
        if one.id == key:
            return one
    raise NotFound(msgid("nobody of that kind is noted for this call"))


def check(people: People) -> None:
    """Raises Refused for what is no choice, or no safe way to call back and one."""
    if people.relation is not None and people.relation not in RELATIONS:
        raise Refused(msgid("Choose who rings from the list."), "caller_relation")
    if not set(people.call_back) <= set(CALL_BACK):
        raise Refused(msgid("Choose from the list how to call back."), "call_back")
    if "never" in people.call_back and len(people.call_back) > 1:
        raise Refused(msgid("Either a way to call back is safe, or none is: choose."), "call_back")


def _check_third_party(told: ThirdParty) -> None:
    if told.relation not in (None, *THIRD_PARTIES):
        raise Refused(msgid("Choose who they are from the list."), "third_party_relation")


def add_subject(uow: UnitOfWork, call: Call, people: People) -> None:
    """Write down who the call is about, where somebody told."""
    told = people.subject
    if not told.is_known:
        return
    uow.add(
        CallSubject(
            call_id=call.id,
            name=told.name,
            about=told.about,
            age=told.age,
            language=told.language,
            interpreter=told.interpreter or None,
        )
    )


def called(code: str | None) -> str:
    """A language by its name, where we know it."""
    return LANGUAGES.get(code or "", code or "")
