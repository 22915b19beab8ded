"""Calls that wait for a team, and the teams that become free for them."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import joinedload, selectinload

from triage.domain.lifecycle import CallState, DispatchState
from triage.domain.ranking import TeamOption
from triage.services import paging
from triage.services.availability import BUSY, team_options
from triage.services.centre import Centre
from triage.services.freed_teams import TEAM_FREE
from triage.storage.calls import Call
from triage.storage.dispatches import UNFILLED_DISPATCH, UNRELIEVED_SLOT, Dispatch, Slot
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

AT_ONCE = 100
"""Waiting calls that are read together: one by one each would cost several questions, and a team
that has said no to hundreds is held against all of them whenever any becomes free."""
_IN_PART = exists().where(Slot.dispatch_id == Dispatch.id, Slot.state.in_(BUSY)).label("in_part")
_BY_URGENCY = Dispatch.level_rank, Dispatch.created_at, Dispatch.id
_WAITING = (
    select(Dispatch.id, Dispatch.response, Call.zone, _IN_PART)
    .join(Call)
    .where(UNFILLED_DISPATCH, Call.state == CallState.OPEN)
    .order_by(*_BY_URGENCY)
)
_WHOLE = (
    select(Dispatch)
    .where(Dispatch.id.in_(bindparam("keys", expanding=True)))
    .options(joinedload(Dispatch.call), selectinload(Dispatch.slots).selectinload(Slot.pages))
    .order_by(*_BY_URGENCY)
)


def offer(uow: UnitOfWork, centre: Centre) -> None:
    """Ask teams that are free for the calls that wait: the most urgent first, then the oldest."""
    unrelieved = _unrelieved(uow)
    for dispatch in _served(uow):
        _offer(uow, centre, dispatch)
    for dispatch in unrelieved:
        _offer(uow, centre, dispatch)


def _served(uow: UnitOfWork) -> Iterator[Dispatch]:
    """Those that a team which is free by then could take."""
    rows = uow.session.execute(_WAITING).all()
    for begin in range(0, len(rows), AT_ONCE):
        keys = [
            row.id
            for row in rows[begin : begin + AT_ONCE]
            # the rest of a team that has a place there is busy for every call but this one
            if row.in_part or _anybody(team_options(uow, row.zone), row.response)
        ]
        if keys:
            yield from uow.session.scalars(_WHOLE, {"keys": keys}).all()


def _offer(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    if paging.may_ask_more(uow, dispatch):
        paging.offer(uow, centre, dispatch)


def _anybody(options: Iterable[TeamOption], response: str) -> bool:
    """Is any team free that serves this response?"""
    return any(
        option.free and option.may_be_asked and option.members
        for option in options
        if response in option.responses
    )


def _unrelieved(uow: UnitOfWork) -> Sequence[Dispatch]:
    """Dispatches with a team that nobody relieves, after those to which nobody comes: never more
    than there are teams."""
    return uow.session.scalars(
        select(Dispatch)
        .join(Call)
        .where(
            Dispatch.id.in_(select(Slot.dispatch_id).where(UNRELIEVED_SLOT)),
            Dispatch.state != DispatchState.UNFILLED,
            Call.state == CallState.OPEN,
        )
        .options(joinedload(Dispatch.call))
        .order_by(*_BY_URGENCY)
    ).all()


_CALL_BACK = Dispatch.call_back_at.is_not(None)
_TO_CALL_BACK = (
    select(Dispatch)
    .where(_CALL_BACK)
    .options(joinedload(Dispatch.call).selectinload(Call.callers))
    .order_by(Dispatch.level_rank, Dispatch.call_back_at)
)
ANY = select(Dispatch.id).where(_CALL_BACK).exists()
"""For `desk_lists`: is there any?"""


def to_call_back(uow: UnitOfWork) -> Sequence[Dispatch]:
    """Dispatches whose caller should be rung now, the most urgent first."""
    return uow.session.scalars(_TO_CALL_BACK).all()


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    TEAM_FREE: lambda uow, centre, _: offer(uow, centre)
}
