"""A shift goes to a colleague: one offers it, the other takes it, a supervisor agrees.

Until then it stays whose it is, so that nobody is off duty by mistake.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from triage.domain.errors import Conflict, NotFound, Refused
from triage.domain.lifecycle import SwapState
from triage.domain.words import msgid
from triage.services import shifts
from triage.services.centre import Centre
from triage.storage.swaps import ShiftSwap
from triage.storage.teams import Responder, Shift, Team
from triage.storage.unit_of_work import UnitOfWork

WAITING = (SwapState.OFFERED, SwapState.TAKEN)
_LISTED = 5
SOON = timedelta(hours=12)
"""A swap of a shift that begins within this is urgent."""


@dataclass(frozen=True)
class Swaps:
    waiting: Sequence[ShiftSwap]
    ended: Sequence[ShiftSwap]
    """The last ones, the newest first."""


def members_of(uow: UnitOfWork, account_id: UUID) -> Sequence[Responder]:
    """Who this person is in the teams."""
    mine = Responder.account_id == account_id
    return uow.session.scalars(_members().where(mine).order_by(Responder.created_at)).all()


def _members() -> Select[Responder]:
    in_use = select(Responder).join(Team, Team.id == Responder.team_id)
    whole = in_use.where(Responder.retired_at.is_(None), Team.retired_at.is_(None))
    return whole.options(joinedload(Responder.team))


def own_shifts(uow: UnitOfWork, account_id: UUID) -> Sequence[tuple[Shift, Responder]]:
    """Theirs, running and to come, the next first."""
    members = {member.id: member for member in members_of(uow, account_id)}
    ahead = select(Shift).where(Shift.responder_id.in_(members), Shift.ends_at > uow.now)
    found = uow.session.scalars(ahead.order_by(Shift.starts_at))
    return [(shift, members[shift.responder_id]) for shift in found]


def colleagues(uow: UnitOfWork, giver: Responder) -> Sequence[Responder]:
    """Who can stand in for them: of the same role, with all their skills, in a team that gives what
    theirs gives wherever theirs does, and with an account to answer by."""
    alike = _members().where(
        Responder.role == giver.role,
        Responder.id != giver.id,
        Responder.account_id.is_not(None),
        Responder.verified_at.is_not(None),
        Responder.opted_out_at.is_(None),
    )
    found = uow.session.scalars(alike.order_by(Team.name, Responder.created_at)).all()
    return [it for it in found if it.account_id != giver.account_id and _stands_in(it, giver)]


def _stands_in(taker: Responder, giver: Responder) -> bool:
    theirs, ours = taker.team, giver.team
    skilled = {*giver.skills, *ours.skills} <= {*taker.skills, *theirs.skills}
    everywhere = not theirs.zones or (bool(ours.zones) and {*ours.zones} <= {*theirs.zones})
    return skilled and everywhere and {*ours.responses} <= {*theirs.responses}


def offer(uow: UnitOfWork, shift: Shift, giver: Responder, taker_id: UUID | None) -> ShiftSwap:
    if shift.responder_id != giver.id:
        raise NotFound("no such shift of theirs")
    if shift.starts_at <= uow.now:
        raise Conflict(msgid("this shift has begun: phone dispatch"))
    taker = next((it for it in colleagues(uow, giver) if it.id == taker_id), None)
    if taker is None:
        raise Refused(msgid("Choose the colleague."), f"taker-{shift.id}")
    if _waiting_of(uow, shift) is not None:
        raise Conflict(msgid("this shift is offered already"))
    _must_be_free(uow, shift, taker)
    swap = uow.add(
        ShiftSwap(
            shift_id=shift.id,
            starts_at=shift.starts_at,
            ends_at=shift.ends_at,
            giver_id=giver.id,
            taker_id=taker.id,
            state=SwapState.OFFERED,
        )
    )
    uow.audit("swap.offered", swap, giver=str(giver.id), taker=str(taker.id))
    return swap


def _must_be_free(uow: UnitOfWork, shift: Shift, taker: Responder) -> None:
    theirs = select(Responder.id).where(Responder.account_id == taker.account_id)
    overlapping = select(Shift.id).where(
        Shift.responder_id.in_(theirs),
        Shift.starts_at < shift.ends_at,
        Shift.ends_at > shift.starts_at,
    )
    if uow.session.scalar(overlapping.limit(1)) is not None:
        raise Conflict(msgid("this colleague has a shift in this time already"))


def _waiting_of(uow: UnitOfWork, shift: Shift) -> ShiftSwap | None:
    return uow.session.scalar(
        select(ShiftSwap).where(ShiftSwap.shift_id == shift.id, ShiftSwap.state.in_(WAITING))
    )


def withdraw(uow: UnitOfWork, swap: ShiftSwap, account_id: UUID) -> None:
    _must_be(swap.giver, account_id)
    _end(uow, swap, SwapState.WITHDRAWN)


def take(uow: UnitOfWork, swap: ShiftSwap, account_id: UUID) -> None:
    _must_be(swap.taker, account_id)
    _must_be_free(uow, _shift_of(uow, swap), swap.taker)
    swap.move_to(SwapState.TAKEN)
    uow.audit("swap.taken", swap)


def decline(uow: UnitOfWork, swap: ShiftSwap, account_id: UUID) -> None:
    """Before it is agreed, after they took it too."""
    _must_be(swap.taker, account_id)
    _end(uow, swap, SwapState.DECLINED)


def agree(uow: UnitOfWork, centre: Centre, swap: ShiftSwap) -> None:
    """From now on it is the colleague's, who is asked to confirm it as for any shift."""
    shift = _shift_of(uow, swap)
    if swap.taker not in colleagues(uow, swap.giver):
        raise Conflict(msgid("this colleague cannot stand in any more"))
    _must_be_free(uow, shift, swap.taker)
    _end(uow, swap, SwapState.AGREED)
    shifts.hand_on(uow, centre, shift, swap.taker)


def refuse(uow: UnitOfWork, swap: ShiftSwap) -> None:
    _end(uow, swap, SwapState.REFUSED)


def _end(uow: UnitOfWork, swap: ShiftSwap, state: SwapState) -> None:
    swap.move_to(state)
    swap.ended_at = uow.now
    uow.audit(f"swap.{state.value}", swap)


def _must_be(member: Responder, account_id: UUID) -> None:
    """Somebody else's looks like one that never was."""
    if member.account_id != account_id:
        raise NotFound("no such offer")


def _shift_of(uow: UnitOfWork, swap: ShiftSwap) -> Shift:
    """Raises Conflict where nothing is left to hand on."""
    shift = uow.session.get(Shift, swap.shift_id)
    if shift is None or shift.starts_at <= uow.now:
        raise Conflict(msgid("this shift has begun, or was taken out"))
    return shift


def of_person(uow: UnitOfWork, account_id: UUID) -> Swaps:
    """Of this person's offers and of offers to them. What nobody agreed to before the shift began,
    or was taken out, has ended too."""
    theirs = [member.id for member in members_of(uow, account_id)]
    mine = or_(ShiftSwap.giver_id.in_(theirs), ShiftSwap.taker_id.in_(theirs))
    over = or_(ShiftSwap.state.not_in(WAITING), Shift.id.is_(None), Shift.starts_at <= uow.now)
    ended = _whole().outerjoin(Shift, Shift.id == ShiftSwap.shift_id).where(mine, over)
    newest = func.coalesce(ShiftSwap.ended_at, ShiftSwap.starts_at).desc()
    last = uow.session.scalars(ended.order_by(newest).limit(_LISTED)).all()
    return Swaps(uow.session.scalars(_waiting(uow).where(mine)).all(), last)


def outcome(uow: UnitOfWork, swap: ShiftSwap) -> str:
    """How a swap that is over ended: its state, or `lapsed` or `gone` where nobody ended it."""
    if swap.state not in WAITING:
        return swap.state.value
    return "gone" if uow.session.get(Shift, swap.shift_id) is None else "lapsed"


def to_agree(uow: UnitOfWork) -> Sequence[ShiftSwap]:
    """What waits for a supervisor, the next shift first."""
    return uow.session.scalars(_waiting(uow).where(ShiftSwap.state == SwapState.TAKEN)).all()


def waits_for(uow: UnitOfWork, account_id: UUID, *, supervisor: bool) -> bool:
    """Is there a swap that this person has not said anything of?"""
    if supervisor:
        return bool(to_agree(uow))
    offered = _waiting(uow).where(ShiftSwap.state == SwapState.OFFERED)
    mine = Responder.account_id == account_id
    to_me = offered.join(Responder, Responder.id == ShiftSwap.taker_id).where(mine)
    return uow.session.scalars(to_me.limit(1)).first() is not None


def _waiting(uow: UnitOfWork) -> Select[ShiftSwap]:
    """Of shifts that are still there and have not begun."""
    return (
        _whole()
        .join(Shift, Shift.id == ShiftSwap.shift_id)
        .where(ShiftSwap.state.in_(WAITING), Shift.starts_at > uow.now)
        .order_by(ShiftSwap.starts_at)
    )


def _whole() -> Select[ShiftSwap]:
    return select(ShiftSwap).options(
        joinedload(ShiftSwap.giver).joinedload(Responder.team),
        joinedload(ShiftSwap.taker).joinedload(Responder.team),
    )
