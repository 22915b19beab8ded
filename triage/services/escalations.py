"""When nobody is left to ask: supervisors, all hands, and the caller who still waits."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from triage.domain import escalation_wording
from triage.domain.errors import Conflict, Refused
from triage.domain.escalation import Channel, Done, Step, Who, next_step, reminders
from triage.domain.lifecycle import TAKEN, WANTED, DispatchState, PageKind, PageState, SlotState
from triage.services import escalation_policies, freed_teams, outbox, storms
from triage.services.availability import supervisors_on_duty, team_options
from triage.services.centre import Centre
from triage.services.pages import REMIND, open_page, ring, send_again, send_page
from triage.services.planned import cancel, is_planned, plan
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.messages import Message
from triage.storage.teams import Responder, Team
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

ESCALATE = "escalate"
CALL_BACK = "call_back"
NOBODY_LEFT = "nobody_left"
"""Of the text that tells the desk."""
WAITING = frozenset({DispatchState.UNFILLED, DispatchState.SEEKING, DispatchState.HALF_FORMED})
"""The caller waits for somebody."""


def start(
    uow: UnitOfWork, centre: Centre, dispatch: Dispatch, not_before: datetime | None = None
) -> None:
    """Nobody is left to ask: from now on the policy's further steps are done until somebody
    takes the call. One that was begun before goes on where it was.

    not_before -- a dispatcher who still has the caller has so long before others are alarmed.
    """
    if not is_planned(uow, ESCALATE, dispatch):
        _plan_next(uow, dispatch, not_before)
    if not is_planned(uow, CALL_BACK, dispatch):
        _plan_call_back(uow, centre, dispatch)
    freed_teams.offer_soon(uow, dispatch, uow.now + freed_teams.LOOK_AGAIN)


def pause(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """Somebody is asked again. The caller still waits."""
    cancel(uow, dispatch, ESCALATE)


def end(uow: UnitOfWork, dispatch: Dispatch) -> None:
    """Somebody has it, or it is not needed."""
    cancel(uow, dispatch, ESCALATE, CALL_BACK)
    dispatch.call_back_at = None


def _plan_next(uow: UnitOfWork, dispatch: Dispatch, not_before: datetime | None = None) -> None:
    policy = escalation_policies.of_dispatch(uow, dispatch)
    due = next_step(policy, Done(dispatch.escalated, uow.now), uow.now)
    if due is not None:
        plan(uow, ESCALATE, dispatch, max(due.at, not_before or due.at), dispatch)


def step_is_due(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """Do the next step beyond the teams. One that reaches nobody is followed at once by the
    next, until this round is over."""
    if dispatch.state is not DispatchState.UNFILLED or in_charge(dispatch) is not None:
        return
    policy = escalation_policies.of_dispatch(uow, dispatch)
    due = next_step(policy, Done(dispatch.escalated, uow.now), uow.now)
    while due is not None:
        reached = _do(uow, centre, dispatch, due.step)
        dispatch.escalated += 1
        uow.audit(
            "dispatch.escalated",
            dispatch,
            who=due.step.who.value,
            channel=due.step.channel.value,
            round=due.round,
            reached=reached,
        )
        following = next_step(policy, Done(dispatch.escalated, uow.now), uow.now)
        if following is None or reached or following.round > due.round:
            break
        due = following
    _plan_next(uow, dispatch)


def _do(uow: UnitOfWork, centre: Centre, dispatch: Dispatch, step: Step) -> int:
    """How many people were reached out to."""
    missing = [slot for slot in dispatch.slots if slot.state is SlotState.UNFILLED]
    if step.who is Who.ALL_HANDS:
        return _all_hands(uow, centre, dispatch, missing)
    return _supervisors(uow, centre, dispatch, missing[0], step.channel)


def _supervisors(
    uow: UnitOfWork, centre: Centre, dispatch: Dispatch, slot: Slot, channel: Channel
) -> int:
    on_duty = supervisors_on_duty(uow)
    asked = 0
    for responder in on_duty:
        page = _page_of(dispatch, responder.id)
        if page is not None and page.state is not PageState.OPEN:
            continue  # they said no, or cannot be reached
        new = page is None
        page = page or open_page(uow, slot, responder.team, responder, PageKind.SUPERVISOR)
        if not storms.holds_back(uow, page, channel.value):
            if channel is Channel.VOICE:
                ring(uow, centre, page)
            elif new:
                send_page(uow, centre, page)
            else:
                send_again(uow, centre, page)
        asked += 1
    if not on_duty and channel is Channel.SMS and centre.policy.desk_phone:
        _tell_desk(uow, centre, dispatch, centre.policy.desk_phone)
    return asked


def _page_of(dispatch: Dispatch, responder_id: UUID) -> Page | None:
    """What this supervisor was asked about this dispatch, the newest, unless it is over."""
    pages = [
        page
        for slot in dispatch.slots
        for page in slot.pages
        if page.kind is PageKind.SUPERVISOR
        and page.responder_id == responder_id
        and page.state is not PageState.WITHDRAWN
    ]
    return max(pages, key=lambda page: page.created_at, default=None)


def _tell_desk(uow: UnitOfWork, centre: Centre, dispatch: Dispatch, phone: str) -> None:
    code = dispatch.call.code
    outbox.enqueue(
        uow,
        centre,
        kind=NOBODY_LEFT,
        to=phone,
        to_role="desk",
        body=escalation_wording.nobody_left_at_all(code, dispatch.level_label),
        priority=dispatch.level_rank,
        call_id=dispatch.call_id,
        dedupe_key=f"desk:{dispatch.id}:{dispatch.escalated}",
        valid_s=centre.policy.page_valid_s,
    )


def is_awaited(uow: UnitOfWork, message: Message) -> bool:
    """Is still nobody found for the call that the desk is told of?"""
    unfilled = select(Dispatch.id).where(
        Dispatch.call_id == message.call_id, Dispatch.state == DispatchState.UNFILLED
    )
    return uow.session.scalar(unfilled.limit(1)) is not None


def _all_hands(uow: UnitOfWork, centre: Centre, dispatch: Dispatch, missing: Sequence[Slot]) -> int:
    """Ask everybody on shift who could fill a missing place and has no call: those too who
    were asked before. The slots stay unfilled until one of them says yes."""
    busy = _busy(uow, dispatch)
    asked = 0
    for option in team_options(uow, dispatch.call.zone, besides=dispatch):
        if option.suspended:
            continue
        for member in option.members:
            slot = next((slot for slot in missing if slot.role == member.role), None)
            if slot is None or member.responder_id in busy:
                continue
            responder = uow.get(Responder, member.responder_id)
            team = uow.get(Team, option.team_id)
            page = open_page(uow, slot, team, responder, PageKind.ALL_HANDS)
            send_page(uow, centre, page)
            asked += 1
    return asked


def _busy(uow: UnitOfWork, dispatch: Dispatch) -> set[UUID]:
    """Who has a call, or a question about this one still open."""
    working = select(Slot.responder_id).where(
        Slot.state.in_([SlotState.PAGED, *sorted(TAKEN)]), Slot.responder_id.is_not(None)
    )
    asked = (
        select(Page.responder_id)
        .join(Slot)
        .join(Dispatch)
        .where(Dispatch.call_id == dispatch.call_id, Page.state == PageState.OPEN)
    )
    found = {*uow.session.scalars(working), *uow.session.scalars(asked)}
    return {key for key in found if key is not None}


# --- whoever is being asked --------------------------------------------------------------


def remind(uow: UnitOfWork, centre: Centre, page: Page, number: int) -> None:
    """They have not answered: try them again as the policy says."""
    dispatch = page.slot.dispatch
    if page.state is not PageState.OPEN or page.slot.state not in WANTED:
        return
    policy = escalation_policies.of_dispatch(uow, dispatch)
    due = reminders(policy, dispatch.answer_within_min * 60)
    if number < len(due):
        channel = due[number][1]
        (ring if channel is Channel.VOICE else send_again)(uow, centre, page)
        uow.audit("page.tried_again", page, call_id=dispatch.call_id, channel=channel.value)


# --- supervisors -------------------------------------------------------------------------


def in_charge(dispatch: Dispatch) -> Page | None:
    """The page of the supervisor who has taken charge of finding somebody."""
    pages = (page for slot in dispatch.slots for page in slot.pages)
    return next(
        (p for p in pages if p.kind is PageKind.SUPERVISOR and p.state is PageState.ACCEPTED), None
    )


def take_charge(uow: UnitOfWork, page: Page, through: str) -> None:
    """A supervisor sees to it: nobody else is alarmed, the caller is still to be called back."""
    dispatch = page.slot.dispatch
    if page.state is PageState.ACCEPTED:
        return
    if page.state is not PageState.OPEN or dispatch.state not in WAITING:
        raise Refused("Somebody comes already, or nobody is needed. Nothing was changed.")
    other = in_charge(dispatch)
    if other is not None:
        raise Conflict(other.team.name)
    page.move_to(PageState.ACCEPTED)
    page.answered_at, page.answered_through = uow.now, through
    cancel(uow, dispatch, ESCALATE)
    uow.audit("page.charge_taken", page, call_id=dispatch.call_id, team=page.team.name)


# --- the caller who waits ----------------------------------------------------------------


def _plan_call_back(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    by_level = centre.policy.call_back_min
    minutes = by_level[min(dispatch.level_rank, len(by_level)) - 1]
    plan(uow, CALL_BACK, dispatch, uow.now + timedelta(minutes=minutes), dispatch)


def call_back_is_due(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """The caller has waited for a team for as long as anybody of this level should without
    hearing from us: a task on the board, until somebody has rung them."""
    if dispatch.state not in WAITING:
        return
    if dispatch.call_back_at is None:
        dispatch.call_back_at = uow.now
        uow.audit("dispatch.call_back_due", dispatch)
    _plan_call_back(uow, centre, dispatch)


def called_back(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """Somebody has rung the caller: the next time counts from now."""
    if dispatch.call_back_at is None:
        raise Conflict("the caller has been called back already, or somebody comes")
    waited_s = int((uow.now - dispatch.call_back_at).total_seconds())
    dispatch.call_back_at = None
    cancel(uow, dispatch, CALL_BACK)
    _plan_call_back(uow, centre, dispatch)
    uow.audit("dispatch.called_back", dispatch, waited_s=waited_s)


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    **storms.HANDLERS,
    ESCALATE: lambda uow, centre, timer: step_is_due(
        uow, centre, uow.get(Dispatch, timer.subject_id)
    ),
    REMIND: lambda uow, centre, timer: remind(
        uow, centre, uow.get(Page, timer.subject_id), timer.step
    ),
    CALL_BACK: lambda uow, centre, timer: call_back_is_due(
        uow, centre, uow.get(Dispatch, timer.subject_id)
    ),
}
