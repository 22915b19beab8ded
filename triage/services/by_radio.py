"""Units without a phone in this system are told by radio of a danger, or that they need not come:
until somebody says that it is done, that is the desk's to do."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import ON_SITE, TAKEN
from triage.domain.words import listed, msgid
from triage.services import errands, silences
from triage.services.unsafe import withdrew_at
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.errands import Errand
from triage.storage.unit_of_work import UnitOfWork

KIND = "radio"
TEAM_LEFT = "team_left"
"""Among the facts from which a danger was learned: no answer, a team that had to leave."""
OFF = "stand_down"
"""They need not come. It outlives the call: who is not told still drives."""
PATIENCE = timedelta(minutes=1)
"""After this it is told that nobody has said it yet."""


def owe(uow: UnitOfWork, call: Call, facts: Iterable[str]) -> None:
    """All under way. facts -- what the danger was learned from; its words stay with the answers."""
    if units := under_way(uow, call):
        _owe(uow, call, facts, units, errands.waiting(uow, call, KIND))


def _owe(
    uow: UnitOfWork, call: Call, facts: Iterable[str], units: Sequence[str], errand: Errand | None
) -> None:
    if errand is None:
        errands.add(uow, call, KIND, uow.now + PATIENCE, units=units, facts=sorted(facts))
        return
    more: dict[str, Any] = {"units": units, "facts": sorted({*errand.details["facts"], *facts})}
    errand.details = errand.details | more
    uow.audit("radio.more", errand, **more)
    errands.next_turn(uow, errand, uow.now + PATIENCE)


def under_way(uow: UnitOfWork, call: Call) -> list[str]:
    """Who has no phone, or has stopped our texts; nobody whom a radio call would betray."""
    slots = (
        select(Slot)
        .join(Dispatch)
        .where(Dispatch.call_id == call.id, Slot.state.in_(sorted(TAKEN)))
        .where(Dispatch.reached_by != "transfer")
    )
    silent = silences.silenced(uow)
    there = [one for one in uow.session.scalars(slots) if one.responder_id not in silent]
    return sorted({name for slot in there if (name := _untold(slot))})


def left(uow: UnitOfWork, call: Call) -> None:
    """Somebody without a phone here is done or does not come: they need not be told any more."""
    if (errand := errands.waiting(uow, call, KIND)) is None:
        return
    there = under_way(uow, call)
    if still := [unit for unit in errand.details["units"] if unit in there]:
        errand.details = errand.details | {"units": still}
    else:
        errands.end(uow, errand, "left")


def stand_down(uow: UnitOfWork, call: Call, slots: Iterable[Slot]) -> None:
    """These are not wanted any more; nothing here tells those of them who have no phone, or have
    stopped our texts."""
    off = {
        name
        for slot in slots
        if slot.state in TAKEN - ON_SITE
        and slot.dispatch.reached_by != "transfer"  # a line drives nowhere
        and (name := _untold(slot))
    }
    if not off:
        return
    errand = errands.waiting(uow, call, OFF)
    if errand is None:
        errands.add(uow, call, OFF, uow.now + PATIENCE, units=sorted(off))
        return
    if off.issubset(errand.details["units"]):
        return
    errand.details = {"units": sorted({*errand.details["units"], *off})}
    uow.audit("stand_down.more", errand, **errand.details)
    errands.next_turn(uow, errand, uow.now + PATIENCE)


def comes(uow: UnitOfWork, call: Call, unit: str) -> None:
    """They are sent: where a team had to leave they must know, and nobody tells them any more that
    they need not come."""
    if withdrew_at(uow, call.id) is not None:
        errand = errands.waiting(uow, call, KIND)
        others = errand.details["units"] if errand is not None else []
        _owe(uow, call, [TEAM_LEFT], sorted({*others, unit}), errand)
    errand = errands.waiting(uow, call, OFF)
    if errand is None or unit not in errand.details["units"]:
        return
    if still := [one for one in errand.details["units"] if one != unit]:
        errand.details = {"units": still}
    else:
        errands.end(uow, errand, "comes")


def _untold(slot: Slot) -> str | None:
    if slot.responder is None:
        return slot.unit
    return slot.responder.team.name if slot.responder.opted_out_at is not None else None


_WAITS = Errand.kind == OFF, Errand.ended_at.is_(None)
_TO_STAND_DOWN = (
    select(Errand)
    .where(*_WAITS)
    .options(joinedload(Errand.call))
    .order_by(Errand.created_at, Errand.id)
)
ANY = select(Errand.id).where(*_WAITS).exists()
"""For `desk_lists`: is there any?"""


def to_stand_down(uow: UnitOfWork) -> Sequence[Errand]:
    """Whom the desk still has to tell that they need not come, whether or not the call is open."""
    return uow.session.scalars(_TO_STAND_DOWN).all()


def standing_down(uow: UnitOfWork, call: Call, said: str) -> str:
    """What was done, and whom the desk has to tell of it."""
    if (errand := errands.waiting(uow, call, OFF)) is None:
        return said
    told = msgid(
        "TELL %(units)s BY RADIO that they need not come: nothing here tells them.",
        units=listed(", ", errand.details["units"]),
    )
    return listed(" ", (said, told))


def told(uow: UnitOfWork, call: Call, turn: int) -> None:
    """turn -- what the person saw: more may have been learned meanwhile. Raises Conflict."""
    errand = errands.must_wait(uow, call, KIND)
    if turn != errand.turn:
        raise Conflict(msgid("more is dangerous there than you saw: look again"))
    errands.end(uow, errand, "told")


def told_off(uow: UnitOfWork, call: Call, turn: int) -> None:
    """turn -- what the person saw: more may have been cancelled meanwhile. Raises Conflict."""
    errand = errands.must_wait(uow, call, OFF)
    if turn != errand.turn:
        raise Conflict(msgid("more units are to be told than you saw: look again"))
    errands.end(uow, errand, "told")


def must_be_a_name(unit: str) -> None:
    """It is said on the radio and texted to others: no room for what happens there. Raises
    Refused."""
    if len(unit.strip()) > 40 or not unit.isprintable():
        raise Refused(msgid("Name the unit as on the radio, in at most 40 characters."), "unit")
