"""Supervisors who are asked to take charge, and the desk, which is told where none does."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from triage.domain import escalation_wording, hand_over_wording
from triage.domain.escalation import Channel, Due
from triage.domain.lifecycle import DispatchState, PageKind, PageState
from triage.services import outbox, storms
from triage.services.availability import supervisors_on_duty
from triage.services.centre import Centre
from triage.services.charges import in_charge
from triage.services.escalation_steps import alarms, is_unconfirmed
from triage.services.pages import open_page, ring, send_again, send_page
from triage.services.unsafe import somebody_withdrew
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.messages import Message
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

NOBODY_LEFT = "nobody_left"
"""Of the text that tells the desk."""
A_NO_HOLDS = timedelta(seconds=60)
"""Whoever has just said no is not asked again by a round that begins because of it."""


def ask(uow: UnitOfWork, centre: Centre, slot: Slot, due: Due) -> int:
    """Do this step; how many were reached out to. Who said no, or whose telephone took no text,
    is asked again in the next round, and in this one may still be rung for want of a text."""
    channel, asked = due.step.channel, 0
    for responder in supervisors_on_duty(uow):
        earlier = _page_of(slot.dispatch, responder.id)
        if earlier is not None and _is_left_alone(earlier, due, uow.now):
            continue
        page = earlier if earlier is not None and _goes_on(earlier, due) else None
        new = page is None
        page = page or open_page(uow, slot, responder.team, responder, PageKind.SUPERVISOR)
        unheard = due.anew and channel is Channel.VOICE  # no text of it is there
        own = is_unconfirmed(slot.dispatch) and channel is Channel.SMS  # the text of many says else
        if unheard or own or not storms.holds_back(uow, page, channel.value):
            if channel is Channel.VOICE:
                ring(uow, centre, page)
            elif new:
                send_page(uow, centre, page)
            else:
                send_again(uow, centre, page)
        asked += 1
    return asked


def are_alarmed(dispatch: Dispatch) -> bool:
    """Is one asked who has not said no, or will one be? Else a person has to ring somebody."""
    pages = (page for slot in dispatch.slots for page in slot.pages)
    waits = {PageState.OPEN, PageState.UNDELIVERABLE}
    asked = any(page.kind is PageKind.SUPERVISOR and page.state in waits for page in pages)
    return asked or not dispatch.escalated


def _is_left_alone(page: Page, due: Due, now: datetime) -> bool:
    if page.state is PageState.DECLINED:
        said_at = page.answered_at or page.created_at
        return not due.anew or said_at > now - A_NO_HOLDS
    no_text = page.state is PageState.UNDELIVERABLE and due.step.channel is Channel.SMS
    return no_text and not due.anew


def _goes_on(page: Page, due: Due) -> bool:
    """Is it this page that they are asked with once more?"""
    rings = page.state is PageState.UNDELIVERABLE and not due.anew
    return page.state is PageState.OPEN or rings


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


def still_to_ask(uow: UnitOfWork, dispatch: Dispatch) -> Sequence[Responder]:
    """Supervisors on duty who have not been asked, or were and have not said no."""
    pages = {one: _page_of(dispatch, one.id) for one in supervisors_on_duty(uow)}
    return [
        one for one, page in pages.items() if page is None or page.state is not PageState.DECLINED
    ]


def anybody_unasked(uow: UnitOfWork, dispatch: Dispatch) -> bool:
    """Has a supervisor come on duty since others were asked?"""
    return any(_page_of(dispatch, one.id) is None for one in supervisors_on_duty(uow))


def tell_desk(uow: UnitOfWork, centre: Centre, slot: Slot, round: int) -> None:
    """No supervisor is reached, or none has said yes: once in each round, which begin anew when
    somebody had the call meanwhile, or it has become more urgent."""
    dispatch, phone = slot.dispatch, centre.policy.desk_phone
    if phone is None:
        return
    on_shift = bool(supervisors_on_duty(uow))
    late = is_unconfirmed(dispatch)
    owed = hand_over_wording.of(dispatch.reached_by)
    say = owed.tell_desk if late else escalation_wording.nobody_left_at_all
    outbox.enqueue(
        uow,
        centre,
        kind=NOBODY_LEFT,
        to=phone,
        to_role="desk",
        body=say(
            dispatch.call.code,
            dispatch.level_label,
            on_shift=on_shift,
            unsafe=somebody_withdrew(uow, dispatch),
        ),
        priority=dispatch.level_rank,
        call_id=dispatch.call_id,
        dedupe_key=f"desk:{slot.id}:{dispatch.level_rank}:{round}:{_had_until(slot)}",
        valid_s=centre.policy.page_valid_s,
    )


def _had_until(slot: Slot) -> datetime | None:
    """When the last that had this place was heard of, or what was last done with a line."""
    transfer = slot.dispatch.transfer
    return transfer.changed_at if transfer is not None else slot.heard_at


def is_awaited(uow: UnitOfWork, message: Message) -> bool:
    """Is nobody found still for the call that the desk is told of, or its hand-over not confirmed,
    and nobody in charge?"""
    alarming = uow.session.scalars(
        select(Dispatch).where(
            Dispatch.call_id == message.call_id,
            Dispatch.state.in_([DispatchState.UNFILLED, DispatchState.HAND_OVER]),
        )
    )
    return any(alarms(dispatch) and in_charge(dispatch) is None for dispatch in alarming)
