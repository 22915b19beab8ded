"""What somebody who may be forced agrees to: on their screen the call is over, as it always is
then; in truth only their own team is not counted on any more, and others are asked instead."""

from collections.abc import Sequence
from uuid import UUID

from triage.domain import wording
from triage.domain.alarms import AlarmKind
from triage.domain.lifecycle import GONE, ON_SITE, TAKEN, CallState, PageState, SlotState
from triage.services import (
    agreements,
    dispatches,
    errands,
    freed_teams,
    paging,
    silences,
    stand_downs,
)
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.errands import Errand
from triage.storage.unit_of_work import UnitOfWork


def agree(
    uow: UnitOfWork,
    centre: Centre,
    call: Call,
    errand: Errand,
    pages: Sequence[Page],
    reason: str,
) -> None:
    """pages -- those by which whoever agrees was asked to come. Whoever else comes, or is asked,
    was not called off by the desk, and is told nothing. Their own team is texted as ever then: it
    would be noticed that no text comes."""
    errands.end(uow, errand, "agreed")
    text = wording.stand_down(call.code, wording.WHY_NOT_NEEDED[reason])
    teams, told = {page.team_id for page in pages}, set[UUID]()
    every = [one for it in dispatches.of_call(uow, call) for slot in it.slots for one in slot.pages]
    for page in every:
        if page.team_id not in teams or _is_out(page):
            continue
        said_no = page.state is PageState.DECLINED
        _take_out(uow, centre, page)
        if stand_downs.may_know_of(uow, page) and not said_no and page.responder_id not in told:
            told.add(page.responder_id)
            stand_downs.stand_down(uow, centre, page, text, kind="reply")
    first = pages[0]
    uow.audit(
        "alarm.forced_to_agree",
        errand,
        kind=AlarmKind.DURESS.value,
        team=first.team.name,
        role=first.responder.role,
    )


def _is_out(page: Page) -> bool:
    """Is whoever was asked by it neither asked nor counted on any more?"""
    done = GONE | {SlotState.CLEARED}
    return page.state is PageState.WITHDRAWN or page.slot.state in done


def _take_out(uow: UnitOfWork, centre: Centre, page: Page) -> None:
    """As if they had been called off: others are asked for the place that was theirs."""
    slot = page.slot
    if page.state is PageState.OPEN:
        paging.pass_over(uow, centre, page, PageState.WITHDRAWN)
        return
    theirs = page.state is PageState.ACCEPTED and slot.responder_id == page.responder_id
    page.move_to(PageState.WITHDRAWN)
    if not theirs or slot.state not in TAKEN - ON_SITE:
        return
    slot.move_to(SlotState.SEEKING)
    slot.responder_id = slot.eta_at = None
    stand_downs.no_turn(uow, centre, slot, page.responder_id)
    paging.seek(uow, centre, slot.dispatch)
    freed_teams.offer_soon(uow, page)


def read_of_by_text(uow: UnitOfWork, page: Page) -> bool:
    """Is this page out because they were forced to agree? Then their texts get the answers that
    they get of a call that is closed, whoever comes instead."""
    call, out = page.slot.dispatch.call, page.state is PageState.WITHDRAWN
    return out and call.state is not CallState.CLOSED and reads_as_closed(uow, call, [page])


def reads_as_closed(uow: UnitOfWork, call: Call, pages: Sequence[Page]) -> bool:
    """For whoever was asked by these, while a silent alarm of theirs stands, on this call or on
    another: in no other way is a call agreed upon and open."""
    if silences.silenced(uow).isdisjoint(page.responder_id for page in pages):
        return False
    agreed = any(
        one.kind == agreements.KIND and one.outcome == "agreed"
        for one in errands.of_call(uow, call)
    )
    return agreed and all(map(_is_out, pages))
