"""Calls that a team had to leave because it was not safe: whoever is asked or comes is told."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select

from triage.domain.lifecycle import SlotState
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.unit_of_work import UnitOfWork

_LEFT = (
    select(Slot.heard_at, Slot.created_at)
    .join(Dispatch)
    .where(Dispatch.call_id == bindparam("call_id"), Slot.state == SlotState.WITHDRAWN)
)
_LEFT_OF = (
    select(Dispatch.call_id)
    .join(Slot)
    .where(
        Dispatch.call_id.in_(bindparam("keys", expanding=True)), Slot.state == SlotState.WITHDRAWN
    )
)


def withdrew_at(uow: UnitOfWork, call_id: UUID, before: datetime | None = None) -> datetime | None:
    """When a team last left this call, whichever response it was sent for.

    before -- only until then, see `silences.watched_since`.
    """
    if uow.new_under(call_id, Dispatch, "call_id") is not None:
        return None  # the call is being taken: nobody was there yet
    with uow.asking((Dispatch, Slot)):
        left = uow.session.execute(_LEFT, {"call_id": call_id}).all()
    times = (heard_at or created_at for heard_at, created_at in left)
    return max((at for at in times if before is None or at < before), default=None)


def withdrew_from(uow: UnitOfWork, calls: Iterable[UUID]) -> set[UUID]:
    """Those of these calls that a team has left."""
    with uow.asking((Dispatch, Slot)):
        return set(uow.session.scalars(_LEFT_OF, {"keys": list(calls)}))


def somebody_withdrew(uow: UnitOfWork, dispatch: Dispatch) -> bool:
    return withdrew_at(uow, dispatch.call_id) is not None
