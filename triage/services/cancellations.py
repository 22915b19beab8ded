"""Somebody says "never mind": who, and who has to agree before the call is cancelled.

Whoever threatens a caller may make them ring off. So above routine a clinician or a supervisor
agrees; until they do, whoever was sent goes on and is looked for as before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from triage.domain.codes import CANCEL_REASONS, CANCELLED, DISPOSITIONS, NOT_NEEDED
from triage.domain.errands import WHO_CANCELS, YES_NO
from triage.domain.errors import Conflict, Problem, Refused, refuse_all
from triage.domain.lifecycle import ON_SITE, DispatchState
from triage.domain.words import msgid
from triage.services import agreements, assessments, calls, dispatches, errands
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

KIND = agreements.KIND
MAY_AGREE = ("supervisor", "clinician")


@dataclass(frozen=True)
class Wish:
    """Codes as they were picked."""

    who: str
    """Who says that nobody need come."""
    alone: str
    """Were they asked safely, with nobody listening?"""
    spoken: str
    """Was the person in crisis spoken to?"""
    note: str = ""
    disposition: str = CANCELLED
    """How the call is to end, once it is agreed."""


def ask(uow: UnitOfWork, centre: Centre, call: Call, wish: Wish) -> bool:
    """Cancel a routine call; for any other, ask a clinician or supervisor. True if it is ended."""
    must_be_open(call)
    refuse_all(_wrong(wish))
    _nobody_is_there(uow, call)
    errand = errands.add(
        uow,
        call,
        KIND,
        uow.now + timedelta(seconds=centre.policy.hand_over_red_s),
        note=wish.note,
        who=wish.who,
        alone=wish.alone,
        spoken=wish.spoken,
        disposition=wish.disposition,
    )
    if not assessments.is_routine(uow, centre, call):
        return False
    errands.end(uow, errand, "routine")
    _cancel(uow, centre, call, wish.disposition)
    return True


def _wrong(wish: Wish) -> Iterator[Problem]:
    if wish.who not in WHO_CANCELS:
        yield Problem("who", msgid("Choose who says so."))
    if wish.alone not in YES_NO:
        yield Problem("alone", msgid("Were they asked safely and alone? Choose yes or no."))
    if wish.spoken not in YES_NO:
        yield Problem("spoken", msgid("Was the person in crisis spoken to? Choose yes or no."))
    if wish.disposition not in DISPOSITIONS:
        yield Problem("disposition", msgid("Choose how the call ended."))


def _nobody_is_there(uow: UnitOfWork, call: Call) -> None:
    slots = [slot for dispatch in dispatches.of_call(uow, call) for slot in dispatch.slots]
    if any(slot.state in ON_SITE for slot in slots):
        raise Conflict(msgid("a team is on scene: they say how it ends"))


def agree(uow: UnitOfWork, centre: Centre, call: Call, role: str) -> None:
    """A clinician or supervisor agrees: the call ends, and everybody is told to stand down."""
    errand = errands.must_wait(uow, call, KIND)
    _may(role)
    _nobody_is_there(uow, call)
    errands.end(uow, errand, "agreed")
    _cancel(uow, centre, call, errand.details.get("disposition", CANCELLED))


def refuse(uow: UnitOfWork, call: Call, role: str) -> None:
    """They do not: whoever was sent still comes."""
    errand = errands.must_wait(uow, call, KIND)
    _may(role)
    errands.end(uow, errand, "refused")


def withdraw(uow: UnitOfWork, call: Call) -> None:
    """Whoever asked takes it back: the call goes on."""
    errands.end(uow, errands.must_wait(uow, call, KIND), "taken_back")


def _may(role: str) -> None:
    if role not in MAY_AGREE:
        raise Refused(msgid("A clinician or a supervisor has to agree, at their own screen."))


def _cancel(uow: UnitOfWork, centre: Centre, call: Call, disposition: str) -> None:
    reason = disposition if disposition in CANCEL_REASONS else NOT_NEEDED
    stays = {DispatchState.HANDED_OVER, *dispatches.ENDED}
    for dispatch in dispatches.of_call(uow, call):
        if dispatch.state not in stays:
            dispatches.cancel(uow, centre, dispatch, reason)
    calls.close_call(uow, centre, call, disposition, None, agreed=True)
