"""Nobody was left to ask: the teams are asked once more."""

from triage.domain import wording
from triage.domain.errors import Conflict
from triage.domain.lifecycle import DispatchState, SlotState
from triage.domain.words import msgid
from triage.services import paging
from triage.services.centre import Centre
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.unit_of_work import UnitOfWork


def ask_again(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """Nobody was left to ask: ask everybody once more."""
    paging.require_page_dispatch(dispatch)
    if dispatch.state is not DispatchState.UNFILLED:
        raise Conflict(msgid("somebody is still being asked, or has it"))
    code = dispatch.call.code
    for slot in dispatch.slots:
        if slot.state is SlotState.UNFILLED:
            paging.withdraw_pages(uow, centre, slot, wording.stand_down(code, wording.ASKED_ANEW))
            fresh = uow.add(Slot(position=slot.position, role=slot.role, state=SlotState.SEEKING))
            slot.move_to(SlotState.CANCELLED)
            fresh.replaces_id, fresh.dispatch = slot.replaces_id, dispatch
    uow.audit("dispatch.asked_again", dispatch)
    dispatch.escalated = 0
    paging.seek(uow, centre, dispatch)
