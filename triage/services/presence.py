"""Who has the page of a call open, and types there: told to the others within seconds.

A page says so of itself every few seconds, and that it is left. A row that was not renewed is no
longer told, and deleted when the next page speaks.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select

from triage.services.actors import account_of
from triage.storage.calls import Call
from triage.storage.held_calls import Presence
from triage.storage.people import Account
from triage.storage.unit_of_work import UnitOfWork

SEEN_FOR = timedelta(seconds=25)
TYPES_FOR = timedelta(seconds=8)
_KEPT = timedelta(minutes=1)


@dataclass(frozen=True)
class Here:
    name: str
    types: bool


def note(uow: UnitOfWork, call: Call, *, types: bool, left: bool = False) -> None:
    """Whoever asks has this page open, types in it, or has left it."""
    me = account_of(uow.actor)
    uow.session.execute(delete(Presence).where(Presence.seen_at < uow.now - _KEPT))
    mine = select(Presence).where(Presence.call_id == call.id, Presence.account_id == me)
    known = uow.session.scalar(mine)
    if left or me is None:
        if known is not None:
            uow.session.delete(known)
        return
    if known is None:
        known = uow.add(Presence(call_id=call.id, account_id=me, seen_at=uow.now, typed_at=None))
    known.seen_at = uow.now
    if types:
        known.typed_at = uow.now


def others(uow: UnitOfWork, call: Call, me: UUID) -> list[Here]:
    """Who else looks at this call now."""
    query = (
        select(Presence, Account)
        .join(Account, Account.id == Presence.account_id)
        .where(
            Presence.call_id == call.id,
            Presence.account_id != me,
            Presence.seen_at > uow.now - SEEN_FOR,
        )
    )
    found = [
        Here(account.name or account.username, _types(uow, row))
        for row, account in uow.session.execute(query)
    ]
    return sorted(found, key=lambda one: one.name.casefold())


def _types(uow: UnitOfWork, row: Presence) -> bool:
    return row.typed_at is not None and row.typed_at > uow.now - TYPES_FOR
