"""For those whose phone opens no links: a call to their own number reads them the place and its
dangers, after their PIN. Nothing of it stands in a text, an address of ours or a log."""

from datetime import timedelta

from triage.domain import safety_wording as words
from triage.domain.lifecycle import TAKEN, PageState
from triage.domain.spoken import Said
from triage.domain.words import Spoken, listed
from triage.services import (
    dangers,
    hazard_notes,
    idempotency,
    outbox,
    pins,
    providers,
    silences,
    wrong_pins,
)
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.unit_of_work import UnitOfWork

KIND = "address"
"""Of the telephone call."""
PRIORITY = 1
MOST_OLD = timedelta(minutes=10)
"""A call that was begun so long ago reads nothing any more."""
_OVER = Said(words.VOICE_NOT_YOURS)


def ask(uow: UnitOfWork, centre: Centre, page: Page) -> Spoken:
    """Ring whoever has this call. Returns what the text says."""
    code, member = page.slot.dispatch.call.code, page.responder
    if member.pin_index is None:
        return words.no_pin(code)
    if pins.rests(uow, member):
        return _rests(centre, page)
    outbox.enqueue(
        uow,
        centre,
        kind=KIND,
        channel="voice",
        to=member.phone or "",
        to_role=member.role,
        body=listed(" ", [f"{centre.policy.centre_name}.", words.VOICE_PIN]),
        priority=PRIORITY,
        call_id=page.slot.dispatch.call_id,
        page_id=page.id,
        responder_id=member.id,
        valid_s=centre.policy.page_valid_s,
    )
    uow.audit("page.address_asked", page, call_id=page.slot.dispatch.call_id, team=page.team.name)
    if providers.is_shut(uow, providers.VOICE):
        return words.address_cannot_ring(code)
    return words.address_rings(code)


def _has_it(page: Page) -> bool:
    slot = page.slot
    theirs = slot.state in TAKEN and slot.responder_id == page.responder_id
    return page.state is PageState.ACCEPTED and theirs and page.responder.retired_at is None


def picked_up(uow: UnitOfWork, message: Message) -> Said:
    page = _page_of(uow, message)
    return _asking(message.body or "") if page is not None else _OVER


def _asking(text: str) -> Said:
    return Said(text, asks=True, digits=pins.LENGTH, goodbye=words.VOICE_NO_PIN)


def pressed(
    uow: UnitOfWork, centre: Centre, message: Message, digits: str, token: str = ""
) -> Said:
    """Their PIN, or somebody's guess.

    token -- the same where the network brings the same keys again: they are one guess.
    """
    page = _page_of(uow, message)
    if page is None:
        return _OVER
    member, call = page.responder, page.slot.dispatch.call
    if pins.rests(uow, member):
        return Said(words.VOICE_PIN_RESTS)
    if not pins.is_right(uow, member, digits):
        if not token or _is_first(uow, message, call, token):
            _count(uow, centre, page)
        else:
            uow.session.refresh(member)  # it was perhaps counted while this waited
        if pins.rests(uow, member):
            return Said(words.VOICE_PIN_RESTS)
        wrong = words.voice_wrong_pin(pins.tries_left(centre, member))
        return _asking(listed(" ", [wrong, words.VOICE_PIN]))
    if not token or _is_first(uow, message, call, token):
        uow.audit("page.address_read", page, call_id=call.id, team=page.team.name)
        wrong_pins.read(uow, page.slot)
    told = [*dangers.known(uow, centre, call, silences.watched_since(uow, [page]))]
    notes = hazard_notes.of_call(uow, call)
    told += [words.a_note_says(one.note.text or "") for one in notes]
    asked = dangers.none_of(uow, centre, call)
    read = words.address(call.code, call.location, told, asked)
    return Said(listed(" ", [read, words.ONCE_MORE, read]), private=True)


def _is_first(uow: UnitOfWork, message: Message, call: Call, token: str) -> bool:
    claim = idempotency.claim(uow, f"pin:{message.id}", token, "")
    if claim.call_id is not None:
        return False
    idempotency.answer(uow, claim, call.id, None)
    return True


def _count(uow: UnitOfWork, centre: Centre, page: Page) -> None:
    call_id, member = page.slot.dispatch.call_id, page.responder
    uow.audit("page.address_refused", page, call_id=call_id, team=page.team.name)
    pins.count_wrong(uow, centre, member)
    if pins.rests(uow, member):
        _tell_that_it_rests(uow, centre, page)
        wrong_pins.too_many(uow, page.slot)


def _page_of(uow: UnitOfWork, message: Message) -> Page | None:
    """Whose call it is, if it still is and this is still their telephone."""
    page = uow.get(Page, message.page_id) if message.page_id else None
    if page is None or not _has_it(page) or uow.now - message.created_at > MOST_OLD:
        return None
    same_phone = page.responder.phone_index == message.to_index
    lost = page.responder.phone_lost_at is not None
    return page if same_phone and not lost else None


def _tell_that_it_rests(uow: UnitOfWork, centre: Centre, page: Page) -> None:
    member = page.responder
    outbox.enqueue(
        uow,
        centre,
        kind="reply",
        to=member.phone or "",
        to_role=member.role,
        body=_rests(centre, page),
        priority=2,
        call_id=page.slot.dispatch.call_id,
        responder_id=member.id,
    )


def _rests(centre: Centre, page: Page) -> Spoken:
    until = page.responder.pin_rests_until
    if until is None:
        raise ValueError("this PIN does not rest")
    return words.pin_rests(f"{until.astimezone(centre.policy.time_zone):%H:%M %Z}")
