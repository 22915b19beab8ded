"""Telling everybody who was paged that they need not come, and the others what changed."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import select

from triage.domain import escalation_wording, wording
from triage.domain.lifecycle import TAKEN, PageKind, PageState, SlotState
from triage.domain.words import Spoken
from triage.services import outbox, storms
from triage.services.centre import Centre
from triage.services.pages import left_for, partners_of
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.unit_of_work import UnitOfWork

ARRIVED, LEFT, STAYS_TOGETHER = "arrived", "left", "stays_together"
MORE_URGENT = "more_urgent"
NEEDED = "needed"
"""Why nobody asks a team to turn any more: it is there; it has left its call or wants to be
relieved; one of it does not turn; its own call has become too urgent for it; somebody there needs
help."""


def withdraw_pages(uow: UnitOfWork, centre: Centre, slot: Slot, text: Spoken) -> None:
    """Nobody else need answer for this slot: whoever was paged for it is told why, once, unless
    they have said no; a page that has not left yet is taken back."""
    winner = slot.responder_id if slot.state in TAKEN else None
    _withdraw(uow, centre, [slot], text, winner)


def withdraw_all(uow: UnitOfWork, centre: Centre, slots: Iterable[Slot], text: Spoken) -> None:
    """Nobody need come at all."""
    _withdraw(uow, centre, slots, text, None)


def _withdraw(
    uow: UnitOfWork,
    centre: Centre,
    slots: Iterable[Slot],
    text: Spoken,
    winner: UUID | None,
    kinds: Collection[PageKind] = frozenset(PageKind),
) -> None:
    told = {winner}
    for slot in slots:
        pages = [page for page in slot.pages if page.kind in kinds]
        for page in sorted(pages, key=lambda page: -page.number):
            theirs = page.responder_id == winner and page.kind is not PageKind.SUPERVISOR
            if page.state is PageState.WITHDRAWN or (theirs and page.state is PageState.ACCEPTED):
                continue
            if _is_out(uow, page) and page.responder_id not in told:
                told.add(page.responder_id)
                stand_down(uow, centre, page, text)


def instead_of(uow: UnitOfWork, slot: Slot, responder_id: UUID) -> None:
    """They are asked by a page of their own in this moment: what asked them beside everybody is
    over, and no text says so."""
    for other in slot.dispatch.slots:
        for page in other.pages:
            if page.responder_id == responder_id and page.state is PageState.OPEN:
                _is_out(uow, page)


def ask_anew(slot: Slot, fresh: Slot) -> None:
    """A new round for this place: everybody may be asked once more, now for `fresh`. Whoever was
    asked before may still say yes and is told nothing, for they are wanted as much as ever."""
    for page in list(slot.pages):
        if page.state is not PageState.WITHDRAWN:
            page.slot = fresh
    slot.move_to(SlotState.CANCELLED)


def teams_are_asked(uow: UnitOfWork, centre: Centre, slots: Sequence[Slot]) -> bool:
    """Has the new round paged a team for one of these places? Then supervisors, and who was to
    turn and come, need not answer meanwhile."""
    asked = any(slot.state is SlotState.PAGED for slot in slots)
    if asked:
        text = wording.stand_down(slots[0].dispatch.call.code, wording.ASKED_ANEW)
        _withdraw(uow, centre, slots, text, None, {PageKind.SUPERVISOR, PageKind.DIVERT})
    return asked


def _is_out(uow: UnitOfWork, page: Page) -> bool:
    """Withdraw it. Must whoever was paged be told? Not whoever has said no."""
    said_no = page.state is PageState.DECLINED
    page.move_to(PageState.WITHDRAWN)
    return may_know_of(uow, page) and not said_no


def may_know_of(uow: UnitOfWork, page: Page) -> bool:
    """May whoever it asks have read of it? What has not left is taken back."""
    left = not outbox.withdraw_unsent(uow, page.id) or page.answered_at is not None
    return left or storms.told_with_others(uow, page)


def withdraw_supervisors(uow: UnitOfWork, centre: Centre, dispatch: Dispatch, text: Spoken) -> None:
    """One of them has taken charge: the others need not answer."""
    for slot in dispatch.slots:
        for page in slot.pages:
            asked = page.kind is PageKind.SUPERVISOR and page.state is PageState.OPEN
            if asked and _is_out(uow, page):
                stand_down(uow, centre, page, text)


def stand_down(
    uow: UnitOfWork, centre: Centre, page: Page, text: Spoken, kind: str = "stand_down"
) -> None:
    """Text whoever was asked by this page that they need not come."""
    call = page.slot.dispatch.call
    if page.kind is PageKind.DIVERT and (own := own_place(uow, page)) is not None:
        text = escalation_wording.divert_off(call.code, own.dispatch.call.code)
    outbox.enqueue(
        uow,
        centre,
        kind=kind,
        to=page.responder.phone or "",
        to_role=page.responder.role,
        body=text,
        priority=page.slot.dispatch.level_rank,
        call_id=call.id,
        responder_id=page.responder_id,
        dedupe_key=f"stand_down:{page.id}",
    )


def own_place(uow: UnitOfWork, page: Page) -> Slot | None:
    """The place that whoever is asked to turn would leave, if they still have it."""
    slot = uow.get(Slot, page.instead_of_id) if page.instead_of_id is not None else None
    theirs = slot is not None and slot.responder_id == page.responder_id and slot.state in TAKEN
    return slot if theirs else None


def asked_together(uow: UnitOfWork, page: Page) -> list[Page]:
    """The open questions to this team about leaving the same dispatch for this one."""
    leaves = left_for(uow, page).id
    return [
        other
        for slot in page.slot.dispatch.slots
        for other in slot.pages
        if other.kind is PageKind.DIVERT
        and other.state is PageState.OPEN
        and other.team_id == page.team_id
        and left_for(uow, other).id == leaves
    ]


def stay(uow: UnitOfWork, centre: Centre, page: Page, because: str = STAYS_TOGETHER) -> None:
    """One of the team says no to a divert, says nothing, is not reached or cannot turn any more:
    nobody of it turns, or they would be parted. Whoever had said yes is told, unless they have
    left their call themselves."""
    others = asked_together(uow, page)
    for other in others:
        other.move_to(PageState.PASSED_OVER)
        call_id = page.slot.dispatch.call_id
        uow.audit("page.passed_over", other, call_id=call_id, team=page.team.name, because=because)
    code, first = page.slot.dispatch.call.code, left_for(uow, page).call.code
    for asked in (page, *others):
        agreed = asked.answered_at is not None and asked.state is not PageState.DECLINED
        if agreed and (own := own_place(uow, asked)) is not None:
            tell(uow, centre, own, escalation_wording.divert_off(code, first))


def no_turn(
    uow: UnitOfWork, centre: Centre, slot: Slot, who: UUID | None, because: str = LEFT
) -> None:
    """Who has, or had, this place may not turn any more: every question to their team to do so
    ends by itself, and the desk reads why.

    because -- ARRIVED, LEFT, MORE_URGENT or NEEDED.
    """
    asks = select(Page).where(
        Page.responder_id == who, Page.state == PageState.OPEN, Page.instead_of_id == slot.id
    )
    for page in uow.session.scalars(asks).all() if who is not None else ():
        page.move_to(PageState.PASSED_OVER)
        page.answered_through = because
        call_id = page.slot.dispatch.call_id
        uow.audit("page.passed_over", page, call_id=call_id, team=page.team.name, because=because)
        stay(uow, centre, page, because)


def tell_partners(
    uow: UnitOfWork, centre: Centre, slot: Slot, text: Spoken, but: Collection[Slot] = ()
) -> None:
    """Whoever has the other places learns what became of this one, but for those who know."""
    for partner in partners_of(slot):
        if partner not in but and partner.state in TAKEN and partner.responder is not None:
            tell(uow, centre, partner, text)


def tell(
    uow: UnitOfWork,
    centre: Centre,
    slot: Slot,
    text: Spoken,
    *,
    kind: str = "update",
    priority: int | None = None,
) -> None:
    """Text the member who has this slot; where a phone has sent STOP, a person rings.

    priority -- that of the call where none is given.
    """
    if slot.responder is None:
        return
    outbox.enqueue(
        uow,
        centre,
        kind=kind,
        to=slot.responder.phone or "",
        to_role=slot.responder.role,
        body=text,
        priority=slot.dispatch.level_rank if priority is None else priority,
        call_id=slot.dispatch.call_id,
        responder_id=slot.responder.id,
    )
