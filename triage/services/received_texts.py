"""Texts that came in, kept with what was made of each, and the answer to it."""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select

from triage.domain import answer_wording
from triage.domain.words import Spoken
from triage.services import languages, outbox, unread_replies
from triage.services.centre import Centre
from triage.services.reply_actions import Answered
from triage.storage.calls import Call
from triage.storage.messages import InboundMessage
from triage.storage.sealed import blind_index
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

TWICE_IN = timedelta(seconds=10)


class Received(NamedTuple):
    """A text as the network brought it."""

    provider_id: str
    from_number: str
    body: str
    opted: str | None = None
    """`STOP` or `START`, where the carrier says that it took the text for that: the words for it
    are the carrier's to choose."""

    @property
    def from_index(self) -> bytes:
        return blind_index("phone", self.from_number)


def is_kept(uow: UnitOfWork, text: Received) -> bool:
    """Was it brought before?"""
    seen = select(InboundMessage.id).where(InboundMessage.provider_id == text.provider_id)
    return uow.session.scalar(seen) is not None


def repeats(uow: UnitOfWork, text: Received) -> Call | None:
    """The call that this phone's text before did something about, if it was the same a moment ago:
    a network may bring one twice under two keys, and a thumb may strike twice."""
    before = uow.session.scalar(
        select(InboundMessage)
        .where(
            InboundMessage.from_index == text.from_index,
            InboundMessage.created_at > uow.now - TWICE_IN,
        )
        .order_by(InboundMessage.created_at.desc(), InboundMessage.id.desc())
        .limit(1)
    )
    if before is None or before.outcome in unread_replies.CHANGED_NOTHING:
        return None
    return before.call if before.body == text.body else None


def sender_of(uow: UnitOfWork, text: Received) -> Responder | None:
    """The member with this telephone."""
    return uow.session.scalar(
        select(Responder)
        .where(Responder.phone_index == text.from_index, Responder.retired_at.is_(None))
        .order_by(Responder.created_at, Responder.id)
        .limit(1)
    )


def keep(
    uow: UnitOfWork, centre: Centre, text: Received, sender: Responder | None, answered: Answered
) -> InboundMessage:
    """Write down what it came to, and answer unless this phone had its share. Who gets the last
    answer for now is told so: what they text then is read all the same."""
    unread_replies.typed_again(uow, text.from_index)
    known = sender is not None
    left = unread_replies.answers_left(uow, centre, answered.outcome, text.from_index, known=known)
    outcome = answered.outcome if left > 0 or sender is None else unread_replies.UNREAD
    inbound = uow.add(
        InboundMessage(
            provider_id=text.provider_id,
            from_number=text.from_number,
            from_index=text.from_index,
            body=text.body,
            call_id=answered.call.id if answered.call else None,
            responder_id=sender.id if sender else None,
            outcome=outcome,
        )
    )
    uow.audit("text.received", inbound, outcome=outcome)
    if answered.body is not None and left > 0:
        said = answered.body if left > 1 else answer_wording.last_answer(answered.body)
        _answer(uow, centre, text, sender, answered, said)
    return inbound


def _answer(
    uow: UnitOfWork,
    centre: Centre,
    text: Received,
    sender: Responder | None,
    answered: Answered,
    body: Spoken,
) -> None:
    outbox.enqueue(
        uow,
        centre,
        kind="reply",
        to=text.from_number,
        to_role=sender.role if sender else "unknown",
        body=body,
        priority=answered.priority,
        call_id=answered.call.id if answered.call else None,
        responder_id=sender.id if sender else None,
        language=None if sender else languages.of_stranger(uow, text.from_index, text.body),
        dedupe_key=f"reply:{text.provider_id}",
    )
