"""The dispatches of the calls on a board, with their places and the pages that still ask: the few
columns that a board shows, in one statement. As rows of a session they cost five times as much, and
boards are looked at four times a second. What follows from the columns is asked as of rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import aliased

from triage.domain.lifecycle import DispatchState, PageKind, PageState, SlotState
from triage.domain.transfers import TransferState
from triage.storage.calls import LISTED_ONES
from triage.storage.dispatches import OPEN_PAGE, Dispatch, Page, Slot, Transfer
from triage.storage.teams import Team
from triage.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class ListedTransfer:
    dispatch_id: UUID
    state: TransferState
    created_at: datetime
    due_at: datetime | None
    ringing_at: datetime | None
    counselor_at: datetime | None
    late_at: datetime | None
    released_at: datetime | None
    ended_at: datetime | None

    changed_at: ClassVar[Any] = Transfer.changed_at


class Named(NamedTuple):
    """A team."""

    name: str


class ListedPage(NamedTuple):
    """One that is open, or by which a supervisor has charge."""

    id: UUID
    kind: PageKind
    state: PageState
    answer_by: datetime
    team: Named


@dataclass(eq=False)
class ListedSlot:
    id: UUID
    role: str
    state: SlotState
    unit: str | None
    eta_at: datetime | None
    replaces_id: UUID | None
    heard_at: datetime | None
    dispatch: "ListedDispatch" = field(init=False)
    team: Named | None = field(init=False)
    pages: list[ListedPage] = field(init=False, default_factory=list)

    predecessor: ClassVar[Any] = Slot.predecessor
    relieves: ClassVar[Any] = Slot.relieves


@dataclass(eq=False)
class ListedDispatch:
    id: UUID
    call_id: UUID
    created_at: datetime
    response: str
    reached_by: str
    state: DispatchState
    why: str
    within_min: int
    cad_number: str | None
    stalled_in: DispatchState | None
    call_back_at: datetime | None
    diverted_at: datetime | None
    ended_at: datetime | None
    end_reason: str | None
    slots: list[ListedSlot] = field(init=False, default_factory=list)
    transfers: list[ListedTransfer] = field(init=False, default_factory=list)

    all_hands: ClassVar[Any] = Dispatch.all_hands
    not_needed_at: ClassVar[Any] = Dispatch.not_needed_at
    transfer: ClassVar[Any] = Dispatch.transfer


def _columns(listed: type[Any], of: Any) -> list[Any]:
    return [getattr(of, one.name) for one in fields(listed) if one.init]


_HAS_IT, _IS_ASKED = aliased(Team), aliased(Team)
_STILL_ASKS = or_(
    OPEN_PAGE, and_(Page.kind == PageKind.SUPERVISOR, Page.state == PageState.ACCEPTED)
)
_OF_DISPATCH, _OF_SLOT = _columns(ListedDispatch, Dispatch), _columns(ListedSlot, Slot)
_OF_PAGE = Page.id, Page.kind, Page.state, Page.answer_by
_SLOT, _PAGE = len(_OF_DISPATCH), len(_OF_DISPATCH) + len(_OF_SLOT) + 1
"""From where on a row tells of its slot, and of its page."""
_LISTED = (
    select(*_OF_DISPATCH, *_OF_SLOT, _HAS_IT.name, *_OF_PAGE, _IS_ASKED.name)
    .select_from(Dispatch)
    .outerjoin(Slot, Slot.dispatch_id == Dispatch.id)
    .outerjoin(_HAS_IT, _HAS_IT.id == Slot.team_id)
    .outerjoin(Page, and_(Page.slot_id == Slot.id, _STILL_ASKS))
    .outerjoin(_IS_ASKED, _IS_ASKED.id == Page.team_id)
    .where(Dispatch.call_id.in_(LISTED_ONES))
    .order_by(Dispatch.created_at, Dispatch.id, Slot.position, Slot.id, Page.number)
)


def of_listed_calls(uow: UnitOfWork, last: datetime) -> Sequence[ListedDispatch]:
    """The oldest first. last -- see LISTED_ONES."""
    found: list[ListedDispatch] = []
    for row in uow.session.execute(_LISTED, {"last": last}):
        if not found or found[-1].id != row[0]:
            found.append(ListedDispatch(*row[:_SLOT]))
        if row[_SLOT] is not None:
            _add_slot(found[-1], row[_SLOT:_PAGE])
        if row[_PAGE] is not None:
            key, kind, state, answer_by, team = row[_PAGE:]
            page = ListedPage(key, kind, state, answer_by, Named(team))
            found[-1].slots[-1].pages.append(page)
    _add_transfers(uow, found)
    return found


def _add_slot(dispatch: ListedDispatch, row: Sequence[Any]) -> None:
    if dispatch.slots and dispatch.slots[-1].id == row[0]:
        return
    *of_slot, team = row
    slot = ListedSlot(*of_slot)
    slot.dispatch, slot.team = dispatch, None if team is None else Named(team)
    dispatch.slots.append(slot)


def _add_transfers(uow: UnitOfWork, dispatches: Sequence[ListedDispatch]) -> None:
    rung = {one.id: one for one in dispatches if one.reached_by == "transfer"}
    if not rung:
        return
    tries = select(*_columns(ListedTransfer, Transfer)).order_by(Transfer.number)
    for row in uow.session.execute(tries.where(Transfer.dispatch_id.in_(rung))):
        rung[row.dispatch_id].transfers.append(ListedTransfer(*row))
