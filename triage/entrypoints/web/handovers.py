"""Standard texts for a handover on a call's page: read out, copied, and written down as given."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from triage.domain.errors import Refused
from triage.domain.words import msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import open_to
from triage.entrypoints.web.call import DISPATCHERS
from triage.entrypoints.web.call_actions import do
from triage.services import handovers
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("handovers", __name__, url_prefix="/calls/<reference>")


@bp.post("/handover")
@open_to(*DISPATCHERS)
def given(reference: str) -> ResponseReturnValue:
    def note(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        names = [one.name for one in centre.policy.handovers]
        if (name := typed.line("to")) not in names:
            raise Refused(msgid("The settings have no such text any more."))
        handovers.note(uow, call, name)
        return msgid("Written down: %(name)s has the text.", name=name)

    return do(reference, "handover", note)
