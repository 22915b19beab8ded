"""What a dispatcher plans afterwards where no rule has: a follow-up, a referral to a partner."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from triage.domain.words import msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import open_to
from triage.entrypoints.web.call import DISPATCHERS
from triage.entrypoints.web.call_actions import do
from triage.services import afterwards
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("call_afterwards", __name__, url_prefix="/calls/<reference>")


@bp.post("/follow-up")
@open_to(*DISPATCHERS)
def follow_up(reference: str) -> ResponseReturnValue:
    def plan(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        kind, owner, hours = map(typed.line, ("next_contact", "next_owner", "hours"))
        afterwards.plan(uow, call, kind, owner, hours)
        return msgid("Planned. It is reminded of when it is due.")

    return do(reference, "follow-up", plan)


@bp.post("/refer")
@open_to(*DISPATCHERS)
def refer(reference: str) -> ResponseReturnValue:
    def tell(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        afterwards.refer(uow, centre, call, typed.line("partner"))
        return msgid("Referred. Their answer, or that nobody is there, stands under Referrals.")

    return do(reference, "refer", tell)
