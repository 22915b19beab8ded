"""When somebody was first on scene: what a call is measured by. Its clock runs on until all who
were sent are there, for whoever is owed is still to come; then it reads when the first was."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from triage.domain.lifecycle import SlotState
from triage.services.centre import Centre
from triage.services.listed_dispatches import ListedDispatch
from triage.storage.audit import AuditEntry
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.unit_of_work import UnitOfWork

MOST = 5000
_HAVE_BEEN = (SlotState.ON_SCENE, SlotState.TRANSPORTING, SlotState.CLEARED)
_known: dict[UUID, datetime | None] = {}
"""By place. An arrival never changes: boards look again and again."""


def first(
    uow: UnitOfWork, dispatches: Iterable[Dispatch | ListedDispatch]
) -> Mapping[UUID, datetime]:
    """By call. Whoever had to leave again, and is replaced, does not count: somebody is awaited
    as before."""
    been = {
        slot.id: dispatch.call_id
        for dispatch in dispatches
        for slot in dispatch.slots
        if slot.state in _HAVE_BEEN
    }
    _look_up(uow, {place: call for place, call in been.items() if place not in _known})
    found: dict[UUID, datetime] = {}
    for place, call in been.items():
        if (at := _known.get(place)) is not None:
            found[call] = min(at, found.get(call, at))
    return found


def since(uow: UnitOfWork, centre: Centre, slot: Slot) -> str:
    """When whoever has this place said that they do what they do now: 14:02, local."""
    said = (
        select(AuditEntry.created_at)
        .where(
            AuditEntry.call_id == slot.dispatch.call_id,
            AuditEntry.event == f"slot.{slot.state.value}",
            AuditEntry.subject_id == slot.id,
        )
        .order_by(AuditEntry.created_at.desc())
        .limit(1)
    )
    at = (uow.session.scalar(said) or slot.created_at).astimezone(centre.policy.time_zone)
    return f"{at:%H:%M}"


def _look_up(uow: UnitOfWork, places: Mapping[UUID, UUID]) -> None:
    if not places:
        return
    if len(_known) >= MOST:
        _known.clear()
    entries = select(AuditEntry.subject_id, AuditEntry.created_at, AuditEntry.details).where(
        AuditEntry.call_id.in_({*places.values()}),
        AuditEntry.event.in_(("slot.on_scene", "paper.went")),
    )
    arrived: dict[UUID, datetime] = {}
    for place, said_at, details in uow.session.execute(entries):
        written = details.get("on_scene_at", said_at.isoformat())  # on paper, and typed in later
        if written is not None:
            at = datetime.fromisoformat(written)
            arrived[place] = min(at, arrived.get(place, at))
    _known.update({place: arrived.get(place) for place in places})
