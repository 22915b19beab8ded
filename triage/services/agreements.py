"""Above routine nobody at the desk ends alone what nobody has been to: others have to agree.

A call that was taken for urgent and to which nobody came ends in one way only, however its ending
is called: see cancellations.py. Who was there, and who has it in CAD or on a line, ends it as ever.
"""

from collections.abc import Iterable

from triage.domain.endings import Sent, ends_alone, may_be_dropped
from triage.domain.errors import Refused
from triage.domain.lifecycle import DispatchState
from triage.domain.words import Spoken, msgid
from triage.services import assessments, dispatches, errands, silent_alarms
from triage.services.centre import Centre
from triage.services.timeline_sentences import response_name
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.unit_of_work import UnitOfWork

KIND = "cancel"
"""Of the errand that waits for an agreement."""
NEIGHBOUR = "neighbour"
"""Of the errand that waits until another county says whether it takes the call."""


def may_end(uow: UnitOfWork, centre: Centre, call: Call, disposition: str) -> bool:
    """May whoever sits at the desk close it so, with nobody's agreement?"""
    if assessments.may_be_cancelled(uow, centre, call):
        return True
    sent, asked = _sent(dispatches.of_call(uow, call)), errands.waiting(uow, call, KIND)
    return ends_alone(sent, disposition, cancelling=asked is not None)


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


def drop(
    uow: UnitOfWork, centre: Centre, dispatch: Dispatch, reason: str, *, confirmed: bool
) -> None:
    """Cancel one dispatch by hand. Raises Refused where nobody would come any more, unless it is
    not safe for those who do: they are called off at once, and the call stays open.

    confirmed -- a person knows that somebody on the call needs help.
    """
    silent_alarms.must_not_show(uow, dispatch.slots)
    others = [one for one in dispatches.of_call(uow, dispatch.call) if one is not dispatch]
    (dropped,) = _sent([dispatch])
    if not (
        may_be_dropped(dropped, _sent(others), reason)
        or assessments.may_be_cancelled(uow, centre, dispatch.call)
    ):
        raise Refused(
            msgid(
                "This call is above routine and nobody else is sure to come, so a clinician or"
                " supervisor has to agree: use Never mind, cancel on its page, or wait"
                " until somebody else has said that they come."
            ),
            "reason",
        )
    silent_alarms.must_be_known(uow, centre, dispatch.call, confirmed=confirmed)
    dispatches.cancel(uow, centre, dispatch, reason)


def dropped(centre: Centre, dispatch: Dispatch) -> Spoken:
    """What was called off by it, in a sentence."""
    name = response_name(centre, dispatch.response)
    if dispatch.state is DispatchState.CLEARED:
        return msgid("%(name)s is cleared by who was there; the rest is called off.", name=name)
    return msgid("%(name)s is canceled; who was asked is told.", name=name)


def _sent(made: Iterable[Dispatch]) -> list[Sent]:
    return [
        Sent(one.state, frozenset(slot.state for slot in one.slots), one.reached_by == "transfer")
        for one in made
    ]
