"""A call-back that a caller was promised: it stays what they were told, until whoever was to come
is there or somebody has rung them."""

from datetime import datetime, timedelta

from sqlalchemy import select

from triage.domain.lifecycle import ON_SITE, TAKEN, WANTED
from triage.services import errands
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.errands import Errand
from triage.storage.unit_of_work import UnitOfWork

KIND = "promise"
AGAIN = timedelta(minutes=5)
"""After a try that reached nobody."""
BY_PHONE, OTHERS = "phone_back", "others_back"
"""What was promised of who speaks with the caller, and of whoever is still to come: see
`domain.who_comes.promise`."""


def stands_until(uow: UnitOfWork, call: Call) -> datetime | None:
    """When the caller was told that we ring; None where that is over, or nobody told them."""
    errand = errands.waiting(uow, call, KIND)
    return errand.due_at if errand and errand.due_at > uow.now else None


def waits(uow: UnitOfWork, call: Call) -> bool:
    """Was one promised that is not over, though its time may be?"""
    return errands.waiting(uow, call, KIND) is not None


def last_ended(uow: UnitOfWork, call: Call) -> datetime | None:
    """When the last one was over; None where none ever was."""
    ended = [one.ended_at for one in errands.of_call(uow, call) if one.kind == KIND]
    return max((at for at in ended if at), default=None)


def told(uow: UnitOfWork, call: Call, at: datetime | None, how: str | None) -> None:
    """The caller has heard it. Who hears another time than before is not owed the first."""
    errand = errands.waiting(uow, call, KIND)
    if errand is not None and how is not None and errand.due_at == at:
        errand.details = {"how": how}
        return
    if errand is not None:
        errands.end(uow, errand, "told")
    if at is not None and how is not None:
        errands.add(uow, call, KIND, at, how=how)


def arrived(uow: UnitOfWork, call: Call) -> None:
    """Somebody is there: it was promised for the case that nobody would be, or not all."""
    errand = errands.waiting(uow, call, KIND)
    if errand is None or errand.details["how"] == BY_PHONE:
        return
    if errand.details["how"] != OTHERS or not _anybody_missing(uow, call):
        errands.end(uow, errand, "came")


def _anybody_missing(uow: UnitOfWork, call: Call) -> bool:
    at_the_door = (
        select(Slot)
        .join(Dispatch)
        .where(Dispatch.call_id == call.id, Dispatch.reached_by != "transfer")
    )
    return any(slot.state in WANTED | TAKEN - ON_SITE for slot in uow.session.scalars(at_the_door))


def spoken_with(uow: UnitOfWork, call: Call) -> None:
    """Somebody speaks with the caller on the telephone."""
    errand = errands.waiting(uow, call, KIND)
    if errand is not None and errand.details["how"] == BY_PHONE:
        errands.end(uow, errand, "came")


def rung(uow: UnitOfWork, call: Call, outcome: str = "rung") -> bool:
    """The caller was called back, or may not be. False where nothing was promised."""
    errand = errands.waiting(uow, call, KIND)
    if errand is not None:
        errands.end(uow, errand, outcome)
    return errand is not None


def not_reached(uow: UnitOfWork, errand: Errand) -> None:
    """They did not answer: it is to be tried again."""
    uow.audit(f"{KIND}.not_reached", errand)
    errands.next_turn(uow, errand, uow.now + AGAIN)
