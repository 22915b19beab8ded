"""A danger that does not stand any more, because its answer was corrected or taken back: whoever
goes there believes it still. The desk reads who that is, and tells them."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from triage.domain import safety_wording
from triage.domain.errors import Conflict
from triage.domain.lifecycle import TAKEN
from triage.domain.words import msgid
from triage.services import by_radio, errands
from triage.services.centre import Centre
from triage.services.stand_downs import tell
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.errands import Errand
from triage.storage.unit_of_work import UnitOfWork

KIND = "corrected"
PATIENCE = timedelta(minutes=5)
"""They are more careful than they need be: less urgent than a danger they do not know of."""


def look(uow: UnitOfWork, call: Call, before: Mapping[str, int], now: Mapping[str, int]) -> None:
    """before, now -- the dangers that stood and that stand, by fact. Everybody under way was told
    of those before, as a text, by radio or when they were sent."""
    errand = errands.waiting(uow, call, KIND)
    known = set(errand.details["facts"]) if errand else set()
    facts = (known | set(before)) - set(now)
    if errand is not None and not facts:
        errands.end(uow, errand, "again")
    elif not facts <= known:
        _owe(uow, call, errand, facts)
    elif errand is not None:
        errand.details = errand.details | {"facts": sorted(facts)}


def _owe(uow: UnitOfWork, call: Call, errand: Errand | None, facts: Iterable[str]) -> None:
    owed: dict[str, Any] = {"facts": sorted(facts)}
    owed["texts"] = sorted({slot.team.name for slot in with_phones(uow, call) if slot.team})
    owed["units"] = _by_radio(uow, call)
    if not owed["texts"] and not owed["units"]:
        return
    if errand is None:
        errands.add(uow, call, KIND, uow.now + PATIENCE, **owed)
        return
    errand.details = owed
    uow.audit(f"{KIND}.more", errand, **owed)
    errands.next_turn(uow, errand, uow.now + PATIENCE)


def with_phones(uow: UnitOfWork, call: Call) -> Iterable[Slot]:
    under_way = (
        select(Slot)
        .join(Dispatch)
        .where(Dispatch.call_id == call.id, Slot.state.in_(sorted(TAKEN)))
        .where(Slot.responder_id.is_not(None), Dispatch.reached_by == "page")
    )
    return uow.session.scalars(under_way).all()


def _by_radio(uow: UnitOfWork, call: Call) -> list[str]:
    """But for those whom nobody has told of the danger yet."""
    untold = errands.waiting(uow, call, by_radio.KIND)
    names = untold.details["units"] if untold else ()
    return [unit for unit in by_radio.under_way(uow, call) if unit not in names]


def text(uow: UnitOfWork, centre: Centre, call: Call, turn: int) -> None:
    """Whoever has a phone here is texted; the others are still to be told. Raises Conflict."""
    errand = _seen(uow, call, turn)
    for slot in with_phones(uow, call):
        tell(uow, centre, slot, safety_wording.danger_corrected(call.code), priority=0)
    uow.audit(f"{KIND}.texted", errand, texts=errand.details["texts"])
    if errand.details["units"]:
        errand.details = errand.details | {"texts": []}
    else:
        errands.end(uow, errand, "told")


def told(uow: UnitOfWork, call: Call, turn: int) -> None:
    """Raises Conflict."""
    errands.end(uow, _seen(uow, call, turn), "told")


def _seen(uow: UnitOfWork, call: Call, turn: int) -> Errand:
    errand = errands.must_wait(uow, call, KIND)
    if turn != errand.turn:
        raise Conflict(msgid("more has changed than you saw: look again"))
    return errand
