"""Who at the desk has a call: taken, given to a colleague, given back; and who looks at it."""

from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from triage.context import current_context
from triage.domain.words import msgid
from triage.entrypoints.web import call_holder, typed
from triage.entrypoints.web.access import current_person, open_to
from triage.entrypoints.web.call import DISPATCHERS
from triage.entrypoints.web.call_actions import do
from triage.services import calls, held_calls, presence
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("call_desk", __name__, url_prefix="/calls/<reference>")


@bp.post("/take")
@open_to(*DISPATCHERS)
def take(reference: str) -> ResponseReturnValue:
    def work(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        return call_holder.taken(call, held_calls.take(uow, centre, call, _key("seen")))

    return do(reference, "desk", work)


@bp.post("/give")
@open_to(*DISPATCHERS)
def give(reference: str) -> ResponseReturnValue:
    def work(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        held_calls.offer(uow, centre, call, _key("to"))
        return msgid("Call %(code)s is yours until your colleague accepts it.", code=call.code)

    return do(reference, "desk", work)


@bp.post("/decline")
@open_to(*DISPATCHERS)
def decline(reference: str) -> ResponseReturnValue:
    def work(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        held_calls.decline(uow, call)
        return msgid("Call %(code)s stays with your colleague.", code=call.code)

    return do(reference, "desk", work)


@bp.post("/give-back")
@open_to(*DISPATCHERS)
def give_back(reference: str) -> ResponseReturnValue:
    def work(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        held_calls.give_back(uow, call)
        return msgid("Nobody has call %(code)s now; the board says so.", code=call.code)

    return do(reference, "desk", work)


@bp.post("/here")
@open_to(*DISPATCHERS, background=True)
def here(reference: str) -> ResponseReturnValue:
    """The page says by itself that it is open."""
    types, left = "types" in request.form, "left" in request.form
    current_context().do(
        current_person().actor,
        lambda uow: presence.note(uow, calls.by_reference(uow, reference), types=types, left=left),
    )
    return "", 204


def _key(name: str) -> UUID | None:
    try:
        return UUID(typed.line(name))
    except ValueError:
        return None
