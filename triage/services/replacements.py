"""A team asks to be relieved, or must leave; what a dispatcher does about it."""

from collections.abc import Callable

from triage.domain import relief_wording, wording
from triage.domain.alarms import AlarmKind
from triage.domain.errors import Conflict
from triage.domain.lifecycle import TAKEN, PageState, SlotState
from triage.domain.words import msgid
from triage.services import alarms, asked_again, dangers, freed_teams, paging
from triage.services.centre import Centre
from triage.services.pages import ring, send_again, who_has
from triage.services.planned import plan
from triage.services.reliefs import LOOK_AGAIN, RELIEF, open_place, relief_of
from triage.services.stand_downs import ask_anew, no_turn, withdraw_pages
from triage.storage.dispatches import Slot
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork


def ask(uow: UnitOfWork, centre: Centre, slot: Slot, through: str) -> None:
    """The team wants to be relieved. It stays responsible until another team has accepted.
    Asking twice changes nothing."""
    _must_have(slot)
    if relief_of(slot) is not None:
        return
    slot.relief_asked_at = uow.now
    uow.audit(
        "slot.relief_asked",
        slot,
        call_id=slot.dispatch.call_id,
        team=who_has(slot),
        role=slot.role,
        through=through,
    )
    no_turn(uow, centre, slot, slot.responder_id)
    open_place(uow, slot)
    paging.seek(uow, centre, slot.dispatch)


def _must_have(slot: Slot) -> None:
    paging.require_page_dispatch(slot.dispatch)
    if slot.state not in TAKEN:
        raise Conflict(msgid("nobody has this place now"))


def withdraw(uow: UnitOfWork, centre: Centre, slot: Slot, through: str) -> None:
    """The team must leave because it is not safe: it leaves at once, every dispatcher is
    alarmed, and somebody else is asked as urgently as anybody can be."""
    if slot.state is SlotState.WITHDRAWN:
        return
    _must_have(slot)
    relief, dispatch, who = relief_of(slot), slot.dispatch, who_has(slot)
    slot.move_to(SlotState.WITHDRAWN)
    slot.relief_asked_at, slot.eta_at, slot.heard_at = None, None, uow.now
    uow.audit(
        "slot.withdrawn",
        slot,
        call_id=dispatch.call_id,
        team=who,
        role=slot.role,
        through=through,
    )
    dangers.tell_that_it_is_unsafe(
        uow, centre, slot, relief_wording.partner_withdrew(dispatch.call.code, slot.role, who)
    )
    no_turn(uow, centre, slot, slot.responder_id)
    _alarm(uow, centre, slot)
    if relief is None:
        open_place(uow, slot)
    else:
        _urge(uow, centre, relief)
    paging.seek(uow, centre, dispatch)
    freed_teams.offer_soon(uow, slot)


def _alarm(uow: UnitOfWork, centre: Centre, slot: Slot) -> None:
    """It rings until a person takes it. Of a unit that is named by radio only, whoever wrote it
    down knows."""
    if slot.responder is not None:
        theirs = (page for page in slot.pages if page.responder_id == slot.responder_id)
        alarms.raise_(uow, centre, AlarmKind.WITHDREW, slot.responder, next(theirs, None))


def _urge(uow: UnitOfWork, centre: Centre, relief: Slot) -> None:
    """Somebody was sought already: from now on urgently, and they learn why."""
    if relief.state is SlotState.UNFILLED:
        _anew(uow, centre, relief)
    for page in relief.pages:
        if page.state is PageState.OPEN:
            ring(uow, centre, page)
            send_again(uow, centre, page)


def _anew(uow: UnitOfWork, centre: Centre, slot: Slot) -> None:
    """Everybody may be asked once more: in a fresh slot."""
    old = slot.predecessor
    if old is None:
        raise ValueError("this slot replaces nobody")
    fresh = open_place(uow, old)
    ask_anew(slot, fresh)
    asked_again.seek(uow, centre, slot.dispatch, [fresh])


def ask_again(uow: UnitOfWork, centre: Centre, slot: Slot) -> None:
    """Nobody was left who could relieve this team: ask the teams once more."""
    relief = relief_of(slot)
    if relief is None or relief.state is not SlotState.UNFILLED:
        raise Conflict(msgid("somebody is still being asked, or has taken over"))
    uow.audit("slot.relief_asked_again", slot, call_id=slot.dispatch.call_id, team=who_has(slot))
    _anew(uow, centre, relief)


def call_off(uow: UnitOfWork, centre: Centre, slot: Slot, through: str) -> None:
    """The team needs no relief any more: it stays, and may clear as always."""
    relief = relief_of(slot)
    if relief is None:
        raise Conflict(msgid("no relief is being asked any more"))
    code = slot.dispatch.call.code
    withdraw_pages(uow, centre, relief, wording.stand_down(code, wording.NO_RELIEF_NEEDED))
    relief.move_to(SlotState.CANCELLED)
    slot.relief_asked_at = None
    uow.audit(
        "slot.relief_off",
        slot,
        call_id=slot.dispatch.call_id,
        team=who_has(slot),
        through=through,
    )
    freed_teams.offer_soon(uow, relief)


def _look_again(uow: UnitOfWork, centre: Centre, slot: Slot) -> None:
    """A team still waits for its relief: ask whoever became free, and look again."""
    if slot.relieves is None or slot.state is not SlotState.UNFILLED:
        return
    paging.offer(uow, centre, slot.dispatch)
    if slot.state is SlotState.UNFILLED:
        plan(uow, RELIEF, slot, uow.now + LOOK_AGAIN, slot.dispatch)


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    RELIEF: lambda uow, centre, timer: _look_again(uow, centre, uow.get(Slot, timer.subject_id))
}
