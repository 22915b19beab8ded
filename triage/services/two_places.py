"""One person is on scene at two calls. They can only be at one: they have left the other and not
said so, or named the wrong code. What they said stands, for it may be true, and nobody's place is
ended on a guess: they are asked, and the desk sees it on both calls, until one is cleared."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import Row, select

from triage.domain.lifecycle import ON_SITE
from triage.storage.calls import Call
from triage.storage.dispatches import BUSY_SLOT, Dispatch, Slot
from triage.storage.unit_of_work import UnitOfWork

_ON_SITE = (
    select(Slot.id, Slot.responder_id, Call.code)
    .join(Dispatch, Dispatch.id == Slot.dispatch_id)
    .join(Call, Call.id == Dispatch.call_id)
    .where(
        BUSY_SLOT,
        Slot.state.in_(sorted(ON_SITE)),
        Slot.responder_id.is_not(None),
    )
    .order_by(Call.received_at, Call.id)
)


def standing(uow: UnitOfWork) -> Mapping[UUID, Sequence[str]]:
    """By place: the codes of the other calls where whoever has it is on scene too."""
    return _among(uow.session.execute(_ON_SITE).all())


def also_at(uow: UnitOfWork, slot: Slot) -> Sequence[str]:
    """As `standing`, of one place."""
    if slot.state not in ON_SITE or slot.responder_id is None:
        return ()
    theirs = _ON_SITE.where(Slot.responder_id == slot.responder_id)
    return _among(uow.session.execute(theirs).all()).get(slot.id, ())


def _among(rows: Sequence[Row[UUID, UUID | None, str]]) -> Mapping[UUID, Sequence[str]]:
    codes: dict[UUID | None, list[str]] = {}
    for _, who, code in rows:
        codes.setdefault(who, []).append(code)
    others = {key: [one for one in codes[who] if one != code] for key, who, code in rows}
    return {key: found for key, found in others.items() if found}
