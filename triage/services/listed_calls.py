"""The open calls that a board lists: the few columns of each that it shows."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select

from triage.domain.codes import NOT_NEEDED
from triage.domain.lifecycle import CallState, DispatchState
from triage.storage.calls import MOST_LISTED, OPEN_CALL, Call, Caller
from triage.storage.dispatches import UNFILLED_DISPATCH, Dispatch
from triage.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class ListedCall:
    """Equal to another where a board would show the same of both."""

    id: UUID
    reference: str
    code: str
    state: CallState
    received_at: datetime
    zone: str | None
    location_sealed: bytes | None
    coordinates_sealed: bytes | None
    number_to_ask: bool
    """A caller's number cannot be rung."""
    can_ring: bool
    """One that can be rung is known."""

    __tablename__: ClassVar[str] = Call.__tablename__
    location: ClassVar[Any] = Call.location
    coordinates: ClassVar[Any] = Call.coordinates
    position: ClassVar[Any] = Call.position


_NUMBER_TO_ASK = exists().where(
    Caller.call_id == Call.id,
    Caller.phone_sealed.is_not(None),
    Caller.phone_index.is_(None),
    Caller.left_for_id.is_(None),
)
_CAN_RING = exists().where(
    Caller.call_id == Call.id, Caller.phone_index.is_not(None), Caller.left_for_id.is_(None)
)
_OF_CALLERS = {"number_to_ask": _NUMBER_TO_ASK, "can_ring": _CAN_RING}
_COLUMNS: list[Any] = [
    _OF_CALLERS[one.name] if one.name in _OF_CALLERS else getattr(Call, one.name)
    for one in fields(ListedCall)
]
_LISTED = (
    select(*_COLUMNS).where(OPEN_CALL).order_by(Call.received_at, Call.id).limit(bindparam("most"))
)
_OF_CALL = Dispatch.call_id == Call.id


def _all_was_cancelled() -> ColumnElement[bool]:
    """And not because nobody is needed any more."""
    stands = or_(Dispatch.state != DispatchState.CANCELLED, Dispatch.end_reason == NOT_NEEDED)
    return and_(exists().where(_OF_CALL), ~exists().where(_OF_CALL, stands))


_NOBODY_BEYOND = (
    select(Call.id, Call.code, Call.reference)
    .where(
        OPEN_CALL,
        Call.received_at >= bindparam("last"),
        or_(exists().where(_OF_CALL, UNFILLED_DISPATCH), _all_was_cancelled()),
    )
    .order_by(Call.received_at, Call.id)
    .limit(MOST_LISTED)
)


def of_board(uow: UnitOfWork, most: int) -> Sequence[ListedCall]:
    """The oldest first."""
    return [ListedCall(*row) for row in uow.session.execute(_LISTED, {"most": most})]


def not_listed(uow: UnitOfWork, listed: Sequence[ListedCall]) -> int:
    """How many more are open."""
    if len(listed) < MOST_LISTED:
        return 0
    query = select(func.count()).select_from(Call).where(OPEN_CALL)
    return (uow.session.scalar(query) or 0) - len(listed)


def nobody_beyond(uow: UnitOfWork, listed: Sequence[ListedCall]) -> list[tuple[str, str]]:
    """Code and reference of those beyond them to whom nobody comes, or half a team: what is loudest
    is not to be missed, however many calls are open."""
    keys = {call.id for call in listed}
    found = uow.session.execute(_NOBODY_BEYOND, {"last": listed[-1].received_at})
    return [(code, reference) for key, code, reference in found if key not in keys]
