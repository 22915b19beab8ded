"""All that happened to a call, in order, in sentences: changes, texts, replies, delivery."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from triage.domain.alarms import COVERT
from triage.domain.role_words import member_name, person_name, role_name
from triage.domain.words import Spoken, listed, msgid
from triage.services import page_links, silences, text_sentences
from triage.services import timeline_sentences as sentences
from triage.services.actors import names_of
from triage.services.centre import Centre
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call, Override
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.messages import InboundMessage, Message
from triage.storage.sealed import showing_a_list
from triage.storage.teams import Partner, Responder
from triage.storage.unit_of_work import UnitOfWork

_NOBODY = {"worker", "carrier"}
"""Actors that the sentence itself makes plain."""
_TO_DO = {
    "text.ring": msgid("RING THEM."),
    "slot.by_radio_only": msgid("Reach them by radio."),
    "slot.phone_lost": msgid("Reach them by radio."),
}
"""What the desk does about it, unless a silent alarm keeps it from that."""
FROM_WHOM = "from_whom"
"""The detail that names an account, as actors are named."""


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
    covert: bool = False
    """For the screens of the desk only."""
    typed_at: datetime | None = None
    """When it was typed in from paper, where it happened before."""


@dataclass(frozen=True)
class _Text:
    """A text that an audit entry tells of."""

    who: str
    body: str | None
    responder_id: UUID | None = None


def of_call(uow: UnitOfWork, centre: Centre, call: Call, *, by_name: bool = False) -> list[Event]:
    """Everything about this call, the oldest first.

    by_name -- for the desk: who was asked in vain is named, as nothing in the trail is.
    """
    entries = _entries(uow, call)
    whom = {entry.details[FROM_WHOM] for entry in entries if FROM_WHOM in entry.details}
    names = names_of(uow, whom | {entry.actor for entry in entries})
    texts = _texts_out(uow, call) | _texts_in(uow, call)
    typed_at = next((one.created_at for one in entries if one.event == "paper.entered"), None)
    notes = _override_notes(uow, call, entries)
    unasked = _unasked(uow, call, texts)
    members = _members(uow, call) if by_name else {}
    events = []
    for entry in entries:
        text, member = texts.get(entry.subject_id), members.get(entry.subject_id)
        event = _event(centre, entry, names, text, member)
        if (note := notes.get(entry.subject_id)) is not None:
            event = replace(event, words=note)
        if entry.event in _TO_DO and entry.subject_id not in unasked:
            event = replace(event, sentence=listed(" ", [event.sentence, _TO_DO[entry.event]]))
        at = _on_paper(call, entry) if entry.created_at == typed_at else None
        if at is not None and at != typed_at:
            event = replace(event, at=at, typed_at=typed_at)
        events.append(event)
    return sorted(events, key=lambda event: event.at) if typed_at else events


def _unasked(uow: UnitOfWork, call: Call, texts: Mapping[UUID, _Text]) -> Collection[UUID]:
    """The texts to people whom the desk is not to ring, text or radio, and the places they had."""
    if not (silent := silences.silenced(uow)):
        return frozenset()
    had = select(Slot.id).join(Dispatch).where(Dispatch.call_id == call.id)
    slots = uow.session.scalars(had.where(Slot.responder_id.in_(silent)))
    return {*slots, *(key for key, text in texts.items() if text.responder_id in silent)}


def _members(uow: UnitOfWork, call: Call) -> dict[UUID, Spoken]:
    """Who was asked, by page."""
    asked = (
        select(Page)
        .join(Slot)
        .join(Dispatch)
        .where(Dispatch.call_id == call.id)
        .options(joinedload(Page.responder), joinedload(Page.team))
    )
    with showing_a_list():
        return {
            page.id: person_name(page.responder.name or "", page.team.name, page.responder.role)
            for page in uow.session.scalars(asked)
        }


def _on_paper(call: Call, entry: AuditEntry) -> datetime | None:
    """When it happened, as its sheet says; None for what came about by typing it in."""
    if entry.event in {"call.opened", "caller.added"}:
        return call.received_at
    if entry.event == "paper.went":
        return datetime.fromisoformat(entry.details["sent_at"])
    return call.closed_at if entry.event == "call.closed" else None


def _override_notes(uow: UnitOfWork, call: Call, entries: Sequence[AuditEntry]) -> dict[UUID, str]:
    """Why somebody else was chosen, in the words of who did it: the trail keeps its code alone."""
    if all(entry.event != "call.overridden" for entry in entries):
        return {}
    of_it = select(Override).where(Override.call_id == call.id)
    new = uow.new_under(call.id, Override)
    rows = uow.session.scalars(of_it).all() if new is None else new
    return {one.id: one.note for one in rows if one.note}


def _entries(uow: UnitOfWork, call: Call) -> Sequence[AuditEntry]:
    if (new := uow.new_under(call.id, AuditEntry)) is not None:
        return new
    of_it = select(AuditEntry).where(AuditEntry.call_id == call.id)
    return uow.session.scalars(of_it.order_by(AuditEntry.created_at, AuditEntry.id)).all()


def _event(
    centre: Centre,
    entry: AuditEntry,
    names: Callable[[str], str],
    text: _Text | None,
    member: Spoken | None,
) -> Event:
    by = "" if entry.actor in _NOBODY else names(entry.actor)
    if text is not None and (told := text_sentences.of_text(entry.event, text.who, entry.details)):
        shown = text.body if entry.event in {"text.queued", "text.received"} else None
        return Event(entry.created_at, entry.event, by, told, shown)
    whom = entry.details.get(FROM_WHOM)
    named = {FROM_WHOM: names(whom)} if whom else {}
    if member is not None:
        named["who"] = member
    told = sentences.of_change(centre, entry.event, {**entry.details, **named})
    covert = entry.event.startswith("alarm.") and entry.details.get("kind") in COVERT
    return Event(entry.created_at, entry.event, by, told, covert=covert)


def _texts_out(uow: UnitOfWork, call: Call) -> dict[UUID, _Text]:
    if (new := uow.new_under(call.id, Message)) is not None:
        return {message.id: _new_text(uow, message) for message in new}
    rows = uow.session.execute(
        select(Message, Responder, Partner)
        .outerjoin(Responder, Responder.id == Message.responder_id)
        .outerjoin(Partner, Partner.id == Message.partner_id)
        .where(Message.call_id == call.id)
        .options(joinedload(Responder.team))
    )
    return {
        message.id: _Text(
            receiver(m_to, partner, message), page_links.hidden(message.body), message.responder_id
        )
        for message, m_to, partner in rows
    }


def _new_text(uow: UnitOfWork, message: Message) -> _Text:
    to, partner = message.responder_id, message.partner_id
    responder = uow.session.get(Responder, to) if to else None
    return _Text(
        receiver(responder, uow.session.get(Partner, partner) if partner else None, message),
        page_links.hidden(message.body),
    )


def receiver(responder: Responder | None, partner: Partner | None, message: Message) -> str:
    """Whom a text goes to: unit and role, or the partner's name."""
    if responder is not None:
        return member_name(responder.team.name, responder.role)
    return partner.name if partner is not None else role_name(message.to_role)


def _texts_in(uow: UnitOfWork, call: Call) -> dict[UUID, _Text]:
    if uow.new_under(call.id, InboundMessage) is not None:
        return {}  # nobody knows its code yet
    rows = uow.session.execute(
        select(InboundMessage, Responder)
        .outerjoin(Responder, Responder.id == InboundMessage.responder_id)
        .where(InboundMessage.call_id == call.id)
        .options(joinedload(Responder.team))
    )
    return {inbound.id: _Text(_sender(responder), inbound.body) for inbound, responder in rows}


def _sender(responder: Responder | None) -> str:
    return msgid("an unknown number") if responder is None else responder.team.name
