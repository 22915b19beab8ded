"""Nobody was left to ask: the teams are asked once more, one after the other."""

from collections.abc import Sequence

from triage.domain.errors import Conflict
from triage.domain.lifecycle import DispatchState, PageState, SlotState
from triage.domain.words import Spoken, listed, msgid
from triage.services import paging
from triage.services.centre import Centre
from triage.services.stand_downs import ask_anew, teams_are_asked
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.unit_of_work import UnitOfWork


def ask_again(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> Spoken:
    """Begin a new round; who is asked first, in a sentence. Raises Conflict."""
    paging.require_page_dispatch(dispatch)
    if dispatch.state is not DispatchState.UNFILLED:
        raise Conflict(msgid("somebody is still being asked, or has it"))
    before = [one for one in dispatch.slots if one.state is SlotState.UNFILLED]
    fresh = [_in_place_of(uow, slot) for slot in before]
    uow.audit("dispatch.asked_again", dispatch)
    done, dispatch.escalated = dispatch.escalated, 0
    if not seek(uow, centre, dispatch, fresh):
        dispatch.escalated = done  # nothing has begun: who was alarmed still is
    return _asked_first(fresh)


def _in_place_of(uow: UnitOfWork, slot: Slot) -> Slot:
    fresh = uow.add(Slot(position=slot.position, role=slot.role, state=SlotState.SEEKING))
    fresh.replaces_id, fresh.dispatch = slot.replaces_id, slot.dispatch
    ask_anew(slot, fresh)
    return fresh


def seek(uow: UnitOfWork, centre: Centre, dispatch: Dispatch, fresh: Sequence[Slot]) -> bool:
    """Begin the round for these places. Is a team asked for one of them?"""
    paging.seek(uow, centre, dispatch)
    asked = teams_are_asked(uow, centre, fresh)
    paging.refresh(uow, dispatch)  # whoever had charge may have it no more
    return asked


def _asked_first(fresh: Sequence[Slot]) -> Spoken:
    open_pages = (p for slot in fresh for p in slot.asked if p.state is PageState.OPEN)
    first = dict.fromkeys(page.team.name for page in open_pages)
    if not first:
        return msgid("No team is free to be asked again. Ring one, or choose another response.")
    return msgid(
        "The teams are asked again, one after the other: %(names)s first.",
        names=listed(", ", first),
    )
