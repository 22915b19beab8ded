"""What is said where a response is sent or called off: asking somebody is not yet sending them."""

from collections.abc import Collection, Iterable, Sequence

from triage.domain.lifecycle import GONE, TAKEN, DispatchState, PageState, SlotState
from triage.domain.words import Spoken, listed, msgid
from triage.services import dispatches, paging
from triage.services.centre import Centre
from triage.services.timeline_sentences import response_name
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.unit_of_work import UnitOfWork


def called_off(centre: Centre, dispatch: Dispatch) -> list[Spoken]:
    """Who is told what when it is canceled; to be asked before. Units without a phone here are
    the desk's to tell (by_radio)."""
    live = [slot for slot in dispatch.slots if slot.state not in GONE | {SlotState.CLEARED}]
    taken = [slot for slot in live if slot.state in TAKEN and dispatch.reached_by == "page"]
    come = dict.fromkeys(paging.who_has(slot) for slot in taken)
    by_text = {paging.who_has(slot) for slot in taken if slot.responder}
    said: list[Spoken] = [
        msgid("%(name)s is told to stand down", name=name) for name in come if name in by_text
    ]
    said += [msgid("%(name)s need not answer any more", name=name) for name in _asked(live, come)]
    name = response_name(centre, dispatch.response)
    return said if said or come else [msgid("%(name)s is canceled", name=name)]


def _asked(slots: Iterable[Slot], come: Collection[str]) -> Sequence[str]:
    names = (p.team.name for slot in slots for p in slot.pages if p.state is PageState.OPEN)
    return [name for name in dict.fromkeys(names) if name not in come]


def sent(uow: UnitOfWork, centre: Centre, call: Call, responses: Iterable[str]) -> Spoken:
    """What has become of these responses, that were sent just now, without a full stop."""
    live = [one for one in dispatches.of_call(uow, call) if one.state not in dispatches.ENDED]
    of = {one.response: one for one in live}
    return listed(
        "; ",
        [
            _stands(centre, of[one]) if one in of else response_name(centre, one)
            for one in responses
        ],
    )


def _stands(centre: Centre, dispatch: Dispatch) -> Spoken:
    name = response_name(centre, dispatch.response)
    if dispatch.state is DispatchState.HAND_OVER and dispatch.reached_by == "transfer":
        return msgid("the caller is to be transferred now: %(name)s", name=name)
    if dispatch.state is DispatchState.HAND_OVER:
        return msgid("%(name)s is to be dispatched in CAD now", name=name)
    if dispatch.state is DispatchState.UNFILLED:
        return msgid("nobody is left to ask: %(name)s", name=name)
    if dispatch.state in (DispatchState.SEEKING, DispatchState.HALF_FORMED):
        return msgid("%(name)s is being asked", name=name)
    return msgid("%(name)s has it already", name=name)
