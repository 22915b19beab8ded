"""Who is on duty, and what becomes of the pages of those who leave: off duty nobody is paged."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from triage.domain.lifecycle import TAKEN, PageKind, PageState
from triage.services import charges, check_ins, paging
from triage.services.candidates import STOPPED
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.dispatches import BUSY_SLOT, OPEN_PAGE, Dispatch, Page, Slot
from triage.storage.revisions import KEPT_FOR
from triage.storage.teams import Responder, Shift, Team
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

SHIFT_END = "shift_end"


def is_on_shift(uow: UnitOfWork, responder: Responder) -> bool:
    """Asked for each page that leaves."""
    shifts = uow.lasting("shifts", _now_or_soon, of=(Shift,)).get(responder.id, ())
    return any(starts_at <= uow.now < ends_at for starts_at, ends_at in shifts)


def _now_or_soon(uow: UnitOfWork) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """By member, the shifts that are on, or will be while this is kept."""
    soon = uow.now + KEPT_FOR
    found: dict[UUID, list[tuple[datetime, datetime]]] = {}
    rows = select(Shift.responder_id, Shift.starts_at, Shift.ends_at).where(
        Shift.starts_at <= soon, Shift.ends_at > uow.now
    )
    for member, starts_at, ends_at in uow.session.execute(rows):
        found.setdefault(member, []).append((starts_at, ends_at))
    return found


def left(uow: UnitOfWork, centre: Centre, responder: Responder, why: str) -> None:
    """They are paged no more: what they have not answered moves on at once, and nobody has charge
    of what they had charge of. What they were asked while on duty they may still accept, while
    nobody else has it.

    why -- `shift_ended`, `retired`, `new_number` or `phone_lost`.
    """
    theirs = Page.responder_id == responder.id
    _move_on(uow, centre, theirs, why)
    charges.leave(uow, lambda page: page.responder_id == responder.id, why)


def switched_off(uow: UnitOfWork, centre: Centre, kind: str, key: str) -> None:
    """A team or a zone is off: what its teams have not answered moves on at once."""
    if kind == "team":
        _move_on(uow, centre, Page.team_id == UUID(key), "switched_off")
        charges.leave(uow, lambda page: page.team_id == UUID(key), "switched_off")
    elif kind == "zone":
        goes_there = and_(Call.zone == key, Page.kind != PageKind.SUPERVISOR)
        _move_on(uow, centre, goes_there, "switched_off")


def stopped(uow: UnitOfWork, centre: Centre, responder: Responder, heard_from: str) -> None:
    """They texted STOP: from now on nothing reaches this phone.

    heard_from -- `text`, or `carrier` where only a refused text told us.
    """
    opt_out(uow, responder, heard_from)
    for slot in in_hand(uow, Slot.responder_id == responder.id):
        uow.audit(
            "slot.by_radio_only",
            slot,
            call_id=slot.dispatch.call_id,
            team=slot.team.name if slot.team else "",
            role=slot.role,
        )
    check_ins.cannot_answer(uow, centre, responder)
    mine = Page.responder_id == responder.id
    _move_on(uow, centre, mine, STOPPED, PageState.UNDELIVERABLE)
    charges.leave(uow, lambda page: page.responder_id == responder.id, STOPPED)


def opt_out(uow: UnitOfWork, responder: Responder, heard_from: str) -> None:
    """No more is sent to this phone, whatever becomes of what it was asked."""
    responder.opted_out_at = uow.now
    uow.audit("responder.opted_out", responder, heard_from=heard_from)


def in_hand(uow: UnitOfWork, whose: ColumnElement[bool]) -> Sequence[Slot]:
    """Work that members have accepted and not ended."""
    of_ours = select(Slot).where(BUSY_SLOT, Slot.state.in_(sorted(TAKEN)))
    return uow.session.scalars(of_ours.where(Slot.responder_id.is_not(None), whose)).all()


def calls_of(uow: UnitOfWork, members: Collection[UUID]) -> Sequence[tuple[Call, bool]]:
    """The calls that these members have, or are asked about: then False."""
    if not members:
        return []
    have = in_hand(uow, Slot.responder_id.in_(members))
    asking = select(Page).where(OPEN_PAGE, Page.responder_id.in_(members))
    asked = [page.slot for page in uow.session.scalars(asking)]
    theirs = {slot.dispatch.call: False for slot in asked}
    return list((theirs | {slot.dispatch.call: True for slot in have}).items())


def is_busy(uow: UnitOfWork, team: Team) -> bool:
    """Is it on a call, or any of it? On a call that was taken on paper it is there as a whole."""
    in_hand = select(Slot.id).where(
        BUSY_SLOT, Slot.team_id == team.id, Slot.state.in_(sorted(TAKEN))
    )
    return uow.session.scalar(in_hand.limit(1)) is not None


def _move_on(
    uow: UnitOfWork,
    centre: Centre,
    which: ColumnElement[bool],
    why: str,
    to: PageState = PageState.PASSED_OVER,
) -> None:
    uow.session.flush()  # whoever is sought next is sought among those who are left
    pages = uow.session.scalars(
        select(Page)
        .join(Slot, Slot.id == Page.slot_id)
        .join(Dispatch, Dispatch.id == Slot.dispatch_id)
        .join(Call, Call.id == Dispatch.call_id)
        .where(OPEN_PAGE, which)
        .order_by(Dispatch.level_rank, Page.created_at)
    ).all()
    for page in pages:
        if page.state is PageState.OPEN:
            page.answered_through = why
            paging.pass_over(uow, centre, page, to, because=why)


def shift_is_over(uow: UnitOfWork, centre: Centre, timer: Timer) -> None:
    """Unless the next shift begins as this one ends."""
    shift = uow.session.get(Shift, timer.subject_id)  # it may have been taken out
    if shift is not None:
        responder = uow.get(Responder, shift.responder_id)
        if not is_on_shift(uow, responder):
            left(uow, centre, responder, "shift_ended")


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {SHIFT_END: shift_is_over}
