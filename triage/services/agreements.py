"""Above routine nobody at the desk ends alone what nobody has been to: others have to agree.

A call that was taken for urgent and to which nobody came ends in one way only, however its ending
is called: see cancellations.py. Who was there, and who has it in CAD or on a line, ends it as ever.
"""

from collections.abc import Sequence

from triage.domain.codes import BY_HAND, CANCELLED, NO_CALL
from triage.domain.errors import Refused
from triage.domain.lifecycle import ON_SITE, DispatchState, SlotState
from triage.domain.words import msgid
from triage.services import assessments, dispatches, errands
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.unit_of_work import UnitOfWork

KIND = "cancel"
"""Of the errand that waits for an agreement."""
NEIGHBOUR = "neighbour"
"""Of the errand that waits until another county says whether it takes the call."""
UNSAFE = "unsafe"
_WAS_THERE = ON_SITE | {SlotState.CLEARED}


def ends_alone(uow: UnitOfWork, centre: Centre, call: Call, disposition: str) -> bool:
    """May whoever sits at the desk close it so, with nobody's agreement?"""
    if assessments.may_be_cancelled(uow, centre, call):
        return True
    if disposition == CANCELLED:
        return False
    sent = dispatches.of_call(uow, call)
    if _somebody_was_there(sent):
        return True
    if errands.waiting(uow, call, KIND) is not None:
        return False
    if _somebody_has_it(sent):
        return disposition not in NO_CALL and (
            disposition == "other_agency" or not any(_comes(one) for one in sent)
        )
    return disposition != "no_response" and all(one.reached_by == "transfer" for one in sent)


def nobody_is_to_say(uow: UnitOfWork, call: Call) -> None:
    """Raises Refused while another county has not said whether it takes the call."""
    if (offered := errands.waiting(uow, call, NEIGHBOUR)) is not None:
        raise Refused(
            msgid(
                "%(name)s was offered this call. Write down first that they took it, or that they"
                " refuse it.",
                name=offered.details["neighbour"],
            ),
            "disposition",
        )


def must_be_agreed() -> Refused:
    return Refused(
        msgid(
            "This call is above routine and nobody has been there, so a clinician or supervisor has"
            " to agree: use Never mind, cancel on its page. If somebody was there, write that down"
            " first."
        ),
        "disposition",
    )


def drop(uow: UnitOfWork, centre: Centre, dispatch: Dispatch, reason: str) -> None:
    """Cancel one dispatch by hand. Raises Refused where nobody would come any more, unless it is
    not safe for those who do: they are called off at once, and the call stays open."""
    sent = dispatches.of_call(uow, dispatch.call)
    others = [one for one in sent if one is not dispatch]
    still = any(_comes(one) for one in others) or _somebody_has_it(others)
    free = (
        reason not in BY_HAND.keys() - {UNSAFE}
        or dispatch.reached_by == "transfer"
        or dispatch.state in dispatches.ENDED
    )
    if not (
        free
        or still
        or _somebody_was_there(sent)
        or assessments.may_be_cancelled(uow, centre, dispatch.call)
    ):
        raise Refused(
            msgid(
                "This call is above routine and nobody else comes, so a clinician or supervisor has"
                " to agree: use Never mind, cancel on its page, or send somebody else first."
            ),
            "reason",
        )
    dispatches.cancel(uow, centre, dispatch, reason)


def _somebody_was_there(sent: Sequence[Dispatch]) -> bool:
    there = (slot.state in _WAS_THERE for one in sent for slot in one.slots)
    return any(there) or any(one.state is DispatchState.CLEARED for one in sent)


def _somebody_has_it(sent: Sequence[Dispatch]) -> bool:
    """In CAD, or on a line that took the caller over."""
    return any(one.state is DispatchState.HANDED_OVER for one in sent)


def _comes(dispatch: Dispatch) -> bool:
    """Would they be called off?"""
    gone = {*dispatches.ENDED, DispatchState.HANDED_OVER, DispatchState.UNFILLED}
    return dispatch.reached_by != "transfer" and dispatch.state not in gone
