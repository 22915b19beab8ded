"""One page: opened for one responder, sent as a text, rung."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import bindparam, select

from triage.domain import escalation_wording, hand_over_wording, wording
from triage.domain.escalation import reminders
from triage.domain.lifecycle import (
    GONE,
    PAGE_MOVES,
    TAKEN,
    WANTED,
    PageKind,
    PageState,
    SlotState,
)
from triage.domain.words import Spoken, msgid
from triage.services import escalation_policies, outbox, page_links, storms
from triage.services.centre import Centre
from triage.services.escalation_steps import is_unconfirmed
from triage.services.unsafe import somebody_withdrew
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.messages import Message
from triage.storage.teams import Responder, Team
from triage.storage.unit_of_work import UnitOfWork

_HELD = (
    select(Dispatch, Slot, Page)
    .join(Slot, Slot.dispatch_id == Dispatch.id)
    .join(Page, Page.slot_id == Slot.id)
    .where(Dispatch.id == bindparam("dispatch_id"))
    .order_by(Page.id)
    .with_for_update(key_share=True)  # rows that point to them may be added meanwhile
    .execution_options(populate_existing=True)
)
REMIND = "remind"
"""The timer after which somebody who has not answered is tried again."""
RING = "ring"
"""The kind of what is said on the telephone: the page itself is the text."""


def hold(uow: UnitOfWork, page: Page) -> None:
    """Let whoever else is at work on this dispatch, its places and pages finish first, and others
    wait. What was read of them is read anew: they may have changed it.

    For what would otherwise be refused as a lost race, though it is right: an answer that comes in
    three times at once, or while its page is passed over.
    """
    if not uow.alone:
        dispatch_id = page.slot.dispatch_id
        uow.once(f"held:{dispatch_id}", lambda uow: _hold(uow, dispatch_id), of=())


def _hold(uow: UnitOfWork, dispatch_id: UUID) -> bool:
    with uow.asking((Dispatch, Slot, Page)):
        uow.session.execute(_HELD, {"dispatch_id": dispatch_id}).all()
    return True


def may_still_accept(page: Page) -> bool:
    """Passed over or declined, but nobody else has it."""
    closed = page.state in {PageState.OPEN, PageState.ACCEPTED}
    late = PageState.ACCEPTED in PAGE_MOVES[page.state]
    to_come = page.kind in {PageKind.TEAM, PageKind.ALL_HANDS}
    return late and not closed and to_come and page.slot.state in WANTED


def may_still_decline(page: Page) -> bool:
    """Passed over in an earlier round: a no keeps them from being asked in this one."""
    return may_still_accept(page) and page.state is PageState.PASSED_OVER and page.is_from_before


def open_page(
    uow: UnitOfWork,
    slot: Slot,
    team: Team,
    responder: Responder,
    kind: PageKind = PageKind.TEAM,
    *,
    why: Sequence[str] = (),
    instead_of_id: UUID | None = None,
) -> Page:
    """Ask one responder about one slot and start the clock for the answer. A supervisor is
    asked until somebody has the slot: for them no clock runs."""
    dispatch = slot.dispatch
    page = uow.add(
        Page(
            slot_id=slot.id,
            number=slot.next_number,
            team_id=team.id,
            responder_id=responder.id,
            state=PageState.OPEN,
            kind=kind,
            instead_of_id=instead_of_id,
            answer_by=uow.now + timedelta(minutes=dispatch.answer_within_min),
        )
    )
    page.slot, page.team, page.responder = slot, team, responder
    if kind is not PageKind.SUPERVISOR:
        uow.set_timer(
            "page_answer",
            page,
            page.answer_by,
            priority=slot.rank,
            dispatch_id=dispatch.id,
        )
    if kind is PageKind.TEAM:
        plan_reminders(uow, page)
    event = "page.opened" if kind is PageKind.TEAM else f"page.opened_{kind.value}"
    uow.audit(event, page, call_id=dispatch.call_id, team=team.name, why=list(why))
    return page


def plan_reminders(uow: UnitOfWork, page: Page, round: int = 0) -> None:
    """Whoever has not answered is tried again from now on. round -- of the whole times to answer,
    those before this one."""
    dispatch = page.slot.dispatch
    policy = escalation_policies.of_dispatch(uow, dispatch)
    due = reminders(policy, dispatch.answer_within_min * 60)
    for number, (after_s, _) in enumerate(due, round * len(due)):
        uow.set_timer(
            REMIND,
            page,
            uow.now + timedelta(seconds=after_s),
            step=number,
            priority=page.slot.rank,
            dispatch_id=dispatch.id,
            valid_until=page.answer_by,
        )


def send_page(
    uow: UnitOfWork, centre: Centre, page: Page, number: int = 0, *, raised: bool = False
) -> Message:
    """Enqueue the text of a page; number -- of its texts before this one; raised -- the level is
    higher than those said."""
    dispatch = page.slot.dispatch
    return outbox.enqueue(
        uow,
        centre,
        kind="page",
        to=page.responder.phone or "",
        to_role=page.responder.role,
        body=_words(uow, centre, page, raised=raised),
        priority=page.slot.rank,
        call_id=dispatch.call_id,
        page_id=page.id,
        responder_id=page.responder_id,
        dedupe_key=f"page:{page.id}:{number}",
        valid_s=min(centre.policy.page_valid_s, dispatch.answer_within_min * 60),
    )


def send_again(uow: UnitOfWork, centre: Centre, page: Page, *, raised: bool = False) -> None:
    """The same text once more; where nobody knows whether the one before has left, a ring
    instead."""
    if outbox.may_follow(uow, page.id):
        send_page(uow, centre, page, len(outbox.of_page(uow, page.id)), raised=raised)
    else:
        ring_once(uow, centre, page)


def _words(uow: UnitOfWork, centre: Centre, page: Page, *, raised: bool) -> Spoken:
    dispatch, call = page.slot.dispatch, page.slot.dispatch.call
    help_wanted, unsafe = wording.help_words(dispatch.response), somebody_withdrew(uow, dispatch)
    if page.kind is PageKind.SUPERVISOR and is_unconfirmed(dispatch):
        return hand_over_wording.of(dispatch.reached_by).not_confirmed(
            call.code,
            level=dispatch.level_label,
            within_min=dispatch.within_min,
            area=call.zone or "",
            unsafe=unsafe,
        )
    if page.kind is PageKind.SUPERVISOR:
        if dispatch.reached_by == "transfer":
            help_wanted = escalation_wording.NOT_TAKEN
        return escalation_wording.nobody_left(
            call.code,
            level=dispatch.level_label,
            within_min=dispatch.within_min,
            help_wanted=help_wanted,
            area=call.zone or "",
            unsafe=unsafe,
        )
    if page.kind is PageKind.DIVERT:
        return escalation_wording.divert(
            call.code,
            level=dispatch.level_label,
            area=call.zone or "",
            instead_of=left_for(uow, page).call.code,
            link=page_links.make(uow, centre, page),
            unsafe=unsafe,
        )
    others = [it.role for it in partners_of(page.slot) if it.state is not SlotState.CLEARED]
    relieved = page.slot.relieves
    if relieved is not None:
        help_wanted = wording.relief_for(who_has(relieved))
    return wording.page(
        call.code,
        level=wording.level_words(dispatch.level_label, raised=raised),
        within_min=dispatch.within_min,
        help_wanted=help_wanted,
        area=call.zone,
        partner=others[0] if others else None,
        link=page_links.make(uow, centre, page),
        unsafe=unsafe,
    )


def ring(uow: UnitOfWork, centre: Centre, page: Page) -> Message:
    """Enqueue a telephone call that says code, level and area and takes one digit."""
    dispatch, call = page.slot.dispatch, page.slot.dispatch.call
    number = outbox.of_page(uow, page.id).count(RING)
    return outbox.enqueue(
        uow,
        centre,
        kind=RING,
        channel="voice",
        to=page.responder.phone or "",
        to_role=page.responder.role,
        body=escalation_wording.rung(
            centre.policy.centre_name,
            call.code,
            dispatch.level_label,
            call.zone or "",
            charge=page.kind is PageKind.SUPERVISOR,
            unsafe=somebody_withdrew(uow, dispatch),
            instead_of=(left_for(uow, page).call.code if page.kind is PageKind.DIVERT else None),
            asks=(
                hand_over_wording.of(dispatch.reached_by).rung if is_unconfirmed(dispatch) else None
            ),
        ),
        priority=page.slot.rank,
        call_id=call.id,
        page_id=page.id,
        responder_id=page.responder_id,
        dedupe_key=f"ring:{page.id}:{number}",
        valid_s=min(centre.policy.page_valid_s, dispatch.answer_within_min * 60),
    )


def ring_once(uow: UnitOfWork, centre: Centre, page: Page) -> bool:
    """Ring, unless this page rang before or a less urgent one had its share. Does it?"""
    if RING in outbox.of_page(uow, page.id) or storms.holds_back(uow, page, "voice"):
        return False
    ring(uow, centre, page)
    return True


def left_for(uow: UnitOfWork, page: Page) -> Dispatch:
    """The dispatch that a team would leave, were it to say yes to this page."""
    if page.instead_of_id is None:
        raise ValueError("this page asks nobody to leave anything")
    return uow.get(Slot, page.instead_of_id).dispatch


def partners_of(slot: Slot) -> list[Slot]:
    """The other places in the team that still count. Whoever is to take over a place is nobody's
    partner yet, and never the partner of whoever has it."""
    not_beside = (slot, slot.predecessor)
    return [
        other
        for other in slot.dispatch.slots
        if other not in not_beside and other.state not in GONE and other.relieves is None
    ]


def who_has(slot: Slot) -> str:
    """Who has this slot, as a late answer is told."""
    if slot.state in TAKEN:
        return slot.team.name if slot.team else slot.unit or msgid("another unit")
    return wording.state_words(slot.state.value)
