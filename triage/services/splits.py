"""A caller was attached to a call and rings about something else: two calls again."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from triage.domain.contradictions import caller_number, together
from triage.domain.errors import Conflict
from triage.domain.people_of_call import People
from triage.domain.words import msgid
from triage.services import assessments, callers, calls, dangers, second_callers
from triage.services.calls import NewCall
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import Call, Caller
from triage.storage.unit_of_work import UnitOfWork


def split(
    uow: UnitOfWork, centre: Centre, call: Call, caller_id: UUID, say: Callable[[str], str]
) -> Call:
    """Make a call of its own of what this caller said, with a code of its own.

    The first call keeps whoever was sent to it and is assessed without their answers; the person
    whom they named goes with them. The new one is decided as any other. Both records keep that
    there was one call.
    say -- a sentence in the language of whoever splits them.
    """
    must_be_open(call)
    caller = _who_may_leave(call, caller_id)
    before = assessments.answers_of(uow, call)
    fresh = calls.open_call(uow, centre, _as_call(call, caller, say))
    caller.left_for_id = fresh.id
    uow.session.flush()
    second_callers.take_along(uow, call, caller)
    _third_parties_go_along(uow, call, caller, fresh)
    _without_their_word(uow, call, caller_number(call.callers.index(caller) + 1))
    calls.assess(uow, centre, call)
    dangers.tell_of_new(uow, centre, call, before)
    uow.audit("call.split", call, other=fresh.reference)
    uow.audit("call.split_off", fresh, other=call.reference)
    return fresh


def _who_may_leave(call: Call, caller_id: UUID) -> Caller:
    """Raises NotFound, and Conflict for the caller who opened it or has left already."""
    caller = callers.of_call(call, caller_id)
    if caller is call.callers[0]:
        raise Conflict(msgid("the first caller's call stays"))
    if caller.left_for_id is not None:
        raise Conflict(msgid("this caller has a call of their own already"))
    return caller


def _as_call(call: Call, caller: Caller, say: Callable[[str], str]) -> NewCall:
    told = second_callers.told_by(caller)
    latitude, longitude = told.position or (None, None)
    rang = msgid("Rang about %(other)s first: it is another incident.", other=call.reference)
    return NewCall(
        caller_name=caller.name,
        caller_phone=caller.phone,
        location=told.location or call.location,
        zone=told.zone,
        match=told.match,
        latitude=latitude,
        longitude=longitude,
        external_id=told.cad_number,
        narrative=told.narrative or caller.said or say(rang),
        language=caller.language,
        people=People(
            relation=caller.relation,
            interpreter=bool(caller.interpreter),
            call_back=tuple(caller.call_back or ()),
            subject=told.person,
        ),
        facts=told.facts,
        received_at=caller.created_at,
        origin="split",
    )


def _third_parties_go_along(uow: UnitOfWork, call: Call, caller: Caller, fresh: Call) -> None:
    """Of whom this caller told has to do with the call that is theirs."""
    for one in call.third_parties:
        if one.caller_id == caller.id:
            one.call_id, one.caller_id = fresh.id, fresh.callers[0].id
    uow.session.flush()
    uow.session.expire(call, ["third_parties"])


def _without_their_word(uow: UnitOfWork, call: Call, source: str) -> None:
    """Answers of others that were kept beside theirs stand without them. source -- who they are."""
    alone: dict[str, Any] = {}
    for fact, said in assessments.answers_of(uow, call).items():
        if not isinstance(said, dict):
            continue
        others = [one for one in said["values"] if one["source"] != source]
        if others and len(others) < len(said["values"]):
            alone[fact] = together(others)
    if alone:
        calls.write_answers(uow, call, alone)
