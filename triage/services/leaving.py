"""Whoever signs out at the desk: what they would leave to nobody, and that it is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from triage.services import alarm_lists, alarms, at_the_desk, held_calls, people, unsaved_calls
from triage.services.centre import Centre
from triage.services.people import Person
from triage.storage.held_calls import HeldCall
from triage.storage.safety import Alarm
from triage.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class InHand:
    """What waits for one person at the desk."""

    calls: Sequence[HeldCall]
    alarms: Sequence[Alarm]
    """Which they took, and which are not over."""
    forms: Sequence[tuple[UUID, str]]
    """Calls that they have begun to take: where, as the caller says it."""

    def __bool__(self) -> bool:
        return bool(self.calls or self.alarms or self.forms)


def in_hand(uow: UnitOfWork, person: Person) -> InHand:
    return InHand(
        held_calls.of_person(uow, person.account_id),
        alarm_lists.of_holder(uow, person.actor),
        unsaved_calls.of_person(uow, person),
    )


def sign_out(uow: UnitOfWork, centre: Centre, person: Person) -> None:
    """Unless a page of theirs is open elsewhere, what they had is left to their colleagues."""
    people.sign_out(uow, person)
    uow.session.flush()
    if at_the_desk.gone(uow, centre, {person.account_id}):
        held_calls.leave_all(uow, person.account_id)
        alarms.leave_all(uow, centre, person.actor)
