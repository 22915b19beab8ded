"""Opening, confirming, changing and ending a dispatch."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from triage.domain import wording
from triage.domain.codes import CANCEL_REASONS
from triage.domain.errors import Conflict, Refused
from triage.domain.facts import Response
from triage.domain.lifecycle import (
    GONE,
    ON_SITE,
    TAKEN,
    DispatchState,
    PageState,
    SlotState,
)
from triage.domain.words import msgid
from triage.services import (
    by_radio,
    check_ins,
    diverts,
    escalation_policies,
    escalations,
    freed_teams,
    next_steps,
    page_answers,
    paging,
    promised_backs,
    reliefs,
    rest_of_team,
    stand_downs,
    transfers,
)
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.teams import Responder, Team
from triage.storage.unit_of_work import UnitOfWork

ENDED = (DispatchState.CLEARED, DispatchState.CANCELLED)


@dataclass(frozen=True)
class Urgency:
    """A level as a dispatch carries it."""

    label: str
    rank: int
    within_min: int
    answer_within_min: int


def of_call(uow: UnitOfWork, call: Call) -> list[Dispatch]:
    if (new := uow.new_under(call.id, Dispatch)) is not None:
        return new
    return list(uow.once(f"dispatches:{call.id}", lambda uow: _of_call(uow, call), of=(Dispatch,)))


def of_calls(uow: UnitOfWork, calls: Collection[UUID]) -> Sequence[Dispatch]:
    """With all that a line of a board says of them."""
    slots = selectinload(Dispatch.slots)
    return uow.session.scalars(
        select(Dispatch)
        .where(Dispatch.call_id.in_(calls))
        .order_by(Dispatch.created_at, Dispatch.id)
        .options(
            slots.joinedload(Slot.team),
            slots.selectinload(Slot.pages).joinedload(Page.team),
            selectinload(Dispatch.transfers),
        )
    ).all()


def _of_call(uow: UnitOfWork, call: Call) -> Sequence[Dispatch]:
    return uow.session.scalars(
        select(Dispatch)
        .where(Dispatch.call_id == call.id)
        .order_by(Dispatch.created_at, Dispatch.id)
    ).all()


def open_dispatch(
    uow: UnitOfWork,
    centre: Centre,
    call: Call,
    response: str,
    urgency: Urgency,
    why: str,
    given_to: Responder | None = None,
) -> Dispatch | None:
    """Owe this response to this call. Our own teams are paged at once; police, ambulance
    and fire become a hand-over task, a telephone line a transfer.

    given_to -- somebody who is there already: the place for their role is theirs.
    Returns None where the response sends nobody (it is only recorded).
    Raises Refused for a response that the vocabulary does not know.
    """
    kind = centre.vocabulary.responses.get(response)
    if kind is None:
        raise Refused(msgid("there is no response called %(name)s", name=response), "response")
    if kind.reached_by == "record":
        return None
    paged = kind.reached_by == "page"
    dispatch = uow.add(
        Dispatch(
            call_id=call.id,
            response=response,
            reached_by=kind.reached_by,
            state=DispatchState.SEEKING if paged else DispatchState.HAND_OVER,
            why=why,
            level_label=urgency.label,
            level_rank=urgency.rank,
            within_min=urgency.within_min,
            answer_within_min=urgency.answer_within_min,
        )
    )
    dispatch.call = call
    dispatch.policy_id = escalation_policies.of_new(uow, dispatch)
    _add_places(uow, dispatch, kind)
    uow.audit("dispatch.opened", dispatch, call_id=call.id, response=response, why=why)
    next_steps.start(uow, dispatch)
    if given_to is not None:
        give_to(uow, next(slot for slot in dispatch.slots if slot.role == given_to.role), given_to)
    if paged:
        paging.seek(uow, centre, dispatch)
    elif kind.reached_by == "transfer":
        transfers.offer(uow, centre, dispatch)
    else:
        red_at = uow.now + timedelta(seconds=centre.policy.hand_over_red_s)
        uow.set_timer("hand_over", dispatch, red_at, priority=1, dispatch_id=dispatch.id)
    return dispatch


def _add_places(uow: UnitOfWork, dispatch: Dispatch, kind: Response) -> None:
    """One for each role of the team; one for the unit or line that others send."""
    roles = kind.roles or ("unit" if kind.reached_by == "cad" else "line",)
    for position, role in enumerate(roles):
        slot = uow.add(Slot(position=position, role=role, state=SlotState.SEEKING, pages=[]))
        slot.dispatch = dispatch


def record_answer(
    uow: UnitOfWork, centre: Centre, page: Page, accepted: bool, through: str
) -> None:
    """A team answered by radio or telephone; the dispatcher writes it down."""
    if accepted:
        page_answers.accept(uow, centre, page, through)
    else:
        page_answers.decline(uow, centre, page, through)


def give_to(uow: UnitOfWork, slot: Slot, responder: Responder) -> Page:
    """The place is theirs, as if they had answered a page."""
    page = next((p for p in slot.pages if p.responder_id == responder.id), None)
    if page is None or page.state is PageState.WITHDRAWN:
        page = uow.add(
            Page(
                slot_id=slot.id,
                number=slot.next_number,
                team_id=responder.team_id,
                responder_id=responder.id,
                state=PageState.OPEN,
                answer_by=uow.now,
            )
        )
        page.slot, page.team, page.responder = slot, uow.get(Team, responder.team_id), responder
    page.move_to(PageState.ACCEPTED)
    page.answered_at, page.answered_through = uow.now, "screen"
    slot.move_to(SlotState.ACCEPTED)
    slot.team_id, slot.responder_id, slot.unit = page.team_id, responder.id, None
    slot.team, slot.responder = page.team, responder
    check_ins.watch_over(uow, slot)
    return page


PROGRESS = {
    "en_route": SlotState.EN_ROUTE,
    "staged": SlotState.STAGED,
    "on_scene": SlotState.ON_SCENE,
    "transporting": SlotState.TRANSPORTING,
    "cleared": SlotState.CLEARED,
}


def advance(uow: UnitOfWork, centre: Centre, slot: Slot, state: SlotState, through: str) -> None:
    """Whoever has the slot is on the way, there, or done. Saying it twice tells only that all is
    well."""
    check_ins.heard(uow, slot, through)
    if slot.state is state:
        return
    if state is SlotState.CLEARED:
        reliefs.must_stay(slot)
    came = slot.state in ON_SITE
    slot.move_to(state)
    uow.audit(
        f"slot.{state.value}", slot, call_id=slot.dispatch.call_id, role=slot.role, through=through
    )
    diverts.look(uow, centre, slot)
    if state is SlotState.ON_SCENE:
        promised_backs.arrived(uow, slot.dispatch.call)
    if slot.dispatch.reached_by == "page":
        if state is SlotState.CLEARED:
            rest_of_team.has_cleared(uow, centre, slot, came=came)
        paging.refresh(uow, slot.dispatch)
    elif state is SlotState.CLEARED:
        slot.dispatch.state = DispatchState.CLEARED
        slot.dispatch.ended_at = uow.now
        by_radio.left(uow, slot.dispatch.call)
    if state is SlotState.CLEARED:
        freed_teams.offer_soon(uow, slot)


def must_be_minutes(minutes: int) -> None:
    """Raises Refused for what no arrival is told in."""
    if not 1 <= minutes <= 600:
        raise Refused(msgid("Minutes until arrival: a number from 1 to 600."), "minutes")


def set_eta(uow: UnitOfWork, slot: Slot, minutes: int, through: str) -> None:
    """minutes -- until arrival, 1 to 600."""
    must_be_minutes(minutes)
    if slot.state not in TAKEN:
        raise Conflict(msgid("nobody has this slot"))
    if slot.state in ON_SITE:
        raise Conflict(msgid("they are there already"))
    slot.eta_at = uow.now + timedelta(minutes=minutes)
    if slot.state is SlotState.ACCEPTED:
        slot.move_to(SlotState.EN_ROUTE)
    check_ins.heard(uow, slot, through)
    uow.audit("slot.eta", slot, call_id=slot.dispatch.call_id, minutes=minutes)
    paging.refresh(uow, slot.dispatch)


def cancel(uow: UnitOfWork, centre: Centre, dispatch: Dispatch, reason: str) -> None:
    """End a dispatch that is not needed; everybody who was paged is told. One to which somebody
    has come is served by them: only the rest of the team is called off."""
    if reason not in CANCEL_REASONS:
        raise Refused(msgid("Choose a reason for canceling."), "reason")
    if dispatch.state in ENDED:
        raise Conflict(msgid("this dispatch has ended already"))
    if any(slot.state in ON_SITE for slot in dispatch.slots):
        raise Conflict(msgid("a team is on scene: they clear, nobody else"))
    text = wording.stand_down(dispatch.call.code, wording.WHY_NOT_NEEDED[reason])
    live = [slot for slot in dispatch.slots if slot.state not in GONE | {SlotState.CLEARED}]
    stand_downs.withdraw_all(uow, centre, live, text)
    by_radio.stand_down(uow, dispatch.call, live)
    for slot in live:
        slot.move_to(SlotState.CANCELLED)
        stand_downs.no_turn(uow, centre, slot, slot.responder_id)
    served = any(slot.state is SlotState.CLEARED for slot in dispatch.slots)
    dispatch.state = DispatchState.CLEARED if served else DispatchState.CANCELLED
    dispatch.ended_at, dispatch.end_reason = uow.now, None if served else reason
    dispatch.diverted_at = None  # nobody is asked instead any more
    escalations.end(uow, dispatch)
    transfers.end(uow, dispatch)
    freed_teams.offer_soon(uow, dispatch)
    by_radio.left(uow, dispatch.call)
    rest_of_team.look(uow, dispatch)
    event = "dispatch.rest_cancelled" if served else "dispatch.cancelled"
    uow.audit(event, dispatch, reason=reason)
