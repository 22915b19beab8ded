"""Nobody was left to ask: the teams are asked once more, one after the other."""

from triage.domain.errors import Conflict
from triage.domain.lifecycle import DispatchState, PageState, SlotState
from triage.domain.words import Spoken, listed, msgid
from triage.services import paging
from triage.services.centre import Centre
from triage.services.stand_downs import ask_anew
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.unit_of_work import UnitOfWork


def ask_again(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> Spoken:
    """Begin a new round; who is asked first, in a sentence. Raises Conflict."""
    paging.require_page_dispatch(dispatch)
    if dispatch.state is not DispatchState.UNFILLED:
        raise Conflict(msgid("somebody is still being asked, or has it"))
    for slot in [one for one in dispatch.slots if one.state is SlotState.UNFILLED]:
        fresh = uow.add(Slot(position=slot.position, role=slot.role, state=SlotState.SEEKING))
        fresh.replaces_id, fresh.dispatch = slot.replaces_id, dispatch
        ask_anew(uow, centre, slot, fresh)
    uow.audit("dispatch.asked_again", dispatch)
    dispatch.escalated = 0
    paging.seek(uow, centre, dispatch)
    return _asked_first(dispatch)


def _asked_first(dispatch: Dispatch) -> Spoken:
    open_pages = (p for slot in dispatch.slots for p in slot.asked if p.state is PageState.OPEN)
    first = dict.fromkeys(page.team.name for page in open_pages)
    if not first:
        return msgid("No team is free to be asked again. Ring one, or choose another response.")
    return msgid(
        "The teams are asked again, one after the other: %(names)s first.",
        names=listed(", ", first),
    )
