"""What a dispatcher plans afterwards where no rule has: a follow-up, a referral to a partner."""

from datetime import timedelta

from flask import Blueprint
from flask.typing import ResponseReturnValue

from triage.domain.codes import NEXT_CONTACTS
from triage.domain.errors import Refused
from triage.domain.words import msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import open_to
from triage.entrypoints.web.call import DISPATCHERS
from triage.entrypoints.web.call_actions import do
from triage.services import follow_ups, partners, referrals
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("call_afterwards", __name__, url_prefix="/calls/<reference>")

MOST_HOURS = 24 * 30
BY_HAND = "referral"
"""What such a referral is for: its text says no more than that it waits."""


@bp.post("/follow-up")
@open_to(*DISPATCHERS)
def follow_up(reference: str) -> ResponseReturnValue:
    def plan(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        must_be_open(call)
        kind, owner = typed.line("next_contact"), typed.line("next_owner")
        if kind not in NEXT_CONTACTS:
            raise Refused(msgid("Choose what is to be done."), "next_contact")
        if owner not in follow_ups.OWNER_ROLES:
            raise Refused(msgid("Choose who does it."), "next_owner")
        due_at = uow.now + timedelta(hours=_hours(typed.line("hours")))
        follow_ups.promise(uow, call, kind, due_at, owner)
        return msgid("Planned. It is reminded of when it is due.")

    return do(reference, "follow-up", plan)


def _hours(written: str) -> int:
    if not (written.isascii() and written.isdigit() and 1 <= int(written) <= MOST_HOURS):
        raise Refused(msgid("Write hours from now, 1 to %(most)s.", most=MOST_HOURS), "hours")
    return int(written)


@bp.post("/refer")
@open_to(*DISPATCHERS)
def refer(reference: str) -> ResponseReturnValue:
    def tell(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        must_be_open(call)
        if (kind := typed.line("partner")) not in partners.kinds(uow):
            raise Refused(msgid("Choose the partner."), "partner")
        if referrals.is_known(uow, call, kind, BY_HAND):
            raise Refused(msgid("This partner has this call's referral already."), "partner")
        partners.notify(uow, centre, call, kind, BY_HAND)
        return msgid("Referred. Their answer, or that nobody is there, stands under Referrals.")

    return do(reference, "refer", tell)
