"""Errands about places of a team: each of them waits for the desk until it is done or over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from triage.services import errands
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.errands import Errand
from triage.storage.unit_of_work import UnitOfWork


def teams(errand: Errand) -> Sequence[Mapping[str, Any]]:
    """Whom it waits about: `slot`, `dispatch`, `who` and `role`."""
    found: Sequence[Mapping[str, Any]] = errand.details["teams"]
    return found


def ask(uow: UnitOfWork, call: Call, kind: str, slots: Sequence[Slot], due_at: datetime) -> None:
    """Let it wait about these as well."""
    errand = errands.waiting(uow, call, kind)
    known = {one["slot"] for one in teams(errand)} if errand else set()
    fresh = [_named(slot) for slot in slots if str(slot.id) not in known]
    if errand is None:
        errands.add(uow, call, kind, due_at, teams=fresh)
    elif fresh:
        errand.details = {"teams": [*teams(errand), *fresh]}
        uow.audit(f"{kind}.more", errand, teams=fresh)


def _named(slot: Slot) -> dict[str, Any]:
    return {
        "slot": str(slot.id),
        "dispatch": str(slot.dispatch_id),
        "who": slot.team.name if slot.team else slot.unit or "",
        "role": slot.role,
    }


def done(uow: UnitOfWork, slot: Slot, kind: str, outcome: str) -> bool:
    """Somebody has done it about this one. Was there anything to do?"""
    errand = errands.waiting(uow, slot.dispatch.call, kind)
    about = [one for one in teams(errand) if one["slot"] == str(slot.id)] if errand else []
    if errand is None or not about:
        return False
    uow.audit(f"{kind}.{outcome}", errand, teams=about)
    _keep(uow, errand, [one for one in teams(errand) if one not in about], outcome)
    return True


def drop(uow: UnitOfWork, dispatch: Dispatch, kind: str, still: Sequence[Slot]) -> None:
    """Of this dispatch it waits about nobody any more but these."""
    errand = errands.waiting(uow, dispatch.call, kind)
    if errand is None:
        return
    kept = {str(slot.id) for slot in still}
    left = [
        one for one in teams(errand) if one["slot"] in kept or one["dispatch"] != str(dispatch.id)
    ]
    if len(left) < len(teams(errand)):
        _keep(uow, errand, left, "over")


def _keep(uow: UnitOfWork, errand: Errand, left: Sequence[Mapping[str, Any]], outcome: str) -> None:
    if left:
        errand.details = {"teams": [*left]}
    else:
        errands.end(uow, errand, outcome)


def slots_of(uow: UnitOfWork, errand: Errand) -> list[Slot]:
    """Their places, with what is known of them now."""
    return [uow.get(Slot, UUID(one["slot"])) for one in teams(errand)]
