"""A team on its way to a less urgent call is asked to come to a more urgent one instead.

A dispatcher proposes it, the whole team says yes, and only then anything moves: in one
transaction the first call looks for somebody else and the team has the second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from triage.domain import escalation_wording, wording
from triage.domain.alarms import AlarmKind
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import DispatchState, PageKind, PageState, SlotState
from triage.domain.words import Spoken, msgid
from triage.services import dangers, escalation_policies, outbox, page_links, paging
from triage.services.availability import serving, team_options
from triage.services.centre import Centre
from triage.services.pages import left_for, open_page, send_page
from triage.services.stand_downs import (
    ARRIVED,
    MORE_URGENT,
    asked_together,
    no_turn,
    own_place,
    tell,
    tell_partners,
)
from triage.storage.dispatches import BUSY_SLOT, Dispatch, Page, Slot
from triage.storage.safety import STANDING_ALARM, Alarm
from triage.storage.teams import Responder, Team
from triage.storage.unit_of_work import UnitOfWork

MAY_TURN = (SlotState.ACCEPTED, SlotState.EN_ROUTE)
"""Not yet there: nobody is left alone by it."""

OVER = msgid("This question is over. Stay on your call. Nothing was changed.")
NOT_ON_THE_WAY = msgid("Your team is not on the way to its call any more. Nothing was changed.")


@dataclass(frozen=True)
class Offer:
    """A team that could come instead, and what it would leave."""

    team: Team
    leaves: Dispatch
    slots: Sequence[Slot]
    """Those that it would leave, one for each place it would fill."""
    fills: Sequence[Slot]


def offers(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> list[Offer]:
    """Teams that are accepted or on their way to a call so much less urgent that they may be
    asked, the least urgent call first."""
    if dispatch.state is not DispatchState.UNFILLED or dispatch.reached_by != "page":
        return []
    ranks = escalation_policies.divert_ranks(uow, centre, dispatch)
    on_the_way = uow.session.scalars(
        select(Slot)
        .join(Dispatch)
        .where(
            BUSY_SLOT,
            Slot.state.in_(MAY_TURN),
            Slot.responder_id.is_not(None),
            Dispatch.level_rank >= dispatch.level_rank + ranks,
            Dispatch.call_id != dispatch.call_id,
            Slot.relief_asked_at.is_(None),  # it wants to go home, not elsewhere
            ~exists().where(  # where somebody is in danger whoever comes is their help
                STANDING_ALARM,
                Alarm.call_id == Dispatch.call_id,
                Alarm.kind != AlarmKind.WITHDREW,
            ),
        )
        .options(joinedload(Slot.dispatch).joinedload(Dispatch.call), joinedload(Slot.team))
        .order_by(Dispatch.level_rank.desc(), Dispatch.created_at.desc(), Slot.position)
    ).all()
    able = _able(uow, dispatch)
    grouped: dict[tuple[UUID | None, UUID], list[Slot]] = {}
    for slot in on_the_way:
        if slot.responder_id in able:
            grouped.setdefault((slot.team_id, slot.dispatch_id), []).append(slot)
    found = (_offer(dispatch, slots) for slots in grouped.values())
    return [offer for offer in found if offer is not None]


def _able(uow: UnitOfWork, dispatch: Dispatch) -> set[UUID]:
    """Who is on shift, reachable and of a team that gives this response."""
    options = team_options(uow, dispatch.call.zone, besides=dispatch)
    return {
        member.responder_id
        for option in serving(options, dispatch.response)
        if option.may_be_asked
        for member in option.members
    }


def _offer(dispatch: Dispatch, slots: Sequence[Slot]) -> Offer | None:
    left = [slot for slot in dispatch.slots if slot.state is SlotState.UNFILLED]
    leaves, fills = [], []
    for slot in slots:
        place = next((place for place in left if place.role == slot.role), None)
        if place is not None:
            left.remove(place)
            leaves.append(slot)
            fills.append(place)
    team = slots[0].team
    return Offer(team, slots[0].dispatch, leaves, fills) if fills and team is not None else None


def propose(
    uow: UnitOfWork, centre: Centre, dispatch: Dispatch, team_id: UUID, leaves_id: UUID
) -> Offer:
    """Ask the team. Raises Conflict if it cannot be asked any more, or was already."""
    offer = next(
        (
            offer
            for offer in offers(uow, centre, dispatch)
            if offer.team.id == team_id and offer.leaves.id == leaves_id
        ),
        None,
    )
    if offer is None:
        raise Conflict(msgid("this team cannot be asked to turn any more: look again"))
    if any(_asked(dispatch, slot.responder_id) for slot in offer.slots):
        raise Conflict(msgid("this team is being asked already"))
    for slot, place in zip(offer.slots, offer.fills, strict=True):
        if slot.responder is None or slot.team is None:
            raise Conflict(msgid("nobody of ours has it"))
        page = open_page(
            uow, place, slot.team, slot.responder, PageKind.DIVERT, instead_of_id=slot.id
        )
        send_page(uow, centre, page)
    uow.audit("dispatch.divert_asked", dispatch, team=offer.team.name)
    return offer


def _asked(dispatch: Dispatch, responder_id: UUID | None) -> bool:
    return any(
        page.responder_id == responder_id and page.state is PageState.OPEN
        for slot in dispatch.slots
        for page in slot.pages
    )


def agree(uow: UnitOfWork, centre: Centre, page: Page, through: str) -> Sequence[Page]:
    """One of the team says yes. Returns the pages that still wait for an answer: while there
    are any nothing moves. Raises Conflict or Refused if it is too late, or one of them has
    arrived."""
    _must_be_open(uow, page)
    paging.must_be_wanted(page.slot)
    asked = asked_together(uow, page)
    for other in asked:
        _on_the_way(uow, other)  # no yes is kept that comes to nothing
    page.answered_at, page.answered_through = uow.now, through
    silent = [other for other in asked if other.answered_at is None]
    if silent:
        uow.audit("page.divert_agreed", page, call_id=page.slot.dispatch.call_id)
    else:
        _turn(uow, centre, asked, through)
    return silent


def _must_be_open(uow: UnitOfWork, page: Page) -> None:
    """Raises Refused with what to do instead."""
    if page.state is not PageState.OPEN:
        raise Refused(OVER if own_place(uow, page) else NOT_ON_THE_WAY)


def question_to(dispatch: Dispatch, responder: Responder) -> Page | None:
    """The open question whether they leave their call for this one."""
    return next(
        (
            page
            for slot in dispatch.slots
            for page in slot.pages
            if page.kind is PageKind.DIVERT
            and page.state is PageState.OPEN
            and page.responder_id == responder.id
        ),
        None,
    )


def settled_by_hand(
    uow: UnitOfWork, centre: Centre, page: Page
) -> tuple[Dispatch | None, Sequence[Page]]:
    """A dispatcher has given them a place there without waiting for their answer: they leave their
    own call, which is returned, at once. Where all others of the team have said yes these turn
    with them, and their pages are returned; else they are still asked."""
    if page.state is PageState.OPEN:  # it asked them for another place there
        page.move_to(PageState.WITHDRAWN)
    outbox.withdraw_unsent(uow, page.id)
    own, others = own_place(uow, page), asked_together(uow, page)
    if own is None:
        return None, []
    agreed = others if all(other.answered_at is not None for other in others) else []
    _turn(uow, centre, agreed, "screen", by_hand=page)
    return own.dispatch, agreed


def _turn(
    uow: UnitOfWork,
    centre: Centre,
    asked: Sequence[Page],
    through: str,
    by_hand: Page | None = None,
) -> None:
    """by_hand -- of whoever has their place there already."""
    everybody = [*([by_hand] if by_hand else ()), *asked]
    left = left_for(uow, everybody[0])
    turning = [(page, _on_the_way(uow, page)) for page in everybody]
    for page, slot in turning:
        _leave(uow, page, slot)
    for _, slot in turning:  # now that all have left: only whoever stays is told
        gone = escalation_wording.partner_diverted(left.call.code, slot.role)
        tell_partners(uow, centre, slot, gone)
    left.diverted_at = uow.now
    for page in asked:
        answered_at = page.answered_at
        paging.accept(uow, centre, page, through, together=[other.slot for other in everybody])
        page.answered_at = answered_at
    for page, slot in turning:
        page.kind = PageKind.TEAM  # it is their call now, as any other: to give back, to take again
        no_turn(uow, centre, slot, page.responder_id)  # nor to a third call
    paging.seek(uow, centre, left)


def _on_the_way(uow: UnitOfWork, page: Page) -> Slot:
    """The slot that they would leave. Raises Refused if they have arrived or lost it meanwhile."""
    slot = own_place(uow, page)
    if slot is None or slot.state not in MAY_TURN or slot.relief_asked_at:
        raise Refused(NOT_ON_THE_WAY)
    return slot


def _leave(uow: UnitOfWork, page: Page, slot: Slot) -> None:
    """Give the slot of the first call free."""
    for own in slot.pages:
        if own.state is PageState.ACCEPTED and own.responder_id == page.responder_id:
            own.move_to(PageState.WITHDRAWN)
    uow.audit(
        "slot.diverted",
        slot,
        call_id=slot.dispatch.call_id,
        team=page.team.name,
        role=slot.role,
        to=page.slot.dispatch.call.code,
    )
    slot.move_to(SlotState.SEEKING)
    slot.responder_id, slot.responder, slot.eta_at = None, None, None


def refuse(uow: UnitOfWork, centre: Centre, page: Page, through: str) -> None:
    """One of the team says no: the team stays where it is, and whoever said yes is told."""
    _must_be_open(uow, page)
    page.answered_at, page.answered_through = uow.now, through
    paging.pass_over(uow, centre, page, PageState.DECLINED)


def look(uow: UnitOfWork, centre: Centre, slot: Slot) -> None:
    """Where whoever has this place may not turn any more, for they are there or near, the question
    to their team ends by itself: whoever had said yes is told, and the desk reads why."""
    if slot.state not in MAY_TURN:
        no_turn(uow, centre, slot, slot.responder_id, ARRIVED)


def call_is_raised(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """The questions to its team end where their call is not more urgent any more by as much as is
    needed: a yes would leave what is as urgent with nobody."""
    for slot in dispatch.slots:
        if slot.state not in MAY_TURN:
            continue
        asks = select(Page).where(Page.instead_of_id == slot.id, Page.state == PageState.OPEN)
        for asking in [page.slot.dispatch for page in uow.session.scalars(asks)]:
            ranks = escalation_policies.divert_ranks(uow, centre, asking)
            if asking.level_rank + ranks > dispatch.level_rank:
                no_turn(uow, centre, slot, slot.responder_id, MORE_URGENT)


def tell_who_turned(
    uow: UnitOfWork, centre: Centre, page: Page, partners: Sequence[Spoken]
) -> None:
    """Whoever had said yes before the last of the team did learns where to go, and with whom."""
    call = page.slot.dispatch.call
    told = dangers.are_told(uow, centre, call)
    link = page_links.make(uow, centre, page)
    text = wording.accepted(call.code, call.location, partners, link=link, dangers=told)
    tell(uow, centre, page.slot, text)
