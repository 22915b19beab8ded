"""Who at the desk is there, and who is gone: signed out, or not seen for some minutes."""

from collections.abc import Set
from datetime import datetime, timedelta
from uuid import UUID

from triage.services import people
from triage.services.centre import Centre
from triage.storage.unit_of_work import UnitOfWork

UNHEARD_AFTER = timedelta(minutes=3)
"""An open page is heard of within half of it: theirs is closed, or their machine is dead."""


def unheard_min(uow: UnitOfWork, heard_at: datetime | None) -> int | None:
    """For how many minutes nothing was heard of somebody; None where they are there."""
    if heard_at is None or heard_at > uow.now - UNHEARD_AFTER:
        return None
    return (uow.now - heard_at) // timedelta(minutes=1)


def gone(uow: UnitOfWork, centre: Centre, accounts: Set[UUID]) -> set[UUID]:
    """Those of these accounts that nobody can count on now."""
    heard = people.heard_of(uow, centre, accounts) if accounts else {}
    return {
        one
        for one in accounts
        if heard.get(one, uow.now - UNHEARD_AFTER) <= uow.now - UNHEARD_AFTER
    }
