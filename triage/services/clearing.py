"""The desk writes down that somebody has cleared: only of who was there, or it would end what they
were sent for with nobody's agreement, and only where nobody is in danger by it."""

from collections.abc import Sequence

from triage.domain import relief_wording, wording
from triage.domain.codes import NOT_NEEDED
from triage.domain.errors import Refused
from triage.domain.lifecycle import ON_SITE, TAKEN, SlotState
from triage.domain.words import msgid
from triage.services import by_radio, dispatches, reliefs, silent_alarms, stand_downs
from triage.services.centre import Centre
from triage.services.pages import who_has
from triage.storage.dispatches import Slot
from triage.storage.unit_of_work import UnitOfWork

_TO_COME = TAKEN - ON_SITE


def of_them(slots: Sequence[Slot]) -> Sequence[Slot]:
    """Whom of these "cleared" can mean: who is there. Of the rest it is asked whether they are
    still needed."""
    return [slot for slot in slots if slot.state in ON_SITE] or slots


def clear(uow: UnitOfWork, centre: Centre, slot: Slot, *, confirmed: bool) -> None:
    """Raises Refused while a silent alarm keeps them, of who was not there, and, until a person has
    confirmed it, while somebody on the call needs help. Who has a phone reads what was done."""
    call, came = slot.dispatch.call, slot.state not in _TO_COME
    if slot.state in TAKEN:
        silent_alarms.must_not_show(uow, slot.dispatch.slots)
        reliefs.must_stay(slot)
        if not (came or any(one.state in ON_SITE for one in slot.dispatch.slots)):
            raise _never_there(slot)
        silent_alarms.must_be_known(uow, centre, call, confirmed=confirmed)
        if came:
            text = relief_wording.cleared_by_desk(call.code)
            stand_downs.tell(uow, centre, slot, text)
        else:  # called off beside who is there
            text = wording.stand_down(call.code, wording.WHY_NOT_NEEDED[NOT_NEEDED])
            stand_downs.tell(uow, centre, slot, text, kind="stand_down")
            by_radio.stand_down(uow, call, [slot])
    dispatches.advance(uow, centre, slot, SlotState.CLEARED, "radio")


def _never_there(slot: Slot) -> Refused:
    return Refused(
        msgid(
            "%(who)s was not there, so there is nothing to clear. If they were, write that down"
            " first: there %(code)s. If they need not come, cancel it: drop %(code)s not_needed, or"
            " Cancel this on its page.",
            who=who_has(slot),
            code=slot.dispatch.call.code,
        )
    )
