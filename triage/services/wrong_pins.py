"""Somebody typed too many wrong PINs where their address would be read to them: until none of
theirs rests any more only the desk can read it, once it is sure who asks."""

from triage.domain.errors import Conflict
from triage.domain.lifecycle import ON_SITE, TAKEN
from triage.domain.words import msgid
from triage.services import team_errands
from triage.storage.dispatches import Dispatch, Slot
from triage.storage.unit_of_work import UnitOfWork

KIND = "pin"


def too_many(uow: UnitOfWork, slot: Slot) -> None:
    if slot.state in TAKEN - ON_SITE:
        team_errands.ask(uow, slot.dispatch.call, KIND, [slot], uow.now)


def read(uow: UnitOfWork, slot: Slot) -> None:
    """The telephone has read it to them after all."""
    team_errands.done(uow, slot, KIND, "read")


def told(uow: UnitOfWork, slot: Slot) -> None:
    """The desk has read it to them. Raises Conflict where there is nothing to do any more."""
    if not team_errands.done(uow, slot, KIND, "told"):
        raise Conflict(msgid("somebody has done this already, or they know the way by now"))


def look(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """Something of the dispatch has changed: who is there, or comes no more, needs no address."""
    coming = [slot for slot in dispatch.slots if slot.state in TAKEN - ON_SITE]
    team_errands.drop(uow, dispatch, KIND, coming)
