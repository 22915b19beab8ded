"""A caller is handed over to a telephone line: the dispatcher says which step is done."""

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue

from triage.domain.errors import Refused
from triage.domain.transfers import TransferState
from triage.domain.words import msgid
from triage.entrypoints.web import typed
from triage.entrypoints.web.access import open_to
from triage.entrypoints.web.call import DISPATCHERS
from triage.entrypoints.web.call_actions import do
from triage.entrypoints.web.call_teams import dispatch_of
from triage.entrypoints.web.transfer_steps import AGAIN
from triage.services import callers, transfers
from triage.services.centre import Centre
from triage.services.timeline_sentences import response_name
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch
from triage.storage.unit_of_work import UnitOfWork

bp = Blueprint("call_transfers", __name__, url_prefix="/calls/<reference>")

Step = Callable[[UnitOfWork, Centre, Dispatch], str]


def _ringing(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> str:
    transfers.ringing(uow, centre, transfers.newest(dispatch), typed.line("line"))
    return msgid(
        "It rings. After %(transfer_answer_s)s s without an answer the call is yours again.",
        transfer_answer_s=centre.policy.transfer_answer_s,
    )


def _counselor(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> str:
    transfers.counselor(uow, centre, transfers.newest(dispatch))
    return msgid("The counselor is on the line: introduce the caller, then release.")


def _released(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> str:
    name = response_name(centre, dispatch.response)
    transfers.release(uow, centre, transfers.newest(dispatch), name)
    return msgid("The caller is with %(name)s.", name=name)


def _not_answered(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> str:
    transfers.give_up(uow, centre, transfers.newest(dispatch))
    return msgid("Nobody answers there: the call is yours again.")


def _dropped(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> str:
    transfers.drop(uow, centre, transfers.newest(dispatch))
    how = (
        msgid("Ring the caller back now.")
        if callers.can_ring(dispatch.call)
        else msgid("There is no number to ring: send somebody, and find one.")
    )
    return msgid("The line was lost: the call is yours again. %(how)s", how=how)


def _refused(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> str:
    transfers.refuse(uow, centre, transfers.newest(dispatch), typed.line("refusal"))
    return msgid("It was refused: the call is yours again.")


def _again(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> str:
    transfers.offer_again(uow, centre, dispatch)
    return msgid("%(name)s is to be rung once more.", name=response_name(centre, dispatch.response))


STEPS: dict[str, Step] = {
    TransferState.RINGING.value: _ringing,
    TransferState.COUNSELOR.value: _counselor,
    TransferState.RELEASED.value: _released,
    TransferState.NOT_ANSWERED.value: _not_answered,
    TransferState.DROPPED.value: _dropped,
    TransferState.REFUSED.value: _refused,
    AGAIN: _again,
}


@bp.post("/dispatches/<uuid:key>/transfer")
@open_to(*DISPATCHERS)
def transfer(reference: str, key: UUID) -> ResponseReturnValue:
    def step(uow: UnitOfWork, centre: Centre, call: Call) -> str:
        chosen = STEPS.get(typed.line("step"))
        if chosen is None:
            raise Refused(msgid("Choose what happened on the telephone."))
        return chosen(uow, centre, dispatch_of(uow, call, key))

    return do(reference, f"transfer-{key}", step)
