"""A caller who cannot speak freely: somebody listens who must not know what this call is about."""

from collections.abc import Mapping
from typing import Any

from triage.domain import speech_wording
from triage.domain.lifecycle import TAKEN
from triage.services import assessments, calls, dispatches, paging
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

FACT = "can_speak_freely"
_RINGING = "safe_to_call"


def switch(uow: UnitOfWork, centre: Centre, call: Call, *, freely: bool) -> None:
    """An answer as any other, assessed with the rest; whoever comes already is told."""
    was = cannot(uow, call)
    calls.add_answers(uow, centre, call, {FACT: "yes" if freely else "no"})
    if freely or was:
        return
    text = speech_wording.cannot_speak(call.code)
    for dispatch in dispatches.of_call(uow, call):
        for slot in dispatch.slots:
            if slot.state in TAKEN and slot.responder_id is not None:
                paging.tell(uow, centre, slot, text)


def cannot(uow: UnitOfWork, call: Call) -> bool:
    """Did anybody say that they cannot speak freely?"""
    return assessments.said_no(assessments.answers_of(uow, call), FACT)


def must_not_ring(uow: UnitOfWork, call: Call) -> bool:
    """May ringing back put the caller in danger, by what anybody said?"""
    answers: Mapping[str, Any] = assessments.answers_of(uow, call)
    never = any("never" in (caller.call_back or ()) for caller in call.callers)
    return never or any(assessments.said_no(answers, fact) for fact in (FACT, _RINGING))
