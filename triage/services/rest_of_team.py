"""One of a team is done and has left while others of it are sought or come yet: who comes is told,
and the desk is asked whether they are still needed. Until it answers they are asked for, and come,
as before, or nobody might."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from triage.domain import relief_wording
from triage.domain.errors import Conflict
from triage.domain.lifecycle import ON_SITE, TAKEN, WANTED, SlotState
from triage.domain.words import msgid
from triage.services import errands
from triage.services.centre import Centre
from triage.services.pages import partners_of
from triage.services.stand_downs import tell
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.errands import Errand
from triage.storage.unit_of_work import UnitOfWork

KIND = "rest"
PATIENCE = timedelta(minutes=1)
"""Somebody may be driving to a place where nothing is left to do, or be wanted there badly."""


def rest(dispatch: Dispatch) -> list[Slot]:
    """Who is not there and would come: sought, or on the way."""
    to_come = WANTED | TAKEN - ON_SITE
    return [one for one in dispatch.slots if one.state in to_come and one.relieves is None]


def stands(dispatch: Dispatch) -> tuple[str, list[Slot]]:
    """How the rest stands, by who of it is worst off, and who that is: `nobody` is left to ask,
    they are `asked`, or `come`."""
    missing = rest(dispatch)
    nobody = [slot for slot in missing if slot.state is SlotState.UNFILLED]
    asked = [slot for slot in missing if slot.state in WANTED]
    if nobody:
        return "nobody", nobody
    return ("asked", asked) if asked else ("come", missing)


def has_cleared(uow: UnitOfWork, centre: Centre, slot: Slot, *, came: bool) -> None:
    """Whoever of the team is not there yet must not go in and believe that they are; whoever is
    there, in another room perhaps, must not believe that they are near.

    came -- were they there? Else they only do not come any more."""
    left = (relief_wording.partner_left, relief_wording.partner_cleared)
    away = (relief_wording.partner_stays_away, relief_wording.partner_not_coming)
    to_who_is_there, to_others = left if came else away
    code, role = slot.dispatch.call.code, slot.role
    for partner in partners_of(slot):
        if partner.state in TAKEN:
            there = partner.state in ON_SITE
            say = to_who_is_there if there else to_others
            tell(uow, centre, partner, say(code, role))


def look(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """Something of the dispatch has changed: ask about each who cleared, once; where nobody is to
    come any more there is nothing left to ask."""
    done = [slot for slot in dispatch.slots if slot.state is SlotState.CLEARED]
    if not done:
        return
    missing = rest(dispatch)
    if not missing:
        _drop(uow, dispatch, "over")
        return
    known = {one["slot"] for errand in _all(uow, dispatch) for one in _of(errand)}
    fresh = [slot for slot in done if str(slot.id) not in known]
    if fresh:
        _ask(uow, fresh[-1], missing)


def _all(uow: UnitOfWork, dispatch: Dispatch) -> list[Errand]:
    """The questions of this call, those that were answered too."""
    return [one for one in errands.of_call(uow, dispatch.call) if one.kind == KIND]


def _of(errand: Errand) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = errand.details["rests"]
    return found


def waiting(errand: Errand) -> Sequence[Mapping[str, Any]]:
    """The questions that nobody has answered, each with its `dispatch`, `who` has cleared and
    the `roles` that are missing."""
    return [one for one in _of(errand) if one["said"] is None]


def _ask(uow: UnitOfWork, slot: Slot, missing: Sequence[Slot]) -> None:
    call = slot.dispatch.call
    fresh = {
        "slot": str(slot.id),
        "dispatch": str(slot.dispatch_id),
        "who": slot.team.name if slot.team else slot.unit or "",
        "role": slot.role,
        "roles": [one.role for one in missing],
        "said": None,
    }
    due_at = uow.now + PATIENCE
    errand = errands.waiting(uow, call, KIND)
    if errand is None:
        errands.add(uow, call, KIND, due_at, rests=[fresh])
        return
    errand.details = {"rests": [*_of(errand), fresh]}
    uow.audit(f"{KIND}.more", errand, rests=[fresh])
    errands.next_turn(uow, errand, due_at)


def answer(uow: UnitOfWork, dispatch: Dispatch, *, needed: bool) -> None:
    """The desk has answered. Raises Conflict where nothing is asked of this dispatch any more."""
    errand = errands.waiting(uow, dispatch.call, KIND)
    if errand is None or not _about(errand, dispatch.id):
        raise Conflict(msgid("somebody has answered already, or the rest of the team has come"))
    _drop(uow, dispatch, "needed" if needed else "not_needed")


def _about(errand: Errand, dispatch_id: UUID) -> Sequence[Mapping[str, Any]]:
    return [one for one in waiting(errand) if one["dispatch"] == str(dispatch_id)]


def _drop(uow: UnitOfWork, dispatch: Dispatch, said: str) -> None:
    errand = errands.waiting(uow, dispatch.call, KIND)
    if errand is None or not (about := _about(errand, dispatch.id)):
        return
    now = [{**one, "said": said} if one in about else one for one in _of(errand)]
    errand.details = {"rests": now}
    uow.audit(f"{KIND}.said", errand, roles=about[-1]["roles"], said=said)
    if not waiting(errand):
        errands.end(uow, errand, "settled")
