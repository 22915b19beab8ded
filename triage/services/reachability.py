"""The red list: who is needed now or soon and may not be reached by text."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, case, func, select
from sqlalchemy.orm import aliased, joinedload

from triage.domain.delivery import OPTED_OUT, Whose, failure_of
from triage.domain.lifecycle import TAKEN, MessageState
from triage.domain.reachability import (
    BY_RADIO,
    LOOK_BACK,
    SILENCED,
    TO_DO,
    WORDS,
    Trouble,
    of_phone,
    worst,
)
from triage.services import silences
from triage.services.providers import SMS
from triage.storage.calls import Call
from triage.storage.dispatches import BUSY_SLOT, Dispatch, Slot
from triage.storage.messages import Message
from triage.storage.revisions import KEPT_FOR
from triage.storage.teams import Responder, Shift
from triage.storage.unit_of_work import UnitOfWork

SOON = timedelta(hours=2)
"""Whoever begins within this time is on the list already: time to do something about it."""
_OLD = timedelta(days=30)
"""What became of a text so long ago tells nothing of today."""
_ENDED = (MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.FAILED)


class CallInHand(NamedTuple):
    code: str
    reference: str


class Member(NamedTuple):
    """What tells whether a text reaches somebody, but for what became of the latest ones."""

    phone_index: bytes | None
    is_lost: bool
    is_out: bool
    """They texted STOP."""
    is_verified: bool
    unanswered: datetime | None = None
    """By when they were to confirm their shift, if they have not."""


class OnShift(NamedTuple):
    """A shift that is on or soon will be."""

    responder_id: UUID
    member: Member
    is_retired: bool
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Unreachable:
    """Somebody who may not be reached by text. in_hand -- the calls they are on."""

    responder: Responder
    shift: OnShift | None
    troubles: Sequence[Trouble]
    in_hand: Sequence[CallInHand]

    @property
    def words(self) -> Sequence[str]:
        return [WORDS[one] for one in self.troubles]

    @property
    def to_do(self) -> str:
        return BY_RADIO if self.by_radio else TO_DO[worst(self.troubles)]

    @property
    def by_radio(self) -> bool:
        """They have work in hand, and whoever is with them may hear us."""
        return bool(self.in_hand) and SILENCED.isdisjoint(self.troubles)


def red_list(uow: UnitOfWork) -> Sequence[Unreachable]:
    """Everybody on shift now or within two hours, or with work in hand, whom a text may not
    reach; those with work in hand first, then the worst."""
    in_hand, members = _in_hand(uow)
    shifts = _shifts(uow)
    members |= {
        key: one.member for key, one in shifts.items() if not one.is_retired or key in in_hand
    }
    if not (found := _troubles(uow, members)):
        return []
    who = select(Responder).where(Responder.id.in_(found)).options(joinedload(Responder.team))
    listed = [
        Unreachable(one, shifts.get(one.id), found[one.id], in_hand.get(one.id, []))
        for one in uow.session.scalars(who)
    ]
    order = list(Trouble)
    return sorted(
        listed,
        key=lambda one: (
            not one.in_hand,
            order.index(one.troubles[0]),
            one.responder.team.name,
            str(one.responder.id),
        ),
    )


_OF_MEMBER = (
    Responder.id,
    Responder.phone_index,
    Responder.phone_lost_at.is_not(None),
    Responder.opted_out_at.is_not(None),
    Responder.verified_at.is_not(None),
)
_ON_SHIFT = (
    select(
        *_OF_MEMBER,
        case((Shift.confirmed_at.is_(None), Shift.answer_by)),
        Responder.retired_at.is_not(None),
        Shift.starts_at,
        Shift.ends_at,
    )
    .join(Shift, Shift.responder_id == Responder.id)
    .where(Shift.starts_at <= bindparam("soon"), Shift.ends_at > bindparam("now"))
    .order_by(Shift.starts_at.desc())
)


def _shifts(uow: UnitOfWork) -> dict[UUID, OnShift]:
    """The shift that each member has now, else the one that begins soon."""
    ahead = uow.lasting("on shift or soon", _on_shift, of=(Responder, Shift))
    return {
        one.responder_id: one
        for one in ahead
        if one.starts_at <= uow.now + SOON and one.ends_at > uow.now
    }


def _on_shift(uow: UnitOfWork) -> list[OnShift]:
    asked = {"soon": uow.now + SOON + KEPT_FOR, "now": uow.now}
    rows = uow.session.execute(_ON_SHIFT, asked)
    return [
        OnShift(key, Member(index, lost, out, verified, unanswered), retired, starts_at, ends_at)
        for key, index, lost, out, verified, unanswered, retired, starts_at, ends_at in rows
    ]


_IN_HAND = (
    select(*_OF_MEMBER, Call.code, Call.reference)
    .join(Slot, Slot.responder_id == Responder.id)
    .join(Dispatch, Dispatch.id == Slot.dispatch_id)
    .join(Call, Call.id == Dispatch.call_id)
    .where(BUSY_SLOT, Slot.state.in_(sorted(TAKEN)))
    .order_by(Call.received_at)
)


def _in_hand(uow: UnitOfWork) -> tuple[dict[UUID, list[CallInHand]], dict[UUID, Member]]:
    """The calls that members are on, and who these members are."""
    found: dict[UUID, list[CallInHand]] = {}
    members: dict[UUID, Member] = {}
    rows = uow.session.execute(_IN_HAND)
    for key, index, lost, out, verified, code, reference in rows:
        members[key] = Member(index, lost, out, verified)
        call, calls = CallInHand(code, reference), found.setdefault(key, [])
        if call not in calls:
            calls.append(call)
    return found, members


def troubles_of(
    uow: UnitOfWork, members: Iterable[Responder], shifts: Mapping[UUID, Shift]
) -> dict[UUID, list[Trouble]]:
    """What stands between each of these and a text, the worst first; who has nothing is left out.

    shifts -- the shift that each has now or next.
    """
    return _troubles(uow, {one.id: _member(one, shifts.get(one.id)) for one in members})


def _member(one: Responder, shift: Shift | None) -> Member:
    return Member(
        one.phone_index,
        one.phone_lost_at is not None,
        one.opted_out_at is not None,
        one.verified_at is not None,
        shift.answer_by if shift and shift.confirmed_at is None else None,
    )


def _troubles(uow: UnitOfWork, members: Mapping[UUID, Member]) -> dict[UUID, list[Trouble]]:
    phones = _phones(uow, [one.phone_index for one in members.values() if one.phone_index])
    silent, raised = silences.silenced(uow), silences.who_raised(uow)
    found = {}
    for key, one in members.items():
        phone = phones.get(one.phone_index or b"")
        holds = (  # the worst first
            (Trouble.SILENT_ALARM, key in raised),
            (Trouble.COLLEAGUES_ALARM, key in silent - raised),
            (Trouble.PHONE_LOST, one.is_lost),
            (Trouble.OPTED_OUT, one.is_out),
            (Trouble.UNVERIFIED, not (one.is_verified or one.is_lost)),
            (phone, phone is not None),
            (Trouble.UNCONFIRMED, one.unanswered is not None and one.unanswered <= uow.now),
        )
        if troubles := [trouble for trouble, it_holds in holds if trouble and it_holds]:
            found[key] = troubles
    return found


def _outcomes() -> Select[bytes, MessageState, str | None]:
    """How the latest texts to some telephones ended, the newest first.

    First from when on there are enough, by telephone: whoever is texted all day has thousands.
    """
    whose, one = aliased(Responder), aliased(Message)
    enough = (
        select(one.created_at)
        .where(
            one.to_index == whose.phone_index,
            one.channel == SMS,
            one.state.in_(_ENDED),
            one.created_at > bindparam("since"),
        )
        .order_by(one.created_at.desc())
        .offset(2 * LOOK_BACK - 1)
        .limit(1)
        .scalar_subquery()
    )
    phones = (
        select(whose.phone_index, func.coalesce(enough, bindparam("since")).label("since"))
        .where(whose.phone_index.in_(bindparam("phones", expanding=True)))
        .distinct()
        .cte("phones")
        .prefix_with("MATERIALIZED")
    )
    return (
        select(Message.to_index, Message.state, Message.last_error)
        .join(phones, phones.c.phone_index == Message.to_index)
        .where(
            Message.created_at >= phones.c.since,
            Message.channel == SMS,
            Message.state.in_(_ENDED),
        )
        .order_by(Message.created_at.desc(), Message.id.desc())
    )


_OUTCOMES = _outcomes()


def _phones(uow: UnitOfWork, indexes: Iterable[bytes]) -> dict[bytes, Trouble]:
    """Telephones that the latest texts have not reached. Those that the provider lost for reasons
    of its own, or after STOP, tell nothing of the telephone; nor do calls: a landline rings."""
    asked = {"phones": list(indexes), "since": uow.now - _OLD}
    rows = uow.session.execute(_OUTCOMES, asked)
    outcomes: dict[bytes, list[tuple[MessageState, str | None]]] = {}
    for index, state, error in rows:
        lost = state is not MessageState.DELIVERED
        if not lost or (error != OPTED_OUT and failure_of(error).whose is Whose.NUMBER):
            outcomes.setdefault(index, []).append((state, error))
    found = {index: of_phone(latest) for index, latest in outcomes.items()}
    return {index: trouble for index, trouble in found.items() if trouble is not None}
