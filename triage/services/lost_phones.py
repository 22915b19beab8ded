"""A phone that may be in other hands: nothing is sent to it, and nothing that it says counts."""

from triage.domain.alarms import AlarmKind
from triage.domain.errors import Conflict
from triage.domain.sms_replies import Verb, parse
from triage.domain.words import msgid
from triage.services import (
    alarms,
    check_ins,
    deliveries,
    duty,
    field_texts,
    page_links,
    people,
    verification,
)
from triage.services.centre import Centre
from triage.services.reply_actions import Answered
from triage.storage.dispatches import Slot
from triage.storage.people import Account
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

OUTCOME = "phone_lost"
"""Of a text that came from it: unanswered, and for a dispatcher to read."""


def report(uow: UnitOfWork, centre: Centre, member: Responder) -> None:
    """At once: sessions and opened links end, texts that have not left are taken back, the number
    must be verified anew, and open pages move on. Work in hand stays theirs: they are reached by
    radio."""
    if member.retired_at is not None:
        raise Conflict(msgid("this member is retired"))
    if member.phone_lost_at is not None:
        raise Conflict(msgid("this phone is reported lost already"))
    member.phone_lost_at = uow.now
    member.verified_at = member.verified_how = member.code_word = None
    _sign_out(uow, member)
    page_links.revoke(uow, member)
    deliveries.take_back(uow, member)
    uow.audit("member.phone_lost", member)
    for slot in duty.in_hand(uow, Slot.responder_id == member.id):
        uow.audit(
            "slot.phone_lost",
            slot,
            call_id=slot.dispatch.call_id,
            team=member.team.name,
            role=slot.role,
        )
    check_ins.cannot_answer(uow, centre, member)
    duty.left(uow, centre, member, "phone_lost")


def _sign_out(uow: UnitOfWork, member: Responder) -> None:
    account = uow.session.get(Account, member.account_id) if member.account_id else None
    if account is not None:
        people.sign_out_everywhere(uow, account)


def found(uow: UnitOfWork, centre: Centre, member: Responder) -> None:
    """A supervisor knows that it is in their hands again: the number is verified anew."""
    if member.phone_lost_at is None:
        raise Conflict(msgid("this phone is not reported lost"))
    member.phone_lost_at = None
    uow.audit("member.phone_found", member)
    verification.ask(uow, centre, member)


def heard(uow: UnitOfWork, centre: Centre, member: Responder, body: str) -> Answered:
    """Whoever texts from it gets no answer. A cry for help, or that it is not safe, is an alarm all
    the same: they may have found it."""
    reply = parse(body)
    if reply.verb in {Verb.HELP, Verb.WITHDRAW} or reply.carrier_word == "HELP":
        pages = field_texts.about(uow, member, reply.code)
        alarms.raise_on(uow, centre, AlarmKind.HELP, member, pages, reply.code)
    return Answered(OUTCOME, None)
