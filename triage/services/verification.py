"""Showing that a telephone is theirs, before anybody is paged on it."""

from random import SystemRandom

from sqlalchemy import select

from triage.domain import reach_wording
from triage.domain.code_words import new_code_word, says
from triage.domain.errors import Conflict, Refused
from triage.domain.phone_numbers import e164
from triage.domain.words import Spoken, msgid
from triage.services import (
    check_ins,
    confirmations,
    deliveries,
    duty,
    freed_teams,
    outbox,
    page_links,
)
from triage.services.centre import Centre
from triage.storage.sealed import blind_index
from triage.storage.teams import Partner, Responder
from triage.storage.unit_of_work import UnitOfWork

KIND = "verification"
"""Of the text: nothing else but answers is sent to a number that is not verified."""


def number_of_nobody(
    uow: UnitOfWork,
    centre: Centre,
    written: str,
    but: Responder | None = None,
    *,
    of_partner: bool = False,
) -> str:
    """The number in E.164. Raises Refused if it is another member's, or a member's and a partner's:
    replies are told apart by the telephone they come from. Partners may share one."""
    phone = e164(written, centre.policy.country)
    index = blind_index("phone", phone)
    taken = select(Responder).where(Responder.phone_index == index, Responder.retired_at.is_(None))
    other = uow.session.scalar(taken)
    if other is not None and other is not but:
        raise Refused(
            msgid("This telephone belongs to a member of %(team)s already.", team=other.team.name),
            "phone",
        )
    theirs = select(Partner.name).where(Partner.phone_index == index, Partner.retired_at.is_(None))
    name = None if of_partner else uow.session.scalar(theirs.limit(1))
    if name is not None:
        raise Refused(
            msgid("This telephone belongs to the partner %(name)s already.", name=name), "phone"
        )
    return phone


def change_number(uow: UnitOfWork, centre: Centre, member: Responder, written: str) -> None:
    """Another telephone, which is to be verified; pages to the old one move on, and
    what has not left does not go to it."""
    _must_be_in_use(member)
    phone = number_of_nobody(uow, centre, written, member)
    if phone == member.phone:
        raise Refused(msgid("This is the number that they have."), "phone")
    member.phone, member.phone_index = phone, blind_index("phone", phone)
    member.opted_out_at = member.phone_lost_at = None  # that was the other telephone
    uow.audit("member.new_number", member)
    deliveries.take_back(uow, member)
    confirmations.forget(uow, member)
    ask(uow, centre, member)
    check_ins.cannot_answer(uow, centre, member)
    page_links.revoke(uow, member)
    duty.left(uow, centre, member, "new_number")


def ask(uow: UnitOfWork, centre: Centre, member: Responder) -> None:
    """From now on they are not paged until they have replied their word."""
    member.verified_at = member.verified_how = None
    member.code_word = new_code_word(SystemRandom())
    send_again(uow, centre, member)


def send_again(uow: UnitOfWork, centre: Centre, member: Responder) -> None:
    _must_be_in_use(member)
    _must_not_be_lost(member)
    if member.verified_at is not None:
        raise Conflict(msgid("this number is verified already"))
    outbox.enqueue(
        uow,
        centre,
        kind=KIND,
        to=member.phone or "",
        to_role=member.role,
        body=request(centre, member),
        priority=4,
        responder_id=member.id,
    )


def request(centre: Centre, member: Responder) -> Spoken:
    return reach_wording.verify(centre.policy.centre_name, member.code_word or "")


def hear(uow: UnitOfWork, member: Responder, body: str) -> bool:
    """Does this text from their number say their word? Then it is verified."""
    if member.verified_at is not None or not member.code_word or not says(body, member.code_word):
        return False
    _verified(uow, member, "reply")
    return True


def by_hand(uow: UnitOfWork, centre: Centre, member: Responder) -> None:
    """A supervisor has seen this telephone in their hand. That says whose it is, not that the
    number was typed rightly: where they are on shift or soon will be, they are to show it."""
    _must_be_in_use(member)
    _must_not_be_lost(member)
    if member.verified_at is not None:
        raise Conflict(msgid("this number is verified already"))
    _verified(uow, member, "in_person")
    confirmations.ask_anew(uow, centre, member)


def _verified(uow: UnitOfWork, member: Responder, how: str) -> None:
    member.verified_at, member.verified_how, member.code_word = uow.now, how, None
    uow.audit("member.verified", member, how=how)
    freed_teams.offer_soon(uow, member)


def _must_be_in_use(member: Responder) -> None:
    if member.retired_at is not None:
        raise Conflict(msgid("this member is retired"))


def _must_not_be_lost(member: Responder) -> None:
    if member.phone_lost_at is not None:
        raise Conflict(msgid("this phone is reported lost: say first that it is found"))
