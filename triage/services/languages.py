"""Which language somebody is written to in.

A member reads what they chose for their pages, else what stands on their team's page; a partner
what stands on its own. Of whom neither is known the languages of their calls and words tell.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from triage.domain.errors import Refused
from triage.domain.reply_words import is_spanish
from triage.domain.sms_replies import as_read, words_of
from triage.domain.words import LANGUAGES, msgid
from triage.storage.calls import Call, Caller
from triage.storage.people import Account
from triage.storage.teams import Partner, Responder
from triage.storage.unit_of_work import UnitOfWork

SPANISH, ENGLISH = "es", "en"


def of_recipient(uow: UnitOfWork, responder_id: UUID | None, partner_id: UUID | None) -> str:
    """Of a member or a partner; English for the desk's telephone."""
    if responder_id is not None:
        return of_member(uow, uow.get(Responder, responder_id))
    if partner_id is not None:
        return uow.get(Partner, partner_id).language or ENGLISH
    return ENGLISH


def of_member(uow: UnitOfWork, member: Responder) -> str:
    chosen = None
    if key := member.account_id:
        theirs = select(Account.language).where(Account.id == key)
        chosen = uow.once(f"language:{key}", lambda uow: uow.session.scalar(theirs), of=(Account,))
    return chosen or member.language or ENGLISH


def chosen_by(uow: UnitOfWork, members: Sequence[Responder]) -> dict[UUID, str]:
    """What they chose themselves, by member, of those who did."""
    of_them = Responder.id.in_([member.id for member in members])
    chosen = (
        select(Responder.id, Account.language)
        .join(Account, Account.id == Responder.account_id)
        .where(of_them, Account.language.is_not(None))
    )
    return {key: language for key, language in uow.session.execute(chosen) if language}


def of_stranger(uow: UnitOfWork, phone_index: bytes, body: str) -> str:
    """Of whoever texted this and is no member: a partner's, a caller's as their call has it, else
    that of the words."""
    partners = select(Partner.language).where(
        Partner.phone_index == phone_index, Partner.retired_at.is_(None)
    )
    callers = (
        select(Caller.language, Call.language)
        .join(Call, Call.id == Caller.call_id)
        .where(Caller.phone_index == phone_index)
        .order_by(Caller.created_at.desc())
    )
    if known := uow.session.scalar(partners.limit(1)):
        return known
    for own, of_the_call in uow.session.execute(callers.limit(1)):
        if tag := own or of_the_call:
            return SPANISH if tag.split("-")[0].lower() == SPANISH else ENGLISH
    return SPANISH if is_spanish([as_read(word.group()) for word in words_of(body)]) else ENGLISH


def set_language(uow: UnitOfWork, whose: Responder | Partner, language: str) -> None:
    """From now on their texts speak it. Raises Refused for one that we do not speak."""
    if spoken_here(language) == (whose.language or ENGLISH):
        return
    whose.language = language
    kind = "member" if isinstance(whose, Responder) else "partner"
    uow.audit(f"{kind}.language_set", whose, language=language)


def spoken_here(language: str) -> str:
    """The language itself. Raises Refused for another one."""
    if language not in LANGUAGES:
        raise Refused(msgid("Choose English or Spanish."), "language")
    return language
