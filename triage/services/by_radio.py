"""Units without a phone in this system are told of a danger by radio: until somebody says that it
is done, that is the desk's to do."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from triage.domain.errors import Conflict
from triage.domain.lifecycle import TAKEN
from triage.domain.words import listed, msgid
from triage.services import errands
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.unit_of_work import UnitOfWork

KIND = "radio"
PATIENCE = timedelta(minutes=1)
"""After this it is told that nobody has said it yet."""


def owe(uow: UnitOfWork, call: Call, facts: Iterable[str]) -> None:
    """facts -- what the danger was learned from; its words stay with the answers."""
    if not (units := under_way(uow, call)):
        return
    errand = errands.waiting(uow, call, KIND)
    if errand is None:
        errands.add(uow, call, KIND, uow.now + PATIENCE, units=units, facts=sorted(facts))
        return
    more: dict[str, Any] = {"units": units, "facts": sorted({*errand.details["facts"], *facts})}
    errand.details = errand.details | more
    uow.audit("radio.more", errand, **more)
    errands.next_turn(uow, errand, uow.now + PATIENCE)


def under_way(uow: UnitOfWork, call: Call) -> list[str]:
    units = (
        select(Slot.unit)
        .join(Dispatch)
        .where(Dispatch.call_id == call.id, Slot.state.in_(sorted(TAKEN)))
        .where(Slot.responder_id.is_(None), Dispatch.reached_by != "transfer")
    )
    return sorted({unit for unit in uow.session.scalars(units) if unit})


def left(uow: UnitOfWork, call: Call) -> None:
    """Somebody without a phone here is done or does not come: they need not be told any more."""
    if (errand := errands.waiting(uow, call, KIND)) is None:
        return
    there = under_way(uow, call)
    if still := [unit for unit in errand.details["units"] if unit in there]:
        errand.details = errand.details | {"units": still}
    else:
        errands.end(uow, errand, "left")


def standing_down(uow: UnitOfWork, call: Call, before: Iterable[str], said: str) -> str:
    """What was done, and whom the desk has to tell of it; before -- who was under way until now."""
    if not (units := sorted(set(before).difference(under_way(uow, call)))):
        return said
    told = msgid(
        "TELL %(units)s BY RADIO that nobody need come: nothing here tells them.",
        units=listed(", ", units),
    )
    return listed(" ", (said, told))


def told(uow: UnitOfWork, call: Call, turn: int) -> None:
    """turn -- what the person saw: more may have been learned meanwhile. Raises Conflict."""
    errand = errands.must_wait(uow, call, KIND)
    if turn != errand.turn:
        raise Conflict(msgid("more is dangerous there than you saw: look again"))
    errands.end(uow, errand, "told")
