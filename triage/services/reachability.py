"""The red list: who is needed now or soon and may not be reached by text."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from triage.domain.delivery import OPTED_OUT, Whose, failure_of
from triage.domain.lifecycle import TAKEN, MessageState
from triage.domain.reachability import BY_RADIO, LOOK_BACK, TO_DO, WORDS, Trouble, of_phone, worst
from triage.services import silences
from triage.storage.calls import Call
from triage.storage.dispatches import BUSY_SLOT, Dispatch, Slot
from triage.storage.messages import Message
from triage.storage.teams import Responder, Shift
from triage.storage.unit_of_work import UnitOfWork

SOON = timedelta(hours=2)
"""Whoever begins within this time is on the list already: time to do something about it."""
_OLD = timedelta(days=30)
"""What became of a text so long ago tells nothing of today."""
_ENDED = (MessageState.DELIVERED, MessageState.UNDELIVERED, MessageState.FAILED)


@dataclass(frozen=True)
class Unreachable:
    """Somebody who may not be reached by text. in_hand -- the calls they are on."""

    responder: Responder
    shift: Shift | None
    troubles: Sequence[Trouble]
    in_hand: Sequence[Call]

    @property
    def words(self) -> Sequence[str]:
        return [WORDS[one] for one in self.troubles]

    @property
    def to_do(self) -> str:
        return BY_RADIO if self.by_radio else TO_DO[worst(self.troubles)]

    @property
    def by_radio(self) -> bool:
        """They have work in hand, and whoever is with them may hear us."""
        return bool(self.in_hand) and Trouble.SILENT_ALARM not in self.troubles


_MEMBERS = (
    select(Responder)
    .where(
        Responder.id.in_(bindparam("somebody", expanding=True)),
        or_(
            Responder.retired_at.is_(None),
            Responder.id.in_(bindparam("busy", expanding=True)),
        ),
    )
    .options(joinedload(Responder.team))
)


def red_list(uow: UnitOfWork) -> Sequence[Unreachable]:
    """Everybody on shift now or within two hours, or with work in hand, whom a text may not
    reach; those with work in hand first, then the worst."""
    shifts = _shifts(uow)
    in_hand = _in_hand(uow)
    asked = {"somebody": [*{*shifts, *in_hand}], "busy": [*in_hand]}
    members = uow.session.scalars(_MEMBERS, asked).all()
    found = troubles_of(uow, members, shifts)
    listed = [
        Unreachable(member, shifts.get(member.id), found[member.id], in_hand.get(member.id, []))
        for member in members
        if member.id in found
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


_SHIFTS = (
    select(Shift)
    .where(Shift.starts_at <= bindparam("soon"), Shift.ends_at > bindparam("now"))
    .order_by(Shift.starts_at.desc())
)


def _shifts(uow: UnitOfWork) -> dict[UUID, Shift]:
    """The shift that each member has now, else the one that begins soon."""
    rows = uow.session.scalars(_SHIFTS, {"soon": uow.now + SOON, "now": uow.now})
    return {shift.responder_id: shift for shift in rows}


_IN_HAND = (
    select(Slot.responder_id, Call)
    .join(Dispatch, Dispatch.id == Slot.dispatch_id)
    .join(Call, Call.id == Dispatch.call_id)
    .where(BUSY_SLOT, Slot.state.in_(sorted(TAKEN)), Slot.responder_id.is_not(None))
    .order_by(Call.received_at)
)


def _in_hand(uow: UnitOfWork) -> dict[UUID, list[Call]]:
    found: dict[UUID, list[Call]] = {}
    for responder_id, call in uow.session.execute(_IN_HAND):
        if responder_id is not None and call not in (calls := found.setdefault(responder_id, [])):
            calls.append(call)
    return found


def troubles_of(
    uow: UnitOfWork, members: Collection[Responder], shifts: Mapping[UUID, Shift]
) -> dict[UUID, list[Trouble]]:
    """What stands between each of these and a text, the worst first; who has nothing is left out.

    shifts -- the shift that each has now or next.
    """
    phones = _phones(uow, [member.phone_index for member in members if member.phone_index])
    silent = silences.silenced(uow)
    found = {}
    for member in members:
        shift = shifts.get(member.id)
        holds = {
            Trouble.SILENT_ALARM: member.id in silent,
            Trouble.PHONE_LOST: member.phone_lost_at is not None,
            Trouble.OPTED_OUT: member.opted_out_at is not None,
            Trouble.UNVERIFIED: member.verified_at is None and member.phone_lost_at is None,
            Trouble.UNCONFIRMED: shift is not None and is_unconfirmed(uow, shift),
        }
        phone = phones.get(member.phone_index or b"")
        troubles = [one for one in Trouble if holds.get(one) or one is phone]
        if troubles:
            found[member.id] = troubles
    return found


def is_unconfirmed(uow: UnitOfWork, shift: Shift) -> bool:
    """Were they asked, and did not answer in time?"""
    late = shift.answer_by is not None and shift.answer_by <= uow.now
    return late and shift.confirmed_at is None


def _outcomes() -> Select[bytes, MessageState, str | None]:
    """How the latest texts to some telephones ended, the newest first.

    First from when on there are enough, by telephone: whoever is texted all day has thousands.
    """
    whose, one = aliased(Responder), aliased(Message)
    enough = (
        select(one.created_at)
        .where(
            one.to_index == whose.phone_index,
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
        .where(Message.created_at >= phones.c.since, Message.state.in_(_ENDED))
        .order_by(Message.created_at.desc(), Message.id.desc())
    )


_OUTCOMES = _outcomes()


def _phones(uow: UnitOfWork, indexes: Iterable[bytes]) -> dict[bytes, Trouble]:
    """Telephones that the latest texts have not reached. Those that the provider lost for reasons
    of its own, or after STOP, tell nothing of the telephone."""
    asked = {"phones": list(indexes), "since": uow.now - _OLD}
    rows = uow.session.execute(_OUTCOMES, asked)
    outcomes: dict[bytes, list[tuple[MessageState, str | None]]] = {}
    for index, state, error in rows:
        lost = state is not MessageState.DELIVERED
        if not lost or (error != OPTED_OUT and failure_of(error).whose is Whose.NUMBER):
            outcomes.setdefault(index, []).append((state, error))
    found = {index: of_phone(latest) for index, latest in outcomes.items()}
    return {index: trouble for index, trouble in found.items() if trouble is not None}
