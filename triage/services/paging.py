"""Finding somebody for each slot: ask the best team, wait, ask the next."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select

from triage.domain import wording
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import (
    ON_SITE,
    TAKEN,
    WANTED,
    DispatchState,
    PageKind,
    PageState,
    SlotState,
    dispatch_state_of,
)
from triage.domain.ranking import Need, TeamOption, why_first
from triage.domain.sent import why_nobody_is_left
from triage.domain.storm import Candidates
from triage.domain.words import msgid
from triage.services import (
    by_radio,
    candidates,
    check_ins,
    cries,
    escalation_policies,
    escalations,
    freed_teams,
    late_teams,
    reliefs,
    rest_of_team,
    wrong_pins,
)
from triage.services.availability import Held, is_still_free
from triage.services.centre import Centre
from triage.services.escalation_steps import WAITING
from triage.services.pages import (
    may_still_decline,
    open_page,
    partners_of,
    ring,
    send_page,
    who_has,
)
from triage.services.planned import states_of
from triage.services.stand_downs import (
    instead_of,
    no_turn,
    stay,
    tell,
    tell_partners,
    withdraw_pages,
)
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

__all__ = ["partners_of", "send_page", "tell", "tell_partners", "who_has", "withdraw_pages"]


def seek(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """Page the best team for every slot that nobody has been asked for, until each is
    asked for or nobody is left to ask."""
    while wanted := [slot for slot in dispatch.slots if slot.state is SlotState.SEEKING]:
        found = candidates.find(uow, dispatch, wanted)
        if found.best is None or _enough_asked(uow, dispatch, wanted):
            _nobody_left(uow, centre, dispatch, wanted, found.none)
            break
        _ask_best(uow, centre, dispatch, wanted, found)
    refresh(uow, dispatch)


def may_ask_more(uow: UnitOfWork, dispatch: Dispatch) -> bool:
    """Does a dispatch wait for a team, and may the policy and those who are free be able to give
    it one?"""
    wanted = _unfilled(dispatch)
    may_ask = bool(wanted) and not _enough_asked(uow, dispatch, wanted)
    return may_ask and candidates.anybody_left(uow, dispatch, wanted)


def _unfilled(dispatch: Dispatch) -> Sequence[Slot]:
    return [slot for slot in dispatch.slots if slot.state is SlotState.UNFILLED]


def offer(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """A team may have become free for a dispatch that waits for one: ask it."""
    while wanted := _unfilled(dispatch):
        found = candidates.find(uow, dispatch, wanted)
        if found.best is None or _enough_asked(uow, dispatch, wanted):
            break
        _ask_best(uow, centre, dispatch, wanted, found)
    refresh(uow, dispatch)


def _ask_best(
    uow: UnitOfWork,
    centre: Centre,
    dispatch: Dispatch,
    wanted: Sequence[Slot],
    found: Candidates,
) -> None:
    best, held = candidates.hold_best(uow, found)
    if is_still_free(uow, best, dispatch):  # else another call was a moment sooner
        _ask(uow, centre, wanted, best, found.need, held)


def _ask(
    uow: UnitOfWork,
    centre: Centre,
    wanted: Sequence[Slot],
    best: TeamOption,
    need: Need,
    held: Held,
) -> None:
    reasons, team = why_first(best, need), held.team
    for place, member in best.can_fill(need.roles).items():
        slot, responder = wanted[place], held.members[member.responder_id]
        slot.move_to(SlotState.PAGED)
        slot.team_id, slot.responder_id = team.id, responder.id
        instead_of(uow, slot, responder.id)
        page = open_page(uow, slot, team, responder, why=reasons)
        send_page(uow, centre, page)
        if slot.rank < slot.dispatch.level_rank:  # a team had to leave: nothing is tried later
            ring(uow, centre, page)


def _enough_asked(uow: UnitOfWork, dispatch: Dispatch, wanted: Sequence[Slot]) -> bool:
    """Does the policy go on to the next step although there are teams left?"""
    most = escalation_policies.of_dispatch(uow, dispatch).most_teams
    return most is not None and min(len(slot.asked) for slot in wanted) >= most


def _nobody_left(
    uow: UnitOfWork,
    centre: Centre,
    dispatch: Dispatch,
    wanted: Sequence[Slot],
    nobody_asked: str,
) -> None:
    for slot in [slot for slot in wanted if slot.relieves is not None]:
        reliefs.nobody_relieves(uow, centre, slot)
    wanted = [slot for slot in wanted if slot.state is SlotState.SEEKING]
    if not wanted:
        return
    asked = (page.state for slot in wanted for page in slot.asked)
    dispatch.cause = why_nobody_is_left(asked, nobody_asked)
    assess_again(uow, dispatch)
    for slot in wanted:
        slot.move_to(SlotState.UNFILLED)
        slot.responder_id = None
        uow.audit("slot.unfilled", slot, call_id=dispatch.call_id, role=slot.role)
    escalations.start(uow, centre, dispatch)


def assess_again(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """Soon, by whoever looks after what is due: the rules say who comes instead, if anybody."""
    states = states_of(uow, "nobody_left", dispatch)
    if "waiting" not in states:
        uow.set_timer(
            "nobody_left",
            dispatch,
            uow.now,
            step=len(states),
            priority=dispatch.level_rank,
            dispatch_id=dispatch.id,
        )


def refresh(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """Let the dispatch be what its slots amount to, and say so when it changed."""
    state = dispatch_state_of(slot.state for slot in dispatch.slots if slot.relieves is None)
    if state is not DispatchState.UNFILLED and dispatch.cause is not None:
        dispatch.cause = None
    if state is not dispatch.state:
        _become(uow, dispatch, state)
    if state is DispatchState.UNFILLED:
        escalations.go_on(uow, dispatch)
    if any(slot.unit for slot in dispatch.slots):
        by_radio.left(uow, dispatch.call)
    rest_of_team.look(uow, dispatch)
    late_teams.look(uow, dispatch)
    wrong_pins.look(uow, dispatch)


def _become(uow: UnitOfWork, dispatch: Dispatch, state: DispatchState) -> None:
    ended = state in {DispatchState.CLEARED, DispatchState.CANCELLED}
    if dispatch.state is DispatchState.UNFILLED:
        escalations.pause(uow, dispatch)
        if not ended:
            assess_again(uow, dispatch)  # somebody is asked, or comes, whatever it says by now
    if state not in WAITING:
        escalations.end(uow, dispatch)
        dispatch.diverted_at = None
    elif dispatch.state not in WAITING:
        escalations.begin_anew(dispatch)
    dispatch.state = state
    if ended:
        dispatch.ended_at = uow.now
    why: dict[str, Any] = {"cause": dispatch.cause} if dispatch.cause else {}
    if dispatch.is_half:
        why["half"] = True
    uow.audit(f"dispatch.{state.value}", dispatch, **why)


def pass_over(
    uow: UnitOfWork, centre: Centre, page: Page, why: PageState, because: str | None = None
) -> None:
    """No answer in time, a no, or a text that cannot be delivered: ask the next at once.

    because -- a code, where they left duty before they answered.
    """
    may_say_no = page.state is PageState.UNDELIVERABLE and why is PageState.DECLINED
    if page.state is not PageState.OPEN and not may_say_no:
        return
    page.move_to(why)
    details: dict[str, Any] = {"because": because} if because else {}
    details["role"] = page.responder.role
    details["waited_s"] = int((uow.now - page.created_at).total_seconds())
    if page.kind is not PageKind.TEAM:
        details["asked"] = page.kind.value
    call_id = page.slot.dispatch.call_id
    uow.audit(f"page.{why.value}", page, call_id=call_id, team=page.team.name, **details)
    if page.kind is PageKind.TEAM:
        _ask_on(uow, centre, page.slot)
        freed_teams.offer_soon(uow, page)
    elif page.kind is PageKind.DIVERT:
        stay(uow, centre, page)
    else:
        escalations.refused(uow, centre, page)


def _ask_on(uow: UnitOfWork, centre: Centre, slot: Slot) -> None:
    still_asked = any(p.state is PageState.OPEN and p.kind is PageKind.TEAM for p in slot.pages)
    if slot.state is SlotState.PAGED and not still_asked:
        slot.move_to(SlotState.SEEKING)
        slot.responder_id = None
        seek(uow, centre, slot.dispatch)


def _tell_no(uow: UnitOfWork, event: str, page: Page) -> None:
    team, role = page.team.name, page.responder.role
    uow.audit(event, page, call_id=page.slot.dispatch.call_id, team=team, role=role)


def must_be_wanted(slot: Slot) -> None:
    """Raises Conflict with who has the place already, or what became of it."""
    if slot.state in TAKEN:
        raise Conflict(msgid("%(who)s has it already", who=who_has(slot)))
    if slot.state not in WANTED:
        raise Conflict(msgid("nobody is sought any more: %(state)s", state=who_has(slot)))


def accept(
    uow: UnitOfWork, centre: Centre, page: Page, through: str, together: Collection[Slot] = ()
) -> None:
    """Give the slot to whoever was paged. Raises Conflict naming who has it already.

    together -- places that are given in the same moment: whoever gets them is told otherwise.
    """
    slot = page.slot
    must_be_wanted(slot)
    page.move_to(PageState.ACCEPTED)
    page.answered_at, page.answered_through = uow.now, through
    slot.move_to(SlotState.ACCEPTED)
    slot.team_id, slot.responder_id, slot.unit = page.team_id, page.responder_id, None
    slot.team, slot.responder = page.team, page.responder
    check_ins.watch_over(uow, slot)
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
    reliefs.take_over(uow, centre, slot)
    cries.tell_who_comes(uow, centre, slot)
    comes = wording.partner_accepted(code, slot.role, page.team.name)
    tell_partners(uow, centre, slot, comes, but=together)
    refresh(uow, slot.dispatch)
    freed_teams.offer_soon(uow, slot)


def decline(uow: UnitOfWork, centre: Centre, page: Page, through: str) -> None:
    """A no moves on to the next at once; a no after a yes gives the slot back.

    Raises Conflict when the page is not theirs to decline any more.
    """
    slot = page.slot
    if page.state in {PageState.OPEN, PageState.UNDELIVERABLE}:
        page.answered_at, page.answered_through = uow.now, through
        pass_over(uow, centre, page, PageState.DECLINED)
    elif page.state is PageState.ACCEPTED and slot.state in TAKEN - ON_SITE:
        reliefs.must_stay(slot)
        page.move_to(PageState.DECLINED)
        _tell_no(uow, "page.given_back", page)
        slot.move_to(SlotState.SEEKING)
        slot.responder_id = None
        slot.eta_at = None
        no_turn(uow, centre, slot, page.responder_id)
        tell_partners(uow, centre, slot, wording.half_pair(slot.dispatch.call.code, slot.role))
        seek(uow, centre, slot.dispatch)
        freed_teams.offer_soon(uow, page)
    elif may_still_decline(page):
        page.answered_at, page.answered_through = uow.now, through
        page.move_to(PageState.DECLINED)
        _tell_no(uow, "page.declined", page)
    else:
        raise Conflict(msgid("this page is not open any more"))


def open_page_of(uow: UnitOfWork, call: Call, responder: Responder) -> Page | None:
    """The page of this responder for this call: the one that counts, the newest first."""
    of_call = uow.session.scalars(
        select(Page)
        .join(Slot)
        .join(Dispatch)
        .where(Dispatch.call_id == call.id)
        .order_by(Page.created_at.desc(), Page.id.desc())
    )
    pages = [page for page in of_call if page.responder_id == responder.id]
    in_hand = [p for p in pages if p.state is PageState.ACCEPTED and p.slot.state in TAKEN]
    asked = [p for p in pages if p.state is PageState.OPEN]
    done = [p for p in pages if p.state is PageState.ACCEPTED]
    return next(iter([*in_hand, *asked, *done, *pages]), None)


def require_page_dispatch(dispatch: Dispatch) -> None:
    if dispatch.reached_by != "page":
        raise Refused(
            msgid("this response is not one of our teams: confirm it as handed over instead")
        )
