"""What a dispatcher plans afterwards where no rule has: a follow-up, a referral to a partner."""

from datetime import timedelta

from triage.domain.codes import NEXT_CONTACTS
from triage.domain.errors import Refused
from triage.domain.words import msgid
from triage.services import follow_ups, partners, referrals
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

MOST_HOURS = 24 * 30
BY_HAND = "referral"
"""What such a referral is for: its text says no more than that it waits."""


def plan(uow: UnitOfWork, call: Call, kind: str, owner_role: str, hours: str) -> None:
    """hours -- from now, as typed. Raises Refused naming the field, Conflict where the call is
    over."""
    must_be_open(call)
    if kind not in NEXT_CONTACTS:
        raise Refused(msgid("Choose what is to be done."), "next_contact")
    if owner_role not in follow_ups.OWNER_ROLES:
        raise Refused(msgid("Choose who does it."), "next_owner")
    if not (hours.isascii() and hours.isdigit() and 1 <= int(hours) <= MOST_HOURS):
        raise Refused(msgid("Write hours from now, 1 to %(most)s.", most=MOST_HOURS), "hours")
    follow_ups.promise(uow, call, kind, uow.now + timedelta(hours=int(hours)), owner_role)


def refer(uow: UnitOfWork, centre: Centre, call: Call, kind: str) -> None:
    """kind -- of partner, once for each call. Raises Refused, Conflict where the call is over."""
    must_be_open(call)
    if kind not in partners.kinds(uow):
        raise Refused(msgid("Choose the partner."), "partner")
    if referrals.is_known(uow, call, kind, BY_HAND):
        raise Refused(msgid("This partner has this call's referral already."), "partner")
    partners.notify(uow, centre, call, kind, BY_HAND)
