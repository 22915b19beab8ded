"""What truly follows a no, for the answer to whoever said it."""

from sqlalchemy import select

from triage.domain import escalation_wording as words
from triage.domain.escalation import Who
from triage.domain.lifecycle import PageKind, PageState, SlotState
from triage.domain.words import Spoken
from triage.services import all_hands, escalation_policies, escalation_steps, supervisors
from triage.services.centre import Centre
from triage.services.charges import in_charge
from triage.services.escalation_steps import is_unconfirmed
from triage.storage.audit import AuditEntry
from triage.storage.dispatches import Dispatch, Page
from triage.storage.unit_of_work import UnitOfWork


def what_follows(uow: UnitOfWork, centre: Centre, page: Page, *, turned: bool = False) -> Spoken:
    """In a sentence, once the no is written down.

    turned -- they had left another call for this one.
    """
    slot, dispatch = page.slot, page.slot.dispatch
    if page.kind is PageKind.DIVERT and not turned:
        return words.STAY
    if slot.state is not SlotState.UNFILLED and not is_unconfirmed(dispatch):
        return words.SOMEBODY_IS_ASKED
    if slot.relieves is not None:
        return words.NO_RELIEF
    holder = in_charge(dispatch)
    if holder is not None:
        return words.in_charge(holder.team.name)
    return _beyond_the_teams(uow, centre, page, dispatch)


def gave_back(uow: UnitOfWork, page: Page) -> bool:
    """Had whoever was asked by this page the place, and gave it back?"""
    if page.state not in {PageState.DECLINED, PageState.WITHDRAWN}:
        return False
    given_back = select(AuditEntry.id).where(
        AuditEntry.call_id == page.slot.dispatch.call_id,
        AuditEntry.event == "page.given_back",
        AuditEntry.subject_id == page.id,
    )
    return uow.session.scalar(given_back.limit(1)) is not None


def _beyond_the_teams(uow: UnitOfWork, centre: Centre, page: Page, dispatch: Dispatch) -> Spoken:
    pages = [other for slot in dispatch.slots for other in slot.pages]
    if any(p.kind is PageKind.ALL_HANDS and p.state is PageState.OPEN for p in pages):
        return words.OTHERS_ARE_ASKED
    by_one = page.kind is PageKind.SUPERVISOR
    beyond = escalation_policies.of_dispatch(uow, dispatch).beyond
    alarmed = any(step.who is Who.SUPERVISOR for step in beyond)
    if alarmed and supervisors.still_to_ask(uow, dispatch):
        return words.supervisors_are_asked(by_one=by_one)
    due = escalation_steps.following(uow, dispatch)
    goes_on = due is not None and (not dispatch.escalated or not due.begins)
    if goes_on and due is not None and due.step.who is Who.ALL_HANDS:
        asked = {one for _, _, one in all_hands.to_ask(uow, dispatch, due)}
        if asked:
            them_too = page.responder_id in asked
            return words.ALL_HANDS_ARE_ASKED if them_too else words.ALL_OTHERS_ARE_ASKED
    return words.desk_is_told(by_one=by_one, by_text=centre.policy.desk_phone is not None)
