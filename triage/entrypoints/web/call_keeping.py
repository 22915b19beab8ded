"""Whether what was said on a call may be erased when its time has come: a supervisor's to say."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from triage.domain.words import msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import open_to
from triage.entrypoints.web.call_actions import do
from triage.services import retention
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("call_keeping", __name__, url_prefix="/calls/<reference>")


@bp.post("/keep")
@open_to("supervisor")
def keep(reference: str) -> ResponseReturnValue:
    def work(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        retention.preserve(uow, call, typed.note("why"))
        return msgid("Nothing of call %(code)s is erased until you let it go.", code=call.code)

    return do(reference, "keep", work)


@bp.post("/let-go")
@open_to("supervisor")
def let_go(reference: str) -> ResponseReturnValue:
    def work(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        retention.let_go(uow, call)
        return msgid("Call %(code)s is erased when its time has come.", code=call.code)

    return do(reference, "keep", work)
