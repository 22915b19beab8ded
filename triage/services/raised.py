"""New answers make a call more urgent: what was sent for it takes the higher level at once.

A lower level is never taken: that somebody may come later is for a person to say.
"""

from datetime import timedelta

from triage.domain import escalation_wording
from triage.domain.escalation import Channel, Due, Who
from triage.domain.lifecycle import ON_SITE, TAKEN, DispatchState, PageKind, PageState
from triage.domain.storm import may_be_held_back
from triage.services import diverts, escalation_policies, escalations, late_teams, outbox, paging
from triage.services.centre import Centre
from triage.services.charges import REMINDS, in_charge
from triage.services.dispatches import Urgency
from triage.services.escalation_steps import alarms, following, hasten
from triage.services.pages import REMIND, plan_reminders, send_again, send_page
from triage.services.planned import bring_forward, cancel, states_of
from triage.services.stand_downs import tell
from triage.storage.dispatches import Dispatch, Page
from triage.storage.unit_of_work import UnitOfWork


def take(uow: UnitOfWork, centre: Centre, dispatch: Dispatch, urgency: Urgency) -> None:
    """Ask, wait and alarm by this level from now on. Who was asked or comes is told once; nobody
    who is there already."""
    was, dispatch.level_label = dispatch.level_label, urgency.label
    steps = escalation_policies.of_dispatch(uow, dispatch).beyond
    dispatch.level_rank, dispatch.within_min = urgency.rank, urgency.within_min
    dispatch.answer_within_min = urgency.answer_within_min
    dispatch.policy_id = escalation_policies.of_new(uow, dispatch)
    uow.audit(
        "dispatch.raised", dispatch, response=dispatch.response, was=was, level_label=urgency.label
    )
    if escalation_policies.of_dispatch(uow, dispatch).beyond != steps:
        escalations.begin_anew(dispatch)  # a place among other steps says nothing of these
    _hurry(uow, centre, dispatch)
    text = escalation_wording.raised(dispatch.call.code, urgency.label)
    for slot in dispatch.slots:
        if slot.state in TAKEN - ON_SITE:
            tell(uow, centre, slot, text)
    diverts.call_is_raised(uow, centre, dispatch)
    late_teams.look(uow, dispatch)


def _hurry(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """What is under way has the time of the new level, unless its time is over sooner."""
    answer_by = uow.now + timedelta(minutes=dispatch.answer_within_min)
    waits = uow.now + escalation_policies.call_back_after(uow, centre, dispatch)
    bring_forward(uow, dispatch, answer_by, "page_answer")
    bring_forward(uow, dispatch, waits, escalations.CALL_BACK, REMINDS)
    cancel(uow, dispatch, REMIND)
    asked = {PageKind.TEAM, PageKind.ALL_HANDS, PageKind.DIVERT}
    for page in [page for slot in dispatch.slots for page in slot.pages]:
        if page.state is PageState.OPEN and page.kind in asked:
            page.answer_by = min(page.answer_by, answer_by)
            _ask_again(uow, centre, page)
    if dispatch.state is DispatchState.UNFILLED and dispatch.reached_by == "page":
        paging.offer(uow, centre, dispatch)  # the policy of this level may ask more teams
    if alarms(dispatch) and in_charge(dispatch) is None:
        _tell_whom_many_would(uow, centre, dispatch)
        hasten(uow, dispatch)


def _tell_whom_many_would(uow: UnitOfWork, centre: Centre, dispatch: Dispatch) -> None:
    """A supervisor who was to read of it among others, or has, reads of the highest level by
    itself: no text of many calls tells of it any more. Where the step that is due now texts them
    anyway, that does."""
    due = following(uow, dispatch, again=True)
    if may_be_held_back(dispatch.level_rank) or (due and _texts_them(due)):
        return
    for page in [page for slot in dispatch.slots for page in slot.pages]:
        asked = page.kind is PageKind.SUPERVISOR and page.state is PageState.OPEN
        if asked and "page" not in outbox.of_page(uow, page.id):
            send_page(uow, centre, page)


def _texts_them(due: Due) -> bool:
    return due.step.who is Who.SUPERVISOR and due.step.channel is Channel.SMS


def _ask_again(uow: UnitOfWork, centre: Centre, page: Page) -> None:
    if page.kind is PageKind.TEAM:
        plan_reminders(uow, page, len(states_of(uow, REMIND, page)))
    send_again(uow, centre, page, raised=True)
