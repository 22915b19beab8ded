"""An officer or a hospital asks for a clinician; a clinician comes upon somebody in need.

Both are calls as any other: the rules assess what is known. The clinician who was asked for is
asked beside whatever the rules send, unless a rule keeps clinicians away from the place.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from triage.domain.errors import Problem, Refused, refuse_all
from triage.domain.lifecycle import SlotState
from triage.domain.people_of_call import People
from triage.domain.words import msgid
from triage.services import assessments, calls, dispatches, sending
from triage.services.assessments import Decision
from triage.services.calls import NewCall
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

ORIGINS = {"officer": "police", "hospital": "hospital"}
"""Who asks, and what the question about the caller then says."""
ASKED = ("consciousness", "breathing", "weapon", "violence_now", "attempt_in_progress")
"""The questions that stand on these short forms."""
OFFICER_THERE = {
    "yes": msgid("Officer on scene: yes."),
    "no": msgid("Officer on scene: no."),
}
CLINICIAN = "clinician"


@dataclass(frozen=True)
class FieldRequest:
    origin: str
    unit: str
    """The unit or the hospital that asks."""
    phone: str
    location: str
    needed: str
    officer_there: str
    """A key of OFFICER_THERE."""
    facts: Mapping[str, str]


def open_request(
    uow: UnitOfWork, centre: Centre, asked: FieldRequest, say: Callable[[str], str]
) -> tuple[Call, str | None]:
    """The call, and whom was asked as a clinician: None where the rules keep every one away.

    say -- a sentence in the language of whoever types: what stands beside their words is in it too.
    """
    refuse_all(_wrong(asked))
    there = say(OFFICER_THERE[asked.officer_there])
    new = NewCall(
        caller_name=asked.unit,
        caller_phone=asked.phone or None,
        location=asked.location,
        narrative=f"{asked.needed.strip()}\n{there}",
        facts=_facts(centre, asked.facts)
        | {"caller_role": ORIGINS[asked.origin], "location_known": "exact"},
        people=People(),
        origin=asked.origin,
    )
    call = calls.open_call(uow, centre, new)
    return call, _ask_clinician(uow, centre, call)


def _wrong(asked: FieldRequest) -> Iterator[Problem]:
    if asked.origin not in ORIGINS:
        yield Problem("origin", msgid("Choose who asks."))
    for name, value, words in (
        ("unit", asked.unit, msgid("Write which unit or hospital asks.")),
        ("location", asked.location, msgid("Write where the clinician is to come.")),
        ("needed", asked.needed, msgid("Write what is needed, in a few words.")),
    ):
        if not value.strip():
            yield Problem(name, words)
    if asked.officer_there not in OFFICER_THERE:
        yield Problem("officer_there", msgid("Is an officer on scene? Choose yes or no."))


def _facts(centre: Centre, given: Mapping[str, str]) -> dict[str, Any]:
    known = centre.vocabulary.facts
    return {name: given[name] for name in ASKED if name in known and given.get(name)}


def _ask_clinician(uow: UnitOfWork, centre: Centre, call: Call) -> str | None:
    """Owe the call a clinician, where no response of it has one already."""
    sent = [dispatch.response for dispatch in dispatches.of_call(uow, call)]
    for response in sent:
        if _has_clinician(centre, response):
            return response
    decision = _decision(uow, call)
    kept_away = {one["response"] for one in decision.result.get("excluded", ())}
    for response in ("mobile_crisis", "co_responder"):
        if response in centre.vocabulary.responses and response not in kept_away:
            dispatches.open_dispatch(uow, centre, call, response, decision.urgency, "by_hand")
            return response
    return None


def _has_clinician(centre: Centre, response: str) -> bool:
    kind = centre.vocabulary.responses.get(response)
    return kind is not None and CLINICIAN in kind.roles


def _decision(uow: UnitOfWork, call: Call) -> Decision:
    record = assessments.latest(uow, call)
    if record is None:
        raise RuntimeError("a call is assessed as it is opened")
    return assessments.decision_of(record)


def _wrong_on_view(new: NewCall) -> Iterator[Problem]:
    if not (new.location or "").strip():
        yield Problem("location", msgid("Write where you are."))
    if not (new.narrative or "").strip() and new.facts.keys() <= {"location_known"}:
        told = msgid("Write what happens, or answer at least one question.")
        yield Problem("narrative", told)


def open_on_view(
    uow: UnitOfWork,
    centre: Centre,
    responder: Responder,
    responses: Sequence[str],
    new: NewCall,
) -> Call:
    """They are there already: theirs at once, on scene, and looked after by the safety timer.

    responses -- what their team answers for. Whoever else the rules name beside a clinician, such
    as an ambulance, is sent.
    """
    refuse_all(_wrong_on_view(new))
    kinds = centre.vocabulary.responses
    own = next((r for r in responses if r in kinds and responder.role in kinds[r].roles), None)
    if own is None:
        raise Refused(msgid("Your team answers for no response with your role: tell dispatch."))
    call = calls.write_and_assess(uow, centre, new)
    decision = _decision(uow, call)
    dispatch = dispatches.open_dispatch(
        uow, centre, call, own, decision.urgency, "on_view", given_to=responder
    )
    if dispatch is None:
        raise RuntimeError("a response with roles sends somebody")
    slot = next(one for one in dispatch.slots if one.responder_id == responder.id)
    dispatches.advance(uow, centre, slot, SlotState.ON_SCENE, "screen")
    for response in sending.not_sent(uow, call, decision):
        if not _has_clinician(centre, response):
            dispatches.open_dispatch(uow, centre, call, response, decision.urgency, "assessment")
    return call
