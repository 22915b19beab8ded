"""Somebody else rings about a call that is open already."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from triage.domain.contradictions import UNKNOWN, caller_number, heard_from
from triage.domain.gazetteer import plain
from triage.domain.people_of_call import People, Subject
from triage.services import assessments, callers, calls
from triage.services.calls import NewCall
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import Call, Caller
from triage.storage.unit_of_work import UnitOfWork

_OF_THE_CALLER = "contact"
"""The group of questions about whoever rings: the first caller's answers stand."""


@dataclass(frozen=True)
class Told:
    """What a second caller told, as it was typed: enough for a call of their own."""

    location: str | None = None
    zone: str | None = None
    match: str | None = None
    position: tuple[float, float] | None = None
    """Degrees."""
    cad_number: str | None = None
    narrative: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    person: Subject = field(default_factory=Subject)
    """The person in crisis, as they say."""
    gave_person: bool = False
    """The call knew of no person before: it has this one of them."""
    gave_cad_number: bool = False


def told_by(caller: Caller) -> Told:
    """Empty for a first caller, and for whoever was noted on the call's page."""
    own: dict[str, Any] = json.loads(caller.own or "{}")
    person, position = Subject(**own.pop("person", {})), own.pop("position", None)
    return Told(**own, person=person, position=tuple(position) if position else None)


def place_otherwise(call: Call, caller: Caller) -> str | None:
    """The place as they say it, where it is not what the call says and not among their words."""
    place = told_by(caller).location or ""
    elsewhere = plain(place) != plain(call.location or "")
    return place if place and elsewhere and place not in (caller.said or "") else None


def attach(uow: UnitOfWork, centre: Centre, call: Call, new: NewCall) -> None:
    """Note them with what they said, and assess that and what they answered beside the rest.

    Raises Conflict for a call that is closed.
    """
    must_be_open(call)
    caller = callers.add(
        uow,
        centre,
        call,
        new.caller_name,
        new.caller_phone,
        new.narrative or "",
        people=new.people,
        language=new.language,
    )
    _keep(
        caller,
        Told(
            location=new.location,
            zone=new.zone,
            match=new.match,
            position=_position(new),
            cad_number=new.external_id,
            narrative=new.narrative,
            facts=dict(new.facts),
            person=new.people.subject,
        ),
    )
    _fill(uow, call, caller)
    uow.audit("call.caller_attached", call)
    source = caller_number(len(call.callers))
    if news := _news(centre, assessments.answers_of(uow, call), new.facts, source):
        calls.add_answers(uow, centre, call, news, caller)
    else:
        calls.assess(uow, centre, call)


def _position(new: NewCall) -> tuple[float, float] | None:
    if new.latitude is None or new.longitude is None:
        return None
    return new.latitude, new.longitude


def _keep(caller: Caller, told: Told) -> None:
    caller.own = json.dumps(asdict(told), ensure_ascii=False)


def _fill(uow: UnitOfWork, call: Call, caller: Caller) -> None:
    """The person and the CAD's number, where the call has none, are theirs from now on."""
    told = told_by(caller)
    if call.subject is None and told.person.is_known:
        callers.add_subject(uow, call, People(subject=told.person))
        told = replace(told, gave_person=True)
    if call.external_id is None and told.cad_number:
        call.external_id = told.cad_number
        told = replace(told, gave_cad_number=True)
    _keep(caller, told)


def person_stays(call: Call) -> None:
    """What was corrected since is the call's own, not a second caller's word any more, who has it
    beside them as they said it."""
    for caller in call.callers[1:]:
        if (told := told_by(caller)).gave_person:
            _keep(caller, replace(told, gave_person=False))


def take_along(uow: UnitOfWork, call: Call, caller: Caller) -> None:
    """What the call had of a caller who leaves goes with them; another's word may take its place.

    Of those who stay, whoever rang first is heard first.
    """
    told = told_by(caller)
    if told.gave_person and call.subject is not None:
        uow.session.delete(call.subject)
        uow.session.flush()
        uow.session.expire(call, ["subject"])
    if told.gave_cad_number:
        call.external_id = None
    for other in call.callers[1:]:
        if other.left_for_id is None and other.own:
            _fill(uow, call, other)
            uow.session.flush()
            uow.session.expire(call, ["subject"])


def _news(
    centre: Centre, standing: Mapping[str, Any], facts: Mapping[str, Any], source: str
) -> dict[str, Any]:
    """What was not answered before, and what they answer otherwise, kept beside it."""
    news: dict[str, Any] = {}
    for name, said in facts.items():
        before = standing.get(name)
        if centre.vocabulary.facts[name].group != _OF_THE_CALLER:
            kept = heard_from(before, said, source)
        else:
            kept = said if before in (None, UNKNOWN) else before
        if kept != before:
            news[name] = kept
    return news
