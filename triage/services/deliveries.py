"""What became of one text: what its attempts amount to, and what follows from a loss."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta

from sqlalchemy import bindparam, select, union_all

from triage.domain.delivery import (
    OPTED_OUT,
    PERHAPS_OUT,
    AttemptState,
    a_person_must_tell,
    asks_to_come,
    state_of,
)
from triage.domain.lifecycle import MESSAGE_MOVES, MessageState
from triage.domain.timing import DOUBT_WAIT_S
from triage.services import charges, duty, unanswered, unreported
from triage.services.centre import Centre
from triage.services.pages import RING
from triage.storage.attempts import Attempt
from triage.storage.database import must_begin_anew
from triage.storage.messages import Message
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

_OWNED = union_all(
    *(
        select(kind.provider_id).where(kind.provider_id.in_(bindparam("theirs", expanding=True)))
        for kind in (Attempt, Message)
    )
)

log = logging.getLogger(__name__)


def perhaps_out(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Those that a phone may have got or get."""
    return [attempt for attempt in attempts if attempt.state in PERHAPS_OUT]


def owners(uow: UnitOfWork, provider_ids: Sequence[str]) -> set[str]:
    """Those of the provider's keys that belong to texts of ours already."""
    found = uow.session.scalars(_OWNED, {"theirs": provider_ids})
    return {key for key in found if key is not None}


def own(
    uow: UnitOfWork,
    attempt: Attempt,
    message: Message,
    provider_id: str,
    owned: set[str] | None = None,
) -> bool:
    """Let this key be of this attempt and of no other. Is it?

    owned -- keys that belong to texts of ours already, if the caller knows; this one is added.
    """
    if attempt.provider_id == provider_id:
        return True
    owned = owners(uow, [provider_id]) if owned is None else owned
    if attempt.provider_id is None and provider_id not in owned:
        attempt.provider_id = provider_id
        message.provider_id = message.provider_id or provider_id
        owned.add(provider_id)
    return attempt.provider_id == provider_id


def conclude(uow: UnitOfWork, message: Message) -> None:
    """Let the text be what its attempts amount to, if that is more than is known of it."""
    attempts = message.handed_over
    state = state_of([attempt.state for attempt in attempts])
    if state is message.state or state not in MESSAGE_MOVES[message.state]:
        return
    if state is MessageState.SENT:
        reached(uow, message, state)
        unreported.look_later(uow, [message])
    elif state is MessageState.UNKNOWN:
        message.move_to(state)
        message.lease_until = None
        latest = max(a.started_at for a in attempts if a.state is AttemptState.UNKNOWN)
        message.due_at = max(uow.now, latest + timedelta(seconds=DOUBT_WAIT_S))
        uow.audit("text.unknown", message, kind=message.kind)
    elif state is MessageState.READY:
        message.move_to(state)
        message.lease_until = None


def reached(uow: UnitOfWork, message: Message, state: MessageState) -> None:
    """The provider has it, or the phone has it."""
    if message.state is MessageState.READY:  # we thought it refused: now we know better
        message.move_to(MessageState.ATTEMPTING)
    message.move_to(state)
    message.lease_until = None
    message.ring_since = None
    message.sent_at = message.sent_at or uow.now
    if state is MessageState.DELIVERED:
        message.delivered_at = uow.now
    uow.audit(f"text.{state.value}", message, kind=message.kind, attempts=message.attempts)


def give_up(uow: UnitOfWork, centre: Centre, message: Message, reason: str) -> None:
    """It will not be sent."""
    message.move_to(MessageState.FAILED)
    message.lease_until = None
    message.last_error = reason
    uow.audit("text.failed", message, kind=message.kind, reason=reason, failures=message.attempts)
    lost(uow, centre, message)


def ask_a_person(uow: UnitOfWork, message: Message) -> None:
    """Nothing more is done about it here: somebody should ring whoever it was for."""
    if message.ring_since is not None:
        return
    message.ring_since = uow.now
    message.lease_until = None
    uow.audit("text.ring", message, kind=message.kind)


def take_back(uow: UnitOfWork, responder: Responder) -> None:
    """Nothing that has not left goes to this telephone any more. What nobody else makes good,
    a person tells them."""
    unsent = select(Message).where(
        Message.responder_id == responder.id, Message.state == MessageState.READY
    )
    for message in uow.session.scalars(unsent).all():
        message.move_to(MessageState.WITHDRAWN)
        uow.audit("text.withdrawn", message, kind=message.kind)
        if a_person_must_tell(message.kind):
            ask_a_person(uow, message)


def lost(uow: UnitOfWork, centre: Centre, message: Message) -> None:
    """It does not arrive: a page's next is asked, whoever has charge of a call and cannot be
    reached loses it, and for what nobody else makes good a person rings."""
    if message.last_error == OPTED_OUT:
        _opted_out(uow, centre, message)
    if asks_to_come(message.kind):
        next_is_asked(uow, centre, message)
    elif message.kind == RING:
        _follow(uow, lambda: unanswered.not_rung(uow, centre, message))
    elif message.kind == charges.KIND:
        _follow(uow, lambda: charges.not_reached(uow, message))
    elif a_person_must_tell(message.kind):
        ask_a_person(uow, message)


def next_is_asked(uow: UnitOfWork, centre: Centre, message: Message) -> None:
    _follow(uow, lambda: unanswered.undeliverable(uow, centre, message))


def _follow(uow: UnitOfWork, what_follows: Callable[[], None]) -> None:
    """Do what a loss leads to; what was learned of the text stands whatever comes of it."""
    try:
        with uow.session.begin_nested():
            what_follows()
    except Exception as error:
        if must_begin_anew(error):  # all of this is tried again
            raise
        # The page's own timer still asks the next.
        log.error("asking the next failed: %s", type(error).__name__)


def _opted_out(uow: UnitOfWork, centre: Centre, message: Message) -> None:
    """The carrier told us before the responder's STOP did."""
    responder = uow.session.get(Responder, message.responder_id) if message.responder_id else None
    if responder is not None and responder.opted_out_at is None:
        _follow(uow, lambda: duty.stopped(uow, centre, responder, "carrier"))
