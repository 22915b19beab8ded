"""All that happened to a call, in order, in sentences: changes, texts, replies, delivery."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from triage.services import timeline_sentences as sentences
from triage.services.centre import Centre
from triage.services.timeline_sentences import plain
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call
from triage.storage.messages import InboundMessage, Message
from triage.storage.people import Account
from triage.storage.teams import Partner, Responder
from triage.storage.unit_of_work import UnitOfWork

Details = Mapping[str, Any]


@dataclass(frozen=True)
class Event:
    """One line of the timeline."""

    at: datetime
    event: str
    """The audit trail's word: call.opened, page.accepted, text.delivered ..."""
    by: str
    """Who, in words; "" where nobody did it."""
    sentence: str
    words: str | None = None
    """The text itself, as it was written or came in: may hold personal data."""


@dataclass(frozen=True)
class _Text:
    """A text that an audit entry tells of."""

    who: str
    body: str | None


def of_call(uow: UnitOfWork, centre: Centre, call: Call) -> list[Event]:
    """Everything about this call, the oldest first."""
    entries = uow.session.scalars(
        select(AuditEntry)
        .where(AuditEntry.call_id == call.id)
        .order_by(AuditEntry.created_at, AuditEntry.id)
    ).all()
    names = _names(uow, {entry.actor for entry in entries})
    texts = _texts_out(uow, call) | _texts_in(uow, call)
    return [_event(centre, entry, names, texts.get(entry.subject_id)) for entry in entries]


def _event(
    centre: Centre, entry: AuditEntry, names: Callable[[str], str], text: _Text | None
) -> Event:
    if text is not None and (told := sentences.of_text(entry.event, text.who, entry.details)):
        shown = text.body if entry.event in {"text.queued", "text.received"} else None
        return Event(entry.created_at, entry.event, names(entry.actor), told, shown)
    told = sentences.of_change(centre, entry.event, entry.details)
    return Event(entry.created_at, entry.event, names(entry.actor), told)


def _names(uow: UnitOfWork, actors: set[str]) -> Callable[[str], str]:
    """How actors of the audit trail are called on screen, looked up all at once."""
    keys = [UUID(actor.partition(":")[2]) for actor in actors if actor.startswith("account:")]
    accounts = uow.session.scalars(select(Account).where(Account.id.in_(keys))) if keys else ()
    known = {f"account:{account.id}": account.name or account.username for account in accounts}

    def name(actor: str) -> str:
        kind, _, which = actor.partition(":")
        usual = {"token": f"program {which}", "responder": "team", "carrier": "", "worker": ""}
        return known.get(actor) or usual.get(kind, kind)

    return name


def _texts_out(uow: UnitOfWork, call: Call) -> dict[UUID, _Text]:
    rows = uow.session.execute(
        select(Message, Responder, Partner)
        .outerjoin(Responder, Responder.id == Message.responder_id)
        .outerjoin(Partner, Partner.id == Message.partner_id)
        .where(Message.call_id == call.id)
        .options(joinedload(Responder.team))
    )
    return {
        message.id: _Text(receiver(m_to, partner, message), message.body)
        for message, m_to, partner in rows
    }


def receiver(responder: Responder | None, partner: Partner | None, message: Message) -> str:
    """Whom a text goes to: unit and role, or the partner's name."""
    if responder is not None:
        return f"{responder.team.name} ({plain(responder.role)})"
    return partner.name if partner is not None else plain(message.to_role)


def _texts_in(uow: UnitOfWork, call: Call) -> dict[UUID, _Text]:
    rows = uow.session.execute(
        select(InboundMessage, Responder)
        .outerjoin(Responder, Responder.id == InboundMessage.responder_id)
        .where(InboundMessage.call_id == call.id)
        .options(joinedload(Responder.team))
    )
    return {inbound.id: _Text(_sender(responder), inbound.body) for inbound, responder in rows}


def _sender(responder: Responder | None) -> str:
    return "an unknown number" if responder is None else responder.team.name
