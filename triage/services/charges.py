"""Charge of a call to which nobody comes: a supervisor has it for a time, and it has an end."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from triage.domain import escalation_wording, hand_over_wording
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import DispatchState, PageKind, PageState
from triage.services import escalation_policies, escalation_steps, outbox, stand_downs
from triage.services.centre import Centre
from triage.services.escalation_steps import ESCALATE, WAITING, alarms, is_unconfirmed
from triage.services.listed_dispatches import ListedPage
from triage.services.pages import hold
from triage.services.planned import cancel, is_planned, plan
from triage.storage.dispatches import UNFINISHED_DISPATCH, Dispatch, Page, Slot
from triage.storage.messages import Message
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

KIND = "charge"
"""Of the text that reminds whoever has charge."""
REMINDS, ENDS = "charge_remind", "charge_end"
GIVEN_BACK, TOO_LONG, UNREACHABLE = "given_back", "too_long", "unreachable"
"""Why a charge ended, beside what takes somebody off duty."""


_OVER = (DispatchState.CLEARED, DispatchState.CANCELLED, DispatchState.HANDED_OVER)


def in_charge(dispatch: Dispatch) -> Page | None:
    """The page of the supervisor who has taken charge of finding somebody."""
    pages = (page for slot in dispatch.slots for page in slot.pages)
    return next((page for page in pages if is_charge(page)), None)


def is_charge(page: Page | ListedPage) -> bool:
    return page.kind is PageKind.SUPERVISOR and page.state is PageState.ACCEPTED


def _is_needed(dispatch: Dispatch) -> bool:
    return dispatch.state in WAITING or alarms(dispatch)


def take(uow: UnitOfWork, centre: Centre, page: Page, through: str) -> None:
    """A supervisor sees to it: nobody else is alarmed while they do, and the caller is still to
    be called back. Whoever has charge already keeps it for as long again.

    Raises Conflict naming who has charge, Refused where nobody is needed.
    """
    dispatch = page.slot.dispatch
    holder = in_charge(dispatch)
    if holder is not None and holder is not page:
        raise Conflict(holder.team.name)
    if page.state is PageState.WITHDRAWN or not _is_needed(dispatch):
        raise Refused(escalation_wording.NO_CHARGE)
    if holder is None:
        page.move_to(PageState.ACCEPTED)
        page.answered_at, page.answered_through = uow.now, through
        cancel(uow, dispatch, ESCALATE)
        others = escalation_wording.charge_is_taken(dispatch.call.code, page.team.name)
        stand_downs.withdraw_supervisors(uow, centre, dispatch, others)
        uow.audit("page.charge_taken", page, call_id=dispatch.call_id, team=page.team.name)
    else:
        uow.audit("page.charge_kept", page, call_id=dispatch.call_id, team=page.team.name)
    _set_clock(uow, centre, page)


def keep_clock(uow: UnitOfWork, centre: Centre, page: Page) -> None:
    """Charge never lasts without an end."""
    if not runs(uow, page.slot.dispatch):
        _set_clock(uow, centre, page)


def runs(uow: UnitOfWork, dispatch: Dispatch) -> bool:
    """Does the clock of a charge run?"""
    return is_planned(uow, REMINDS, dispatch) or is_planned(uow, ENDS, dispatch)


def stop_clock(uow: UnitOfWork, dispatch: Dispatch) -> None:
    cancel(uow, dispatch, REMINDS, ENDS)


def _set_clock(uow: UnitOfWork, centre: Centre, page: Page) -> None:
    """For as long as a caller of this level may wait without hearing from us."""
    dispatch = page.slot.dispatch
    stop_clock(uow, dispatch)
    due_at = uow.now + escalation_policies.call_back_after(uow, centre, dispatch)
    plan(uow, REMINDS, page, due_at, dispatch)


def remind(uow: UnitOfWork, centre: Centre, page: Page, number: int) -> None:
    """Still nobody comes: whoever has charge is asked whether they keep it, and has the time
    for it that anybody has for an answer."""
    dispatch = page.slot.dispatch
    if not is_charge(page) or not _is_needed(dispatch):
        return
    answer_min = dispatch.answer_within_min
    owed = hand_over_wording.of(dispatch.reached_by) if is_unconfirmed(dispatch) else None
    plan(uow, ENDS, page, uow.now + timedelta(minutes=answer_min), dispatch)
    outbox.enqueue(
        uow,
        centre,
        kind=KIND,
        to=page.responder.phone or "",
        to_role=page.responder.role,
        body=(owed or escalation_wording).charge_reminder(dispatch.call.code, answer_min),
        priority=dispatch.level_rank,
        call_id=dispatch.call_id,
        page_id=page.id,
        responder_id=page.responder_id,
        dedupe_key=f"charge:{page.id}:{number}",
        valid_s=answer_min * 60,
    )


def is_awaited(uow: UnitOfWork, message: Message) -> bool:
    """Has whoever is reminded charge still?"""
    page = uow.session.get(Page, message.page_id) if message.page_id else None
    return page is not None and is_charge(page)


def time_is_over(uow: UnitOfWork, page: Page) -> None:
    """Nobody was found in the time, and whoever has charge has not asked for more."""
    hold(uow, page)
    end(uow, page, TOO_LONG)


def not_reached(uow: UnitOfWork, message: Message) -> None:
    """The reminder does not arrive: whoever has charge cannot be reached."""
    if message.page_id is not None:
        end(uow, uow.get(Page, message.page_id), UNREACHABLE)


def give_back(uow: UnitOfWork, page: Page, through: str) -> None:
    """They cannot see to it any more."""
    page.answered_at, page.answered_through = uow.now, through
    end(uow, page, GIVEN_BACK)


def leave(uow: UnitOfWork, whose: Callable[[Page], bool], why: str) -> None:
    """They have left duty: nobody has charge of what they had charge of.

    why -- a code of LEFT_DUTY.
    """
    going_on = select(Dispatch.id).where(UNFINISHED_DISPATCH, Dispatch.state.not_in(_OVER))
    there = uow.session.scalars(select(Slot.id).where(Slot.dispatch_id.in_(going_on))).all()
    pages = uow.session.scalars(
        select(Page).where(
            Page.slot_id.in_(there),
            Page.kind == PageKind.SUPERVISOR,
            Page.state == PageState.ACCEPTED,
        )
    )
    theirs = [page for page in pages if whose(page)]  # a member has ever more pages
    for page in sorted(theirs, key=lambda page: (page.slot.dispatch.level_rank, page.created_at)):
        end(uow, page, why)


def end(uow: UnitOfWork, page: Page, why: str) -> None:
    """From now on nobody has charge: while nobody comes, escalation goes on at once."""
    if not is_charge(page):
        return
    dispatch = page.slot.dispatch
    page.move_to(PageState.DECLINED if why == GIVEN_BACK else PageState.PASSED_OVER)
    uow.audit("page.charge_ended", page, call_id=dispatch.call_id, team=page.team.name, because=why)
    stop_clock(uow, dispatch)
    if alarms(dispatch):
        escalation_steps.hasten(uow, dispatch)


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {
    REMINDS: lambda uow, centre, timer: remind(
        uow, centre, uow.get(Page, timer.subject_id), timer.step
    ),
    ENDS: lambda uow, _, timer: time_is_over(uow, uow.get(Page, timer.subject_id)),
}
