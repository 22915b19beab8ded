"""Finding somebody for each slot: ask the best team, wait, ask the next."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from triage.domain import wording
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import (
    TAKEN,
    WANTED,
    DispatchState,
    PageState,
    SlotState,
    dispatch_state_of,
)
from triage.domain.ranking import MemberOption, Need, TeamOption, rank, why_first, why_none
from triage.domain.sent import why_nobody_is_left
from triage.services import outbox
from triage.services.availability import BUSY, hold, serving, team_options
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.messages import Message
from triage.storage.teams import Responder, Team
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork


def seek(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """Page the best team for every slot that nobody has been asked for, until each is
    asked for or nobody is left to ask."""
    while wanted := [slot for slot in dispatch.slots if slot.state is SlotState.SEEKING]:
        options = team_options(uow, dispatch.call.zone, besides=dispatch)
        team_of = {option.team_id: team for team, option in options}
        need = _need(dispatch, wanted)
        elsewhere = _on_this_call_already(uow, dispatch)
        left = [_not_yet_asked(o, dispatch, elsewhere) for o in serving(options, dispatch.response)]
        best = next(iter(rank(left, need)), None)
        if best is None:
            none = why_none(serving(options, dispatch.response), need.roles)
            _nobody_left(uow, dispatch, wanted, none or "all_committed")
            break
        if not hold(uow, best, dispatch):
            continue  # another call was a moment sooner
        reasons = why_first(best, need)
        for place, member in best.can_fill(need.roles).items():
            _page(uow, centre, wanted[place], team_of[best.team_id], member, reasons)
    refresh(uow, dispatch)


def _need(dispatch: Dispatch, wanted: Sequence[Slot]) -> Need:
    language = dispatch.call.language
    skills = frozenset({language} if language and language != "en" else ())
    return Need(tuple(slot.role for slot in wanted), dispatch.call.zone, skills)


def _on_this_call_already(uow: UnitOfWork, dispatch: Dispatch) -> set[UUID]:
    """Members who are asked for or have another dispatch of this call: a reply names a call,
    so one phone answers one question for each."""
    rows = uow.session.scalars(
        select(Slot.responder_id)
        .join(Dispatch)
        .where(
            Dispatch.call_id == dispatch.call_id,
            Dispatch.id != dispatch.id,
            Slot.responder_id.is_not(None),
            Slot.state.in_(BUSY),
        )
    )
    return {key for key in rows if key is not None}


def _not_yet_asked(option: TeamOption, dispatch: Dispatch, elsewhere: set[UUID]) -> TeamOption:
    """The team without the members who were asked for this dispatch already."""
    live = [slot for slot in dispatch.slots if slot.state is not SlotState.CANCELLED]
    asked = {page.responder_id for slot in live for page in slot.pages}
    asked |= {s.responder_id for s in dispatch.slots if s.responder_id and s.state in TAKEN}
    asked |= elsewhere
    left = tuple(member for member in option.members if member.responder_id not in asked)
    return TeamOption(
        option.team_id,
        option.name,
        option.zones,
        option.skills,
        option.load,
        option.calls_at_once,
        option.suspended,
        left,
    )


def _nobody_left(
    uow: UnitOfWork, dispatch: Dispatch, wanted: Sequence[Slot], nobody_asked: str
) -> None:
    asked = (page.state for slot in wanted for page in slot.pages)
    dispatch.cause = why_nobody_is_left(asked, nobody_asked)
    _assess_again(uow, dispatch)
    for slot in wanted:
        slot.move_to(SlotState.UNFILLED)
        slot.responder_id = None
        uow.audit("slot.unfilled", slot, call_id=dispatch.call_id, role=slot.role)


def _assess_again(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """Soon, by whoever looks after what is due: the rules say who comes instead."""
    of_it = select(Timer.state).where(Timer.kind == "nobody_left", Timer.subject_id == dispatch.id)
    states = uow.session.scalars(of_it).all()
    if "waiting" not in states:
        uow.set_timer(
            "nobody_left",
            dispatch,
            uow.now,
            step=len(states),
            priority=dispatch.level_rank,
            dispatch_id=dispatch.id,
        )


def _page(
    uow: UnitOfWork,
    centre: Centre,
    slot: Slot,
    team: Team,
    member: MemberOption,
    reasons: Sequence[str],
) -> Page:
    """Alert one responder for one slot and start the clock for the answer."""
    dispatch = slot.dispatch
    responder = uow.get(Responder, member.responder_id)
    slot.move_to(SlotState.PAGED)
    slot.team_id, slot.responder_id = team.id, responder.id
    page = uow.add(
        Page(
            slot_id=slot.id,
            number=len(slot.pages) + 1,
            team_id=team.id,
            responder_id=responder.id,
            state=PageState.OPEN,
            answer_by=uow.now + timedelta(minutes=dispatch.answer_within_min),
        )
    )
    page.slot, page.team, page.responder = slot, team, responder
    uow.set_timer(
        "page_answer",
        page,
        page.answer_by,
        priority=dispatch.level_rank,
        dispatch_id=dispatch.id,
    )
    send_page(uow, centre, page)
    uow.audit("page.opened", page, call_id=dispatch.call_id, team=team.name, why=list(reasons))
    return page


def send_page(uow: UnitOfWork, centre: Centre, page: Page, number: int = 0) -> Message:
    """Enqueue the text of a page; number -- of its texts before this one."""
    dispatch, call = page.slot.dispatch, page.slot.dispatch.call
    others = [slot.role for slot in partners_of(page.slot)]
    return outbox.enqueue(
        uow,
        centre,
        kind="page",
        to=page.responder.phone or "",
        to_role=page.responder.role,
        body=wording.page(
            call.code,
            level=dispatch.level_label,
            within_min=dispatch.within_min,
            help_wanted=wording.help_words(dispatch.response),
            area=call.zone,
            partner=others[0] if others else None,
            link=f"{centre.public_url}/c/{call.code}",
        ),
        priority=dispatch.level_rank,
        call_id=call.id,
        page_id=page.id,
        responder_id=page.responder_id,
        dedupe_key=f"page:{page.id}:{number}",
        valid_s=min(centre.policy.page_valid_s, dispatch.answer_within_min * 60),
    )


def refresh(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """Let the dispatch be what its slots amount to, and say so when it changed."""
    state = dispatch_state_of(slot.state for slot in dispatch.slots)
    if state is not DispatchState.UNFILLED:
        dispatch.cause = None
    if state is not dispatch.state:
        dispatch.state = state
        if state in {"cleared", "cancelled"}:
            dispatch.ended_at = uow.now
        why: dict[str, Any] = {"cause": dispatch.cause} if dispatch.cause else {}
        uow.audit(f"dispatch.{state.value}", dispatch, **why)


def pass_over(uow: UnitOfWork, centre: Centre, page: Page, why: PageState) -> None:
    """No answer in time, a no, or a text that cannot be delivered: ask the next at once."""
    if page.state is not PageState.OPEN:
        return
    page.move_to(why)
    uow.audit(f"page.{why.value}", page, call_id=page.slot.dispatch.call_id, team=page.team.name)
    _ask_on(uow, centre, page.slot)


def _ask_on(uow: UnitOfWork, centre: Centre, slot: Slot) -> None:
    open_pages = [page for page in slot.pages if page.state is PageState.OPEN]
    if slot.state is SlotState.PAGED and not open_pages:
        slot.move_to(SlotState.SEEKING)
        slot.responder_id = None
        seek(uow, centre, slot.dispatch)


def accept(uow: UnitOfWork, centre: Centre, page: Page, through: str) -> None:
    """Give the slot to whoever was paged. Raises Conflict naming who has it already."""
    slot = page.slot
    if slot.state not in WANTED:
        raise Conflict(who_has(slot))
    page.move_to(PageState.ACCEPTED)
    page.answered_at, page.answered_through = uow.now, through
    slot.move_to(SlotState.ACCEPTED)
    slot.team_id, slot.responder_id, slot.unit = page.team_id, page.responder_id, None
    slot.team, slot.responder = page.team, page.responder
    uow.audit(
        "page.accepted",
        page,
        call_id=slot.dispatch.call_id,
        team=page.team.name,
        through=through,
        waited_s=int((uow.now - page.created_at).total_seconds()),
    )
    code = slot.dispatch.call.code
    withdraw_pages(uow, centre, slot, wording.taken_by(code, page.team.name))
    tell_partners(uow, centre, slot, wording.partner_accepted(code, slot.role, page.team.name))
    refresh(uow, slot.dispatch)


def partners_of(slot: Slot) -> list[Slot]:
    """The other places in the team that still count."""
    gone = {SlotState.CANCELLED, SlotState.REPLACED}
    return [s for s in slot.dispatch.slots if s is not slot and s.state not in gone]


def tell_partners(uow: UnitOfWork, centre: Centre, slot: Slot, text: str) -> None:
    """Whoever has the other places learns what became of this one."""
    for partner in partners_of(slot):
        if partner.state in TAKEN and partner.responder is not None:
            tell(uow, centre, partner, text)


def tell(uow: UnitOfWork, centre: Centre, slot: Slot, text: str) -> None:
    """Text the member who has this slot; where a phone has sent STOP, a person rings."""
    if slot.responder is None:
        return
    outbox.enqueue(
        uow,
        centre,
        kind="update",
        to=slot.responder.phone or "",
        to_role=slot.responder.role,
        body=text,
        priority=slot.dispatch.level_rank,
        call_id=slot.dispatch.call_id,
        responder_id=slot.responder.id,
    )


def decline(uow: UnitOfWork, centre: Centre, page: Page, through: str) -> None:
    """A no moves on to the next at once; a no after a yes gives the slot back.

    Raises Conflict when the page is not theirs to decline any more.
    """
    slot = page.slot
    if page.state is PageState.OPEN:
        page.answered_at, page.answered_through = uow.now, through
        pass_over(uow, centre, page, PageState.DECLINED)
    elif page.state is PageState.ACCEPTED and slot.state in TAKEN - {SlotState.ON_SCENE}:
        page.move_to(PageState.DECLINED)
        uow.audit("page.given_back", page, call_id=slot.dispatch.call_id, team=page.team.name)
        slot.move_to(SlotState.SEEKING)
        slot.responder_id = None
        slot.eta_at = None
        tell_partners(uow, centre, slot, wording.half_pair(slot.dispatch.call.code, slot.role))
        seek(uow, centre, slot.dispatch)
    else:
        raise Conflict("this page is not open any more")


def withdraw_pages(uow: UnitOfWork, centre: Centre, slot: Slot, text: str) -> None:
    """Nobody else need answer for this slot; whoever still might is told why."""
    for page in slot.pages:
        if page.state in {PageState.OPEN, PageState.PASSED_OVER}:
            page.move_to(PageState.WITHDRAWN)
            stand_down(uow, centre, page, text)


def stand_down(uow: UnitOfWork, centre: Centre, page: Page, text: str) -> None:
    """Tell whoever was paged; somebody whose page never left need not be told."""
    if outbox.withdraw_unsent(uow, page.id) and page.answered_at is None:
        return
    outbox.enqueue(
        uow,
        centre,
        kind="stand_down",
        to=page.responder.phone or "",
        to_role=page.responder.role,
        body=text,
        priority=page.slot.dispatch.level_rank,
        call_id=page.slot.dispatch.call_id,
        responder_id=page.responder_id,
        dedupe_key=f"stand_down:{page.id}:{page.version}",
    )


def who_has(slot: Slot) -> str:
    """Who has this slot, as a late answer is told."""
    if slot.state in TAKEN:
        return slot.team.name if slot.team else slot.unit or "another unit"
    return slot.state.value.replace("_", " ")


def open_page_of(uow: UnitOfWork, call: Call, responder: Responder) -> Page | None:
    """The page of this responder for this call: the one that counts, the newest first."""
    pages = uow.session.scalars(
        select(Page)
        .join(Slot)
        .join(Dispatch)
        .where(Dispatch.call_id == call.id, Page.responder_id == responder.id)
        .order_by(Page.created_at.desc(), Page.id.desc())
    ).all()
    in_hand = [p for p in pages if p.state is PageState.ACCEPTED and p.slot.state in TAKEN]
    asked = [p for p in pages if p.state is PageState.OPEN]
    done = [p for p in pages if p.state is PageState.ACCEPTED]
    return next(iter([*in_hand, *asked, *done, *pages]), None)


def require_page_dispatch(dispatch: Dispatch) -> None:
    if dispatch.reached_by != "page":
        raise Refused("this response is not one of our teams: confirm it as handed over instead")
