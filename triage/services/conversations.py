"""The texts of one call as conversations: with each telephone, what it was sent and what it
answered, in turn."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from triage.domain.role_words import member_name, role_name
from triage.domain.words import Spoken, msgid
from triage.services.page_links import hidden
from triage.storage.calls import Call
from triage.storage.messages import InboundMessage, Message
from triage.storage.teams import Partner, Responder
from triage.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Text:
    at: datetime
    body: str
    ours: Message | None = None
    """What we sent, with how far it came; None for an answer."""


@dataclass(frozen=True)
class Conversation:
    who: str | Spoken
    texts: Sequence[Text]
    """The oldest first, as it was said."""


def of_call(uow: UnitOfWork, call: Call, sent: Sequence[Message]) -> Sequence[Conversation]:
    """By telephone, the one that was texted or heard last first."""
    came = uow.session.scalars(
        select(InboundMessage).where(InboundMessage.call_id == call.id)
    ).all()
    texts: defaultdict[bytes, list[Text]] = defaultdict(list)
    for message in sent:
        texts[message.to_index].append(
            Text(message.created_at, hidden(message.body) or "", message)
        )
    for answer in came:
        texts[answer.from_index].append(Text(answer.created_at, answer.body or ""))
    names = _names(uow, sent, came)
    found = [
        Conversation(names[index], sorted(said, key=lambda one: (one.at, one.ours is not None)))
        for index, said in texts.items()
    ]
    return sorted(found, key=lambda one: one.texts[-1].at, reverse=True)


def _names(
    uow: UnitOfWork, sent: Sequence[Message], came: Sequence[InboundMessage]
) -> dict[bytes, str | Spoken]:
    """Who has each telephone: a member, a partner, the desk or somebody unknown."""
    partners = _partners(uow, {one.partner_id for one in sent if one.partner_id})
    names: dict[bytes, str | Spoken] = {}
    for inbound in came:
        names[inbound.from_index] = inbound.from_number or msgid("an unknown number")
    for message in sent:
        partner = partners.get(message.partner_id) if message.partner_id else None
        names[message.to_index] = partner or role_name(message.to_role)
    of_members = [(one.to_index, one.responder_id) for one in sent]
    of_members += [(one.from_index, one.responder_id) for one in came]
    members = _members(uow, {key for _, key in of_members if key})
    return names | {index: members[key] for index, key in of_members if key}


def _members(uow: UnitOfWork, keys: set[UUID]) -> dict[UUID, Spoken]:
    if not keys:
        return {}
    of_them = select(Responder).where(Responder.id.in_(keys)).options(joinedload(Responder.team))
    return {one.id: member_name(one.team.name, one.role) for one in uow.session.scalars(of_them)}


def _partners(uow: UnitOfWork, keys: set[UUID]) -> dict[UUID, str]:
    if not keys:
        return {}
    of_them = select(Partner).where(Partner.id.in_(keys))
    return {one.id: one.name for one in uow.session.scalars(of_them)}
