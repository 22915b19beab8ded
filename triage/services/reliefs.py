"""One team takes over from another: who is asked to, what becomes of the first, and when.

Nobody is released before somebody else has accepted: until then the first team has its slot and a
second one, which replaces it, looks for somebody. In the transaction of the yes the two change
places. Only who must leave because it is not safe leaves at once (services/replacements.py).
"""

from datetime import timedelta

from triage.domain import relief_wording
from triage.domain.errors import Refused
from triage.domain.lifecycle import TAKEN, SlotState
from triage.services import freed_teams
from triage.services.centre import Centre
from triage.services.pages import who_has
from triage.services.planned import plan
from triage.services.stand_downs import tell
from triage.storage.dispatches import Slot
from triage.storage.unit_of_work import UnitOfWork

RELIEF = "relief"
"""The timer after which somebody is looked for again who would relieve a team."""
LOOK_AGAIN = timedelta(minutes=5)
"""As often as an open dispatch is looked after."""


def relief_of(slot: Slot) -> Slot | None:
    """The slot in which somebody is sought who relieves this one's team."""
    return next((other for other in slot.dispatch.slots if other.relieves is slot), None)


def open_place(uow: UnitOfWork, slot: Slot) -> Slot:
    """A second slot for the same place in the team."""
    fresh = uow.add(
        Slot(
            position=slot.position,
            role=slot.role,
            state=SlotState.SEEKING,
            replaces_id=slot.id,
        )
    )
    fresh.dispatch = slot.dispatch
    return fresh


def must_stay(slot: Slot) -> None:
    """Raises Refused while a relief of this team is sought and nobody has accepted."""
    if relief_of(slot) is not None:
        code = slot.dispatch.call.code
        raise Refused(relief_wording.stays_until_relieved(code))


def take_over(uow: UnitOfWork, centre: Centre, slot: Slot) -> None:
    """Somebody has this slot now: whoever had the place before is released and told so."""
    old = slot.predecessor
    if old is None or old.state not in TAKEN:
        return
    tell(uow, centre, old, relief_wording.released(slot.dispatch.call.code, who_has(slot)))
    team = who_has(old)
    old.move_to(SlotState.REPLACED)
    old.relief_asked_at, old.eta_at = None, None
    uow.audit(
        "slot.replaced",
        old,
        call_id=slot.dispatch.call_id,
        team=team,
        role=slot.role,
        by=who_has(slot),
    )
    freed_teams.offer_soon(uow, old)


def nobody_relieves(uow: UnitOfWork, centre: Centre, slot: Slot) -> None:
    """Nobody is left to ask: the first team stays, knows it, and a person is told."""
    old = slot.relieves
    if old is None:
        raise ValueError("this slot relieves nobody")
    slot.move_to(SlotState.UNFILLED)
    slot.responder_id = None
    uow.audit("slot.no_relief", slot, call_id=slot.dispatch.call_id, team=who_has(old))
    tell(uow, centre, old, relief_wording.no_relief(slot.dispatch.call.code))
    plan(uow, RELIEF, slot, uow.now + LOOK_AGAIN, slot.dispatch)
    freed_teams.offer_soon(uow, slot, uow.now + freed_teams.LOOK_AGAIN)
