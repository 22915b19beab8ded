"""What waits for the desk about people whom a silent alarm keeps it from ringing, texting and
reaching by radio: it is not to be done about them until somebody says that the alarm is over."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from triage.domain.role_words import member_name
from triage.services import corrections, errands, late_teams, promised_backs, silences, wrong_pins
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.errands import Errand
from triage.storage.teams import Team
from triage.storage.unit_of_work import UnitOfWork


def split(errand: Errand, hushed: Collection[str]) -> tuple[Mapping[str, Any], Sequence[str]]:
    """What of its details the desk may act on, and whom it keeps from.

    hushed -- teams of people with such an alarm, see `board_lines.hushed`.
    """
    details: dict[str, Any] = errand.details
    if errand.kind in {late_teams.KIND, wrong_pins.KIND}:
        kept = [one for one in details["teams"] if one["who"] in hushed]
        others = [one for one in details["teams"] if one not in kept]
        return {"teams": others}, [member_name(one["who"], one["role"]) for one in kept]
    if errand.kind == corrections.KIND:
        teams = [team for team in details["texts"] if team in hushed]
        return details | {"texts": [one for one in details["texts"] if one not in teams]}, teams
    return details, ()


def asks_nobody(errand: Errand, hushed: Collection[str]) -> bool:
    """Is it about nobody else?"""
    details, kept = split(errand, hushed)
    return bool(kept) and not any(details.get(whom) for whom in ("teams", "texts", "units"))


def rings_whoever_forces(errand: Errand, *, silent: bool) -> bool:
    """May the caller, whom it is to ring, be whoever forces a team? silent -- its call is one of
    `silences.calls`."""
    return silent and errand.kind == promised_backs.KIND


def is_red(errand: Errand, now: datetime, hushed: Collection[str], *, silent: bool) -> bool:
    """As `errands.is_red`, of what the desk may do."""
    kept = rings_whoever_forces(errand, silent=silent) or asks_nobody(errand, hushed)
    return errands.is_red(errand, now) and not kept


def any_red(uow: UnitOfWork, call: Call, places: Collection[UUID]) -> bool:
    """Of a call that the board does not list. places -- see `silences.places`."""
    slots = select(Team.name).join(Slot, Slot.team_id == Team.id).join(Dispatch)
    of_it = slots.where(Dispatch.call_id == call.id, Slot.id.in_(places))
    hushed = frozenset(uow.session.scalars(of_it))
    waiting = [one for one in errands.of_call(uow, call) if one.kind not in errands.OUTLIVES_CALL]
    silent = call.id in silences.calls(uow)
    return any(is_red(one, uow.now, hushed, silent=silent) for one in waiting)
