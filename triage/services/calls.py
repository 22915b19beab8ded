"""Taking a call, and adding to it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import SystemRandom
from typing import Any

from sqlalchemy import select

from triage.domain.errors import NotFound, Refused
from triage.domain.lifecycle import CallState, DispatchState
from triage.domain.people_of_call import People
from triage.domain.sms_replies import ALPHABET
from triage.domain.words import msgid
from triage.services import (
    assessments,
    call_codes,
    callers,
    closing,
    dangers,
    dispatches,
    follow_ups,
    held_calls,
    own_answers,
    places,
    rule_sets,
    sending,
    situation,
)
from triage.services.assessments import Decision
from triage.services.centre import Centre
from triage.services.sending import Choice, must_be_open
from triage.storage.calls import Answer, AssessmentRecord, Call, Caller
from triage.storage.dispatches import Dispatch
from triage.storage.unit_of_work import UnitOfWork

_random = SystemRandom()
_REFERENCE = re.compile(r"[0-9A-Z-]{1,32}")


@dataclass(frozen=True)
class NewCall:
    """A call as it comes in; everything may be missing except one of narrative and facts."""

    caller_phone: str | None = None
    caller_name: str | None = None
    location: str | None = None
    zone: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    narrative: str | None = None
    language: str | None = None
    """The caller's."""
    people: People = field(default_factory=People)
    match: str | None = None
    """What a person said of the place that the gazetteer finds: see places.MATCHES."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    situation: Mapping[str, Any] = field(default_factory=dict)
    received_at: datetime | None = None
    external_id: str | None = None
    rule_set: str | None = None
    origin: str = "api"
    choice: Choice | None = None
    disposition: str | None = None
    """Set to close the call at once, with nobody sent: a wrong number, a test."""


def open_call(uow: UnitOfWork, centre: Centre, new: NewCall) -> Call:
    """Write down the call, assess it and set everything in motion, in one transaction.

    Raises Refused or InvalidCall naming the field to mend; nothing is written then.
    """
    call = _write_all(uow, centre, new)
    if new.origin == "form":
        held_calls.hold(uow, call)
    if new.disposition is not None:
        assess(uow, centre, call, new.situation, afterwards=False)
        closing.close_call(uow, centre, call, new.disposition, None)
        return call
    _, decision = assess(uow, centre, call, new.situation)
    if new.choice is not None:
        sending.decide_otherwise(uow, centre, call, new.choice)
    else:
        sending.act_on(uow, centre, call, decision, "assessment")
    return call


def write_and_assess(uow: UnitOfWork, centre: Centre, new: NewCall) -> Call:
    """A call of whoever is there already: nobody is sent by this. Raises as open_call does."""
    call = _write_all(uow, centre, new)
    assess(uow, centre, call, new.situation)
    return call


def record_past_call(
    uow: UnitOfWork, centre: Centre, new: NewCall, state: CallState = CallState.REPLAYED
) -> tuple[Call, Decision]:
    """Write down a call of the past and assess it as it was; nobody is paged, nothing planned.

    What is not in `new.situation` was not known: the time of the call, our teams of today.
    Raises as open_call does.
    """
    call = _write_down(uow, centre, new)
    call.state = state
    _write_people(uow, centre, call, new)
    write_answers(uow, call, new.facts)
    uow.session.flush()
    _, decision = assessments.assess_call(uow, centre, call, new.situation)
    return call, decision


def _write_all(uow: UnitOfWork, centre: Centre, new: NewCall) -> Call:
    call = _write_down(uow, centre, new)
    _write_people(uow, centre, call, new)
    write_answers(uow, call, new.facts)
    return call


def _write_down(uow: UnitOfWork, centre: Centre, new: NewCall) -> Call:
    narrative = check_narrative(centre, new.narrative)
    if not narrative and not new.facts and new.disposition is None:
        raise Refused(msgid("Write what happens, or answer at least one question."), "narrative")
    assessments.check_facts(centre, new.facts, new.situation)
    if new.zone and new.zone not in centre.gazetteer.zones:
        raise Refused(msgid("There is no zone called %(zone)s.", zone=new.zone[:40]), "zone")
    rules = rule_sets.live(uow, centre, new.rule_set or centre.policy.rule_set)
    rule_sets.must_be_fit_for_calls(rules)
    if new.received_at is not None and new.received_at > uow.now + timedelta(minutes=5):
        raise Refused(msgid("the call was received in the future: look at the time"), "received_at")
    received_at = (new.received_at or uow.now).astimezone(UTC)
    call = uow.add(
        Call(
            reference=_new_reference(centre, received_at),
            code=call_codes.free_code(uow),
            state=CallState.OPEN,
            origin=new.origin,
            received_at=received_at,
            external_id=new.external_id,
            narrative=narrative or None,
            language=new.people.subject.language or new.language,
            rule_set=rules.name,
        )
    )
    stated = new.latitude is not None and new.longitude is not None
    places.set_place(
        centre,
        call,
        new.location,
        zone=new.zone,
        position=(new.latitude or 0.0, new.longitude or 0.0) if stated else None,
        match=new.match,
    )
    uow.audit("call.opened", call, origin=new.origin)
    return call


def check_narrative(centre: Centre, narrative: str | None) -> str:
    text = (narrative or "").replace("\r\n", "\n").strip()
    if len(text) > centre.policy.narrative_max:
        raise Refused(
            msgid(
                "The narrative has %(length)s characters, %(most)s fit. Shorten it; nothing is lost"
                " meanwhile.",
                length=f"{len(text):,}",
                most=f"{centre.policy.narrative_max:,}",
            ),
            "narrative",
        )
    return text


def _new_reference(centre: Centre, received_at: datetime) -> str:
    """One of many hundred million for each day. Should two calls draw the same, the second is
    refused as a lost race and begun anew with another."""
    day = received_at.astimezone(centre.policy.time_zone)
    return f"{day:%y%m%d}-" + "".join(_random.choices(ALPHABET, k=6))


def _write_people(uow: UnitOfWork, centre: Centre, call: Call, new: NewCall) -> None:
    name, phone, people = new.caller_name, new.caller_phone, new.people
    caller = callers.add(uow, centre, call, name, phone, people=people, language=new.language)
    caller.created_at = min(call.received_at, uow.now)  # they rang then, though typed in later
    callers.add_subject(uow, call, people)


def write_answers(
    uow: UnitOfWork, call: Call, facts: Mapping[str, Any], caller: Caller | None = None
) -> None:
    """caller -- the second caller who said so."""
    for fact, value in facts.items():
        uow.add(
            Answer.made(
                call_id=call.id,
                fact=fact,
                value=json.dumps(value, ensure_ascii=False),
                given_by=uow.actor,
                caller_id=caller.id if caller else None,
            )
        )


def assess(
    uow: UnitOfWork,
    centre: Centre,
    call: Call,
    given: Mapping[str, Any] | None = None,
    *,
    afterwards: bool = True,
) -> tuple[AssessmentRecord, Decision]:
    """Assess the call with the situation of this instant and plan what comes afterwards."""
    known = situation.situation_now(uow, centre, call, given or {})
    record, decision = assessments.assess_call(uow, centre, call, known)
    if afterwards:
        follow_ups.plan(uow, centre, call, decision.result)
    return record, decision


def add_answers(
    uow: UnitOfWork,
    centre: Centre,
    call: Call,
    facts: Mapping[str, Any],
    caller: Caller | None = None,
) -> Decision:
    """Answers given later assess the call again; the earlier decision is kept.

    Nobody is called back or added by this: the difference is shown and a person sends,
    except that a call still asking for answers is acted on as soon as it is decided.
    """
    must_be_open(call)
    if not facts:
        raise Refused(msgid("Answer at least one question."), "facts")
    assessments.check_facts(centre, facts, {})
    before = assessments.answers_of(uow, call)
    write_answers(uow, call, facts, caller)
    uow.audit("call.answers_added", call, facts=sorted(facts))
    dangers.tell_of_new(uow, centre, call, before)
    return _assess_again(uow, centre, call)


def take_back_answer(uow: UnitOfWork, centre: Centre, call: Call) -> tuple[str, Any, Any]:
    """Take one's own last answer back: the question, what was answered, and what stands instead,
    None for not asked. Who was sent stays sent. Raises Refused where none is left or a colleague
    has answered since."""
    must_be_open(call)
    last, before = own_answers.last(uow, centre, call)
    stood = assessments.answers_of(uow, call)
    uow.add(
        Answer(
            call_id=call.id,
            fact=last.fact,
            value=json.dumps("unknown" if before is None else before, ensure_ascii=False),
            given_by=uow.actor,
            takes_back=last.id,
            not_asked=before is None or None,
        )
    )
    uow.audit("call.answer_taken_back", call, fact=last.fact)
    dangers.tell_of_new(uow, centre, call, stood)
    _assess_again(uow, centre, call)
    return last.fact, json.loads(last.value or "null"), before


def _assess_again(uow: UnitOfWork, centre: Centre, call: Call) -> Decision:
    _, decision = assess(uow, centre, call)
    sending.heed(uow, centre, call, decision)
    return decision


def nobody_is_left(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """Everybody was asked and nobody comes, or somebody does after all or is asked once more:
    assess the call again, so that the recommendation says who comes instead, for a person to send,
    or does not any more. So too when a line is tried once more, which did not take the caller."""
    call = dispatch.call
    latest = assessments.latest(uow, call)
    over = dispatch.state in {*dispatches.ENDED, DispatchState.HANDED_OVER}
    if over or call.state is not CallState.OPEN:
        return
    if latest is None or assessments.given_away(latest).get(dispatch.response) != dispatch.cause:
        assess(uow, centre, call)


def by_reference(uow: UnitOfWork, reference: str) -> Call:
    """Raises NotFound."""
    wanted = reference.strip().upper()
    known = _REFERENCE.fullmatch(wanted)  # databases differ over what else could be typed
    call = uow.session.scalar(select(Call).where(Call.reference == wanted)) if known else None
    if call is None or call.erased_at is not None:
        erased = msgid("all that was said on %(reference)s is erased", reference=wanted)
        raise NotFound(erased if call else msgid("no call %(reference)s", reference=reference[:40]))
    return call
