"""Whom to call back and where they are, for whoever makes the contact that was promised."""

from triage.domain.lifecycle import FollowUpState
from triage.services.people import Person
from triage.storage.follow_ups import FollowUp

_DESK = frozenset({"dispatcher", "supervisor"})


def may_see(person: Person, follow_up: FollowUp) -> bool:
    """Number and place, while there is something to do: the desk of all, a clinician of what they
    owe, and of what somebody in the field owes as long as that is nobody by name."""
    if follow_up.state is not FollowUpState.OPEN:
        return False
    if person.role in _DESK:
        return True
    if follow_up.owner is not None:
        return follow_up.owner.account_id == person.account_id
    return follow_up.owner_role not in _DESK
