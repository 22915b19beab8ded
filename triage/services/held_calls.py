"""Who at the desk has a call: taken, given to a colleague who accepts, given back.

Whoever has it is asked first and answers for it; anybody else may still act on it. It is theirs
only while they are signed in: the board is loud about a call whose holder has left.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import load_only

from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import CallState
from triage.domain.words import msgid
from triage.services import people
from triage.services.actors import account_of
from triage.services.at_the_desk import unheard_min
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import LISTED_ONES, OPEN_CALL, Call
from triage.storage.held_calls import HeldCall
from triage.storage.people import Account
from triage.storage.unit_of_work import UnitOfWork

DESK = ("dispatcher", "supervisor")
_OPEN = (CallState.OPEN, CallState.ASKING)


@dataclass(frozen=True)
class Holder:
    """Who has a call, as screens say it."""

    account_id: UUID | None
    """None when it was given back."""
    name: str
    since: datetime
    there: bool
    """Still signed in."""
    unheard_min: int | None
    """They are, and for so many minutes neither they nor a page of theirs was heard of."""
    offered_to: UUID | None
    offered_name: str


_HELD = select(HeldCall.call_id, HeldCall.account_id, HeldCall.since, HeldCall.offered_to)
_OF_LISTED_CALLS = _HELD.where(HeldCall.call_id.in_(LISTED_ONES))


def of_listed_calls(uow: UnitOfWork, centre: Centre, last: datetime) -> Mapping[UUID, Holder]:
    """By call of the board; one that nobody ever took is not among them.

    last -- see LISTED_ONES."""
    return _shown(uow, centre, uow.session.execute(_OF_LISTED_CALLS, {"last": last}).all())


def of_call(uow: UnitOfWork, centre: Centre, call: Call) -> Holder | None:
    held = _held(uow, call)
    return _shown(uow, centre, [held] if held else []).get(call.id)


def _shown(uow: UnitOfWork, centre: Centre, rows: Sequence[Any]) -> dict[UUID, Holder]:
    keys = {key for row in rows for key in (row.account_id, row.offered_to) if key}
    names = names_of(uow, keys) if keys else {}
    heard = people.heard_of(uow, centre, keys) if keys else {}
    return {
        row.call_id: Holder(
            account_id=row.account_id,
            name=names.get(row.account_id, ""),
            since=row.since,
            there=row.account_id in heard,
            unheard_min=unheard_min(uow, heard.get(row.account_id)),
            offered_to=row.offered_to,
            offered_name=names.get(row.offered_to, ""),
        )
        for row in rows
    }


_NAMED = (
    select(Account)
    .where(Account.id.in_(bindparam("keys", expanding=True)))
    .options(load_only(Account.username, Account.name_sealed))
)


def names_of(uow: UnitOfWork, keys: Iterable[UUID]) -> dict[UUID | None, str]:
    """How these accounts are called."""
    accounts = uow.session.scalars(_NAMED, {"keys": list(keys)})
    return {account.id: account.name or account.username for account in accounts}


def colleagues(uow: UnitOfWork, centre: Centre, me: UUID) -> list[tuple[UUID, str]]:
    """Who else of the desk is signed in."""
    query = select(Account).where(
        Account.role.in_(DESK), Account.disabled_at.is_(None), Account.id != me
    )
    others = uow.session.scalars(query).all()
    there = people.signed_in(uow, centre, {one.id for one in others})
    named = [(one.id, one.name or one.username) for one in others if one.id in there]
    return sorted(named, key=lambda one: one[1].casefold())


def hold(uow: UnitOfWork, call: Call) -> None:
    """Whoever typed the call has it. Programs have none."""
    if (me := account_of(uow.actor)) is not None:
        uow.add(HeldCall(call_id=call.id, account_id=me, since=uow.now, offered_to=None))


def take(uow: UnitOfWork, centre: Centre, call: Call, seen: UUID | None) -> Holder | None:
    """Returns who had it until now, if anybody.

    seen -- who had it on the screen of whoever takes it. Raises Conflict when that is true no
    more: of two who take a call one has it.
    """
    must_be_open(call)
    me, held = _me(uow), _held(uow, call)
    if held is None:
        hold(uow, call)
        uow.audit("call.held", call)
        return None
    before, shown = held.account_id, of_call(uow, centre, call)
    if before == me:
        held.offered_to = None
        return None
    if before not in {seen, None}:
        raise Conflict(
            msgid("%(name)s has taken this call meanwhile", name=names_of(uow, [before])[before])
        )
    held.account_id, held.since, held.offered_to = me, uow.now, None
    if before is None or shown is None:
        uow.audit("call.held", call)
        return None
    unheard_min = shown.unheard_min
    uow.audit("call.taken_over", call, from_whom=f"account:{before}", unheard_min=unheard_min)
    return shown


def offer(uow: UnitOfWork, centre: Centre, call: Call, to: UUID | None) -> str:
    """Give it to a colleague, who accepts; until then it stays with whoever gives it. Returns the
    colleague's name."""
    must_be_open(call)
    held = _mine(uow, call)
    names = dict(colleagues(uow, centre, _me(uow)))
    if to is None or to not in names:
        raise Refused(msgid("Choose who shall have the call: somebody who is signed in."), "to")
    held.offered_to = to
    uow.audit("call.offered", call)
    return names[to]


def decline(uow: UnitOfWork, call: Call) -> None:
    held = _held(uow, call)
    if held is None or held.offered_to != _me(uow):
        raise Conflict(msgid("this call is not offered to you any more"))
    held.offered_to = None
    uow.audit("call.offer_declined", call)


def give_back(uow: UnitOfWork, call: Call) -> None:
    """Nobody has it from now on, and the board says so."""
    held = _mine(uow, call)
    held.account_id, held.since, held.offered_to = None, uow.now, None
    uow.audit("call.given_back", call, why="by_hand")


def leave_all(uow: UnitOfWork, account_id: UUID) -> None:
    """Whoever signed out is named on their calls, which nobody has until another takes them."""
    for held in of_person(uow, account_id):
        held.offered_to = None
        uow.audit("call.given_back", held.call, why="signed_out")
    for held in offered(uow, account_id):
        held.offered_to = None


def of_person(uow: UnitOfWork, me: UUID) -> Sequence[HeldCall]:
    """The open calls that are mine, the oldest first."""
    # Found among the open ones: what somebody has had in ten years is many times more.
    query = select(HeldCall).join(Call).where(OPEN_CALL).order_by(Call.received_at)
    return [held for held in uow.session.scalars(query) if held.account_id == me]


def offered(uow: UnitOfWork, me: UUID) -> Sequence[HeldCall]:
    """Calls that somebody gives to me."""
    query = select(HeldCall).join(Call).where(OPEN_CALL, HeldCall.offered_to == me)
    return uow.session.scalars(query).all()


def _held(uow: UnitOfWork, call: Call) -> HeldCall | None:
    return uow.session.scalar(select(HeldCall).where(HeldCall.call_id == call.id))


def _mine(uow: UnitOfWork, call: Call) -> HeldCall:
    held = _held(uow, call)
    if held is None or held.account_id != _me(uow):
        raise Conflict(msgid("somebody else has this call, or nobody: look again"))
    return held


def _me(uow: UnitOfWork) -> UUID:
    if (me := account_of(uow.actor)) is None:
        raise Refused(msgid("only people at the desk have calls"))
    return me
