"""Closing a call."""

from triage.domain.codes import CANCELLED, DISPOSITIONS, NO_CALL, NOBODY_NEEDED
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import CallState, DispatchState
from triage.domain.words import msgid
from triage.services import (
    agreements,
    by_radio,
    cad,
    dispatches,
    errands,
    follow_ups,
    silent_alarms,
)
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.unit_of_work import UnitOfWork


def close_call(
    uow: UnitOfWork,
    centre: Centre,
    call: Call,
    disposition: str,
    note: str | None,
    *,
    agreed: bool = False,
    confirmed: bool = False,
) -> None:
    """Close with a coded disposition. Raises Refused while somebody is still owed, or where
    others have to agree.

    agreed -- whoever may has agreed that nobody need come: see cancellations.py.
    confirmed -- a person knows that a silent alarm stands on it.
    """
    must_be_open(call)
    if disposition not in DISPOSITIONS:
        raise Refused(msgid("Choose how the call ended."), "disposition")
    silent_alarms.must_allow_closing(uow, centre, call, confirmed=confirmed)
    agreements.nobody_is_to_say(uow, call)
    for dispatch in dispatches.of_call(uow, call):
        _is_not_owed(centre, dispatch, disposition)
    if not (agreed or agreements.may_end(uow, centre, call, disposition)):
        raise agreements.must_be_agreed()
    for dispatch in dispatches.of_call(uow, call):
        if dispatch.state is DispatchState.HANDED_OVER:
            if agreed or disposition in {CANCELLED, *NO_CALL}:
                by_radio.stand_down(uow, call, dispatch.slots)
            cad.end(uow, dispatch)
        elif dispatch.state not in dispatches.ENDED:
            dispatches.cancel(uow, centre, dispatch, "closed")
    if disposition in NO_CALL:
        follow_ups.end_all(uow, centre, call)
    errands.end_all(uow, call)
    call.state = CallState.CLOSED
    call.disposition = disposition
    call.closed_at = uow.now
    call.closing_note = (note or "").strip() or None
    uow.audit("call.closed", call, disposition=disposition)
    silent_alarms.call_is_closed(uow, centre, call)


def _is_not_owed(centre: Centre, dispatch: Dispatch, disposition: str) -> None:
    if dispatch.state is DispatchState.ON_SCENE:
        raise Conflict(msgid("a team is on scene: it clears first"))
    waiting = {DispatchState.HAND_OVER, DispatchState.UNFILLED, DispatchState.SEEKING}
    if dispatch.state in waiting and disposition not in NOBODY_NEEDED:
        name = centre.vocabulary.responses[dispatch.response].label("en")
        raise Refused(
            msgid("%(name)s is still owed: cancel it or see it through.", name=name),
            "disposition",
        )
