"""Somebody says "never mind": who, and who has to agree before the call is cancelled.

Whoever threatens a caller may make them ring off. So above routine a clinician or a supervisor
agrees; until they do, whoever was sent goes on and is looked for as before.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from triage.domain.codes import CANCEL_REASONS, CANCELLED, DISPOSITIONS, NOT_NEEDED
from triage.domain.errands import WHO_CANCELS, YES_NO
from triage.domain.errors import Conflict, Problem, Refused, refuse_all
from triage.domain.lifecycle import ON_SITE, CallState, DispatchState
from triage.domain.words import msgid
from triage.services import (
    agreements,
    assessments,
    closing,
    dispatches,
    errands,
    forced_agreements,
    open_cries,
    silences,
    silent_alarms,
)
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page
from triage.storage.unit_of_work import UnitOfWork

KIND = agreements.KIND
MAY_AGREE = ("supervisor", "clinician")
_DESK_ENDS_IT = msgid("dispatch has to end this call: ask them")


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


def ask(
    uow: UnitOfWork, centre: Centre, call: Call, wish: Wish, *, confirmed: bool = False
) -> bool:
    """Cancel a routine call; for any other, ask a clinician or supervisor. True if it is ended.

    confirmed -- a person knows that a silent alarm stands on it.
    """
    must_be_open(call)
    refuse_all(_wrong(wish))
    routine = assessments.is_routine(uow, centre, call)
    if routine:
        silent_alarms.must_allow_closing(uow, centre, call, confirmed=confirmed)
    else:
        silent_alarms.must_be_over(uow, centre, call)
    _nobody_is_there(dispatches.of_call(uow, call))
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
    if not routine:
        return False
    errands.end(uow, errand, "routine")
    _cancel(uow, centre, call, wish.disposition, confirmed=confirmed)
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


def _nobody_is_there(made: Iterable[Dispatch]) -> None:
    slots = [slot for dispatch in made for slot in dispatch.slots]
    if any(slot.state in ON_SITE for slot in slots):
        raise Conflict(msgid("a team is on scene: they say how it ends"))


def agree(uow: UnitOfWork, centre: Centre, call: Call, role: str) -> None:
    """A clinician or supervisor agrees: the call ends, and everybody is told to stand down."""
    errand = errands.must_wait(uow, call, KIND)
    _may(role)
    silent_alarms.must_be_over(uow, centre, call)
    _nobody_is_there(dispatches.of_call(uow, call))
    errands.end(uow, errand, "agreed")
    _cancel(uow, centre, call, errand.details.get("disposition", CANCELLED))


def agree_on_own_page(uow: UnitOfWork, centre: Centre, call: Call, pages: Sequence[Page]) -> None:
    """A clinician does, who was asked to come by these. While a silent alarm stands nothing here
    may tell of it: what whoever is forced agrees to reads as done, and the call and whoever else
    comes stay, wherever they raised it."""
    forced = silences.forced(uow).intersection(page.responder_id for page in pages)
    if not (forced or silent_alarms.stands_on(uow, call)):
        if open_cries.stand_on(uow, call):  # whose it is they do not read: they may be watched
            raise Conflict(_DESK_ENDS_IT)
        agree(uow, centre, call, "clinician")
        return
    errand = errands.must_wait(uow, call, KIND)
    if silences.watched(uow, call.id).isdisjoint(page.responder_id for page in pages):
        raise Conflict(_DESK_ENDS_IT)
    _nobody_is_there(silences.seen_by(uow, pages, dispatches.of_call(uow, call)))
    reason = _reason(errand.details.get("disposition", CANCELLED))
    forced_agreements.agree(uow, centre, call, errand, pages, reason)


def reads_as_closed(uow: UnitOfWork, call: Call, pages: Sequence[Page]) -> bool:
    """For whoever was asked by these: after one of them was forced to agree, it reads as it always
    does then, though the call stays open."""
    if call.state is CallState.CLOSED:
        return True
    return forced_agreements.reads_as_closed(uow, call, pages)


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


def _cancel(
    uow: UnitOfWork, centre: Centre, call: Call, disposition: str, *, confirmed: bool = False
) -> None:
    reason = _reason(disposition)
    for dispatch in dispatches.of_call(uow, call):
        if dispatch.state not in {DispatchState.HANDED_OVER, *dispatches.ENDED}:
            dispatches.cancel(uow, centre, dispatch, reason)
    closing.close_call(uow, centre, call, disposition, None, agreed=True, confirmed=confirmed)


def _reason(disposition: str) -> str:
    """Why everybody is told that they need not come."""
    return disposition if disposition in CANCEL_REASONS else NOT_NEEDED
