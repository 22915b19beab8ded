"""Somebody else rings about a call that is open already."""

import json
from collections.abc import Mapping
from typing import Any

from triage.domain.contradictions import caller_number, kept_as_well
from triage.domain.gazetteer import plain
from triage.services import assessments, callers, calls
from triage.services.calls import NewCall
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

_OF_THE_CALLER = "contact"
"""The group of questions about whoever rings: the first caller's answers stand."""


def attach(uow: UnitOfWork, centre: Centre, call: Call, new: NewCall) -> None:
    """Note them with what they said, and assess that and what they answered beside the rest.

    Raises Conflict for a call that is closed, Refused for a number that cannot be rung.
    """
    must_be_open(call)
    caller = callers.add(
        uow,
        centre,
        call,
        new.caller_name,
        new.caller_phone,
        _said(call, new),
        people=new.people,
        language=new.language,
    )
    caller.own = json.dumps(
        {"location": new.location, "narrative": new.narrative, "facts": dict(new.facts)},
        ensure_ascii=False,
    )
    if call.subject is None:
        callers.add_subject(uow, call, new.people)
    uow.audit("call.caller_attached", call)
    source = caller_number(len(call.callers))
    if news := _news(centre, assessments.answers_of(uow, call), new.facts, source):
        calls.add_answers(uow, centre, call, news, caller)
    else:
        calls.assess(uow, centre, call)


def _said(call: Call, new: NewCall) -> str:
    """Their words, and the place where they name it otherwise."""
    words = [new.narrative or ""]
    if new.location and plain(new.location) != plain(call.location or ""):
        words.append(f"Place, as they say it: {new.location}")
    return "\n".join(one for one in words if one)


def _news(
    centre: Centre, standing: Mapping[str, Any], facts: Mapping[str, Any], source: str
) -> dict[str, Any]:
    """What was not answered before, and what they answer otherwise, kept beside it."""
    news: dict[str, Any] = {}
    for name, said in facts.items():
        before = standing.get(name)
        if before in (None, "unknown"):
            if said != before:
                news[name] = said
        elif (
            said not in ("unknown", before)
            and centre.vocabulary.facts[name].group != _OF_THE_CALLER
        ):
            kept = kept_as_well(before, said, source)
            if kept != before:
                news[name] = kept
    return news
