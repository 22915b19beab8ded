"""Texts that should still go out, and those that are too old or not true any more."""

from triage.domain.delivery import (
    OPTED_OUT,
    OTHER_NUMBER,
    PHONE_LOST,
    SILENT_ALARM,
    UNVERIFIED,
    a_person_must_tell,
    may_go_to_unverified,
)
from triage.domain.lifecycle import WANTED, DispatchState, MessageState, PageKind, PageState
from triage.services import (
    addresses,
    charges,
    check_ins,
    confirmations,
    deliveries,
    duty,
    other_numbers,
    silences,
    storms,
    supervisors,
)
from triage.services.availability import switched_off
from triage.services.centre import Centre
from triage.services.pages import RING
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.safety import Alarm
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

_EXPECTED = ("reply", addresses.KIND, check_ins.KIND)
"""What they have asked for themselves, and the roster check: whoever forces them would notice
that it does not come."""
_PAGING = ("page", RING)
"""Asks somebody to come, as a text or on the telephone."""


def is_wanted(uow: UnitOfWork, centre: Centre, message: Message) -> bool:
    """Should it still go out? If not, it is put aside and what follows is done."""
    page = uow.session.get(Page, message.page_id) if message.page_id else None
    if not _is_true_still(uow, message, page):
        _move(uow, message, MessageState.WITHDRAWN)
        return False
    if message.expires_at <= uow.now:
        if message.state is MessageState.UNKNOWN:
            deliveries.ask_a_person(uow, message)
        else:
            _move(uow, message, MessageState.EXPIRED)
        deliveries.lost(uow, centre, message)
        return False
    why = _out_of_reach(uow, message, page)
    if why in {OPTED_OUT, UNVERIFIED}:
        deliveries.give_up(uow, centre, message, why)
    elif why is not None:
        message.last_error = why
        _move(uow, message, MessageState.WITHDRAWN)
        deliveries.next_is_asked(uow, centre, message)
        if a_person_must_tell(message.kind) and why != SILENT_ALARM:
            deliveries.ask_a_person(uow, message)
    return why is None


_AWAITED = {
    check_ins.KIND: check_ins.is_awaited,
    storms.BUNDLE: storms.is_awaited,
    supervisors.NOBODY_LEFT: supervisors.is_awaited,
    charges.KIND: charges.is_awaited,
    confirmations.KIND: confirmations.is_awaited,
}
"""By kind of text, whether whoever it is for is still to be told."""


def _is_true_still(uow: UnitOfWork, message: Message, page: Page | None) -> bool:
    if page is not None and message.kind in _PAGING:
        return _is_awaited(page, message.kind)
    alarm = uow.session.get(Alarm, message.alarm_id) if message.alarm_id else None
    if alarm is not None:
        return alarm.taken_at is None
    awaited = _AWAITED.get(message.kind)
    return awaited is None or awaited(uow, message)


def _move(uow: UnitOfWork, message: Message, state: MessageState) -> None:
    message.move_to(state)
    message.lease_until = None
    uow.audit(f"text.{state.value}", message, kind=message.kind)


def _is_awaited(page: Page, kind: str) -> bool:
    ended = {DispatchState.CLEARED, DispatchState.CANCELLED}
    supervisor = page.kind is PageKind.SUPERVISOR
    # A supervisor is rung also where the text did not arrive: a landline can ring.
    rings = supervisor and kind == RING and page.state is PageState.UNDELIVERABLE
    if supervisor and charges.in_charge(page.slot.dispatch) is not None:
        return False
    return (
        (page.state is PageState.OPEN or rings)
        and page.slot.state in WANTED
        and page.slot.dispatch.state not in ended
    )


def _closed_phone(responder: Responder, message: Message) -> str | None:
    """Why nothing of the kind goes to this telephone, not even an answer to its own text."""
    if responder.phone_index != message.to_index:
        return OTHER_NUMBER
    if responder.phone_lost_at is not None:
        return PHONE_LOST
    if responder.opted_out_at is not None:
        return OPTED_OUT
    if responder.verified_at is None and not may_go_to_unverified(message.kind):
        return UNVERIFIED
    return None


def _out_of_reach(uow: UnitOfWork, message: Message, page: Page | None) -> str | None:
    """Why whoever it is for may not be texted now, as a code."""
    responder = uow.session.get(Responder, message.responder_id) if message.responder_id else None
    if message.partner_id is not None and not other_numbers.is_verified(uow, message.to_index):
        return UNVERIFIED
    if responder is None:
        return None
    if why := _closed_phone(responder, message):
        return why
    if message.kind not in _EXPECTED and responder.id in silences.silenced(uow):
        return SILENT_ALARM
    if page is None or message.kind not in _PAGING:
        return None
    off = {("team", str(page.team_id))}
    if page.kind is not PageKind.SUPERVISOR:  # they do not go there
        off.add(("zone", page.slot.dispatch.call.zone or ""))
    gone = responder.retired_at or page.team.retired_at or off & switched_off(uow)
    return None if duty.is_on_shift(uow, responder) and not gone else "off_duty"
