"""A call for the next county: theirs when they have said so, ours until then."""

from datetime import timedelta

from triage.domain.errors import Refused
from triage.domain.lifecycle import ON_SITE, DispatchState, PageState
from triage.domain.policy import Neighbour
from triage.domain.words import msgid
from triage.services import agreements, closing, dispatches, errands, open_cries, silent_alarms
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.unit_of_work import UnitOfWork

KIND = agreements.NEIGHBOUR


def find(centre: Centre, name: str) -> Neighbour | None:
    return next((one for one in centre.policy.neighbours if one.name == name), None)


def hand(uow: UnitOfWork, centre: Centre, call: Call, name: str) -> Neighbour:
    """From now on a clock runs until somebody there has taken it."""
    must_be_open(call)
    if (neighbour := find(centre, name)) is None:
        raise Refused(msgid("Choose whose call it is."), "neighbour")
    red_at = uow.now + timedelta(seconds=centre.policy.hand_over_red_s)
    errands.add(uow, call, KIND, red_at, neighbour=neighbour.name)
    return neighbour


def accepted(uow: UnitOfWork, centre: Centre, call: Call, who: str) -> bool:
    """Somebody there has taken it: ours stand down and the call is closed. With a team on scene it
    stays open, and units that CAD has go on: they are the team's help. While an alarm stands on
    it all of ours go on. Is anybody of ours told?"""
    errand = errands.must_wait(uow, call, KIND)
    if not who.strip():
        raise Refused(msgid("Who took it there? Write a name or a position."), "who")
    errand.note = who.strip()
    errands.end(uow, errand, "accepted")
    if silent_alarms.stands_on(uow, call) or open_cries.stand_on(uow, call):
        return False
    stays = {DispatchState.HANDED_OVER, *dispatches.ENDED}
    there = told = False
    for dispatch in dispatches.of_call(uow, call):
        if any(slot.state in ON_SITE for slot in dispatch.slots):
            there = True
        elif dispatch.state not in stays:
            told |= any(_is_told(page) for slot in dispatch.slots for page in slot.pages)
            dispatches.cancel(uow, centre, dispatch, "other_county")
    if not there:
        closing.close_call(uow, centre, call, "other_agency", None, agreed=True)
    return told


def _is_told(page: Page) -> bool:
    """Does whoever was asked still think that they may have to come?"""
    return page.state not in {PageState.DECLINED, PageState.WITHDRAWN}


def refused(uow: UnitOfWork, call: Call) -> None:
    """They do not take it: it is ours again."""
    errands.end(uow, errands.must_wait(uow, call, KIND), "refused")
