"""The open calls that a board lists: the few columns of each that it shows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    TextClause,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from triage.domain.codes import NOT_NEEDED
from triage.domain.lifecycle import TAKEN, CallState, DispatchState
from triage.domain.transfers import TransferState
from triage.services import errands, sending, silences, unasked
from triage.services.centre import Centre
from triage.storage.calls import MOST_LISTED, OPEN_CALL, AssessmentRecord, Call, Caller
from triage.storage.dispatches import UNFILLED_DISPATCH, Dispatch, Slot, Transfer
from triage.storage.errands import Errand
from triage.storage.sealed import CannotOpen, passed_over
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

    @property
    def position(self) -> tuple[float, float] | None:
        """Degrees; None also where they cannot be decrypted."""
        try:
            return json.loads(self.coordinates) if self.coordinates else None
        except CannotOpen as error:
            if not passed_over(error):
                raise
            return None


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


def _nobody_was_asked() -> ColumnElement[bool]:
    """Though the newest decision sends somebody, or there is none. sends_nobody -- responses."""
    later = aliased(AssessmentRecord)
    newest = ~exists().where(
        later.call_id == AssessmentRecord.call_id, later.number > AssessmentRecord.number
    )
    sends_nobody = or_(
        AssessmentRecord.outcome == "ask_more",
        AssessmentRecord.response.in_(bindparam("sends_nobody", expanding=True)),
    )
    decided_so = exists().where(AssessmentRecord.call_id == Call.id, newest, sends_nobody)
    return and_(~exists().where(_OF_CALL), ~decided_so)


def _hand_over_is_late() -> ColumnElement[bool]:
    """As `board_lines.is_late`. Of the transfers of a dispatch only the newest is not over."""
    late_transfer = or_(
        and_(Transfer.state == TransferState.COUNSELOR, Transfer.late_at.is_not(None)),
        and_(Transfer.state == TransferState.OFFERED, Transfer.created_at <= bindparam("late")),
    )
    of_dispatch = Transfer.dispatch_id == Dispatch.id
    by_hand = and_(Dispatch.created_at <= bindparam("late"), ~exists().where(of_dispatch))
    late = or_(by_hand, exists().where(of_dispatch, late_transfer))
    return exists().where(_OF_CALL, Dispatch.state == DispatchState.HAND_OVER, late)


def _errand_is_red() -> ColumnElement[bool]:
    """As `errands.is_red`, but for what outlives the call: that is told beside the calls."""
    come = or_(Errand.kind.in_(errands.RED_AT_ONCE), Errand.due_at <= bindparam("now"))
    waits = Errand.ended_at.is_(None), Errand.kind.not_in(errands.OUTLIVES_CALL)
    return exists().where(Errand.call_id == Call.id, *waits, come)


def _others_come() -> ColumnElement[bool]:
    """Has anybody a place on it?"""
    return exists().where(_OF_CALL, Slot.dispatch_id == Dispatch.id, Slot.state.in_(sorted(TAKEN)))


def _beyond(*loud: ColumnElement[bool] | TextClause) -> Select[str, str]:
    """Of the calls after the last that is listed those of which one of these is so."""
    last = bindparam("last", type_=Call.received_at.type)
    same_instant = and_(Call.received_at == last, Call.id > bindparam("last_id"))
    return (
        select(Call.code, Call.reference)
        .where(OPEN_CALL, Call.received_at >= last, or_(Call.received_at > last, same_instant))
        .where(or_(*loud))
        .order_by(Call.received_at, Call.id)
        .limit(MOST_LISTED)
    )


_NOBODY_BEYOND = _beyond(
    exists().where(_OF_CALL, UNFILLED_DISPATCH), _all_was_cancelled(), _nobody_was_asked()
).add_columns(Call.id, _others_come())
_TASKS_BEYOND = _beyond(_hand_over_is_late(), _errand_is_red()).add_columns(
    Call.id, _hand_over_is_late()
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


def nobody_beyond(
    uow: UnitOfWork, centre: Centre, listed: Sequence[ListedCall]
) -> list[tuple[str, str]]:
    """Code and reference of those beyond them to whom nobody comes, or half a team: what is loudest
    is not to be missed, however many calls are open."""
    kinds = centre.vocabulary.responses.items()
    nobody = [key for key, kind in kinds if not kind.is_somebody]
    found = _of(uow, _NOBODY_BEYOND, listed, sends_nobody=nobody)
    lacking = sending.lacking(uow, [key for _, _, key, others_come in found if others_come])
    return [
        (code, reference)
        for code, reference, key, others_come in found
        if not others_come or key in lacking
    ]


def tasks_beyond(
    uow: UnitOfWork, listed: Sequence[ListedCall], late_since: datetime
) -> list[tuple[str, str]]:
    """The same of those that wait for somebody at the desk, and are red: a hand-over that nobody
    has confirmed, an errand. late_since -- see `board_lines.line_of`."""
    found = _of(uow, _TASKS_BEYOND, listed, late=late_since, now=uow.now)
    silent = silences.places(uow)
    return [
        (code, reference)
        for code, reference, key, hand_over_is_late in found
        if hand_over_is_late or not silent or unasked.any_red(uow, uow.get(Call, key), silent)
    ]


def _of(
    uow: UnitOfWork, beyond: Select[*tuple[Any, ...]], listed: Sequence[ListedCall], **asked: Any
) -> Sequence[Any]:
    last = {"last": listed[-1].received_at, "last_id": listed[-1].id}
    return uow.session.execute(beyond, last | asked).all()
