"""Who looked at a call, or at a list of calls: each opening is written down once."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from triage.services.centre import Centre
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call
from triage.storage.people import SignIn
from triage.storage.unit_of_work import UnitOfWork


def note_opening(uow: UnitOfWork, centre: Centre, call: Call) -> None:
    """Somebody looks at a call's details: audited once for each opening, not for each look."""
    if not opened_within(uow, call, uow.actor, timedelta(minutes=centre.policy.opening_min)):
        uow.audit("call.looked_at", call)


def opened_within(uow: UnitOfWork, call: Call, actor: str, time: timedelta) -> bool:
    """Did this person open the call in the time just past?"""
    known = uow.session.scalar(
        select(AuditEntry.id)
        .where(
            AuditEntry.call_id == call.id,
            AuditEntry.event == "call.looked_at",
            AuditEntry.actor == actor,
            AuditEntry.created_at > uow.now - time,
        )
        .limit(1)
    )
    return known is not None


def note_list(uow: UnitOfWork, sign_in_id: UUID, view: str) -> None:
    """Somebody opens a list that tells what was said on calls; which stood there is not written."""
    uow.audit("list.looked_at", uow.get(SignIn, sign_in_id), view=view)
