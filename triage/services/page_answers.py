"""A yes or a no to a page, whatever it asked for and however it was said: by text, by telephone
key, or by radio to a dispatcher who writes it down."""

from triage.domain import escalation_wording, hand_over_wording, wording
from triage.domain.lifecycle import TAKEN, PageKind, PageState, SlotState
from triage.domain.role_words import role_name
from triage.domain.words import Spoken, listed, msgid
from triage.services import after_a_no, assessments, charges, dangers, diverts, page_links, paging
from triage.services.centre import Centre
from triage.services.escalation_steps import is_unconfirmed
from triage.services.pages import hold, partners_of, who_has
from triage.services.unsafe import somebody_withdrew
from triage.storage.dispatches import Page, Slot
from triage.storage.unit_of_work import UnitOfWork


def accept(uow: UnitOfWork, centre: Centre, page: Page, through: str) -> Spoken | None:
    """Do what a yes means here and say in words for a text what they wait for, or have taken
    charge of; None where the place is theirs, see `accepted_text`.

    Raises Conflict naming who has it already, or what became of it.
    """
    hold(uow, page)
    code = page.slot.dispatch.call.code
    if page.kind is PageKind.SUPERVISOR:
        charges.take(uow, centre, page, through)
        dispatch = page.slot.dispatch
        owed = hand_over_wording.of(dispatch.reached_by) if is_unconfirmed(dispatch) else None
        return (owed or escalation_wording).charge_taken(code)
    if page.kind is PageKind.DIVERT and page.state is not PageState.ACCEPTED:
        silent = diverts.agree(uow, centre, page, through)
        if silent:
            waits_for = [escalation_wording.your(other.responder.role) for other in silent]
            return escalation_wording.divert_agreed(code, waits_for)
        _tell_the_rest(uow, centre, page)
    elif page.state is not PageState.ACCEPTED or page.slot.state not in TAKEN:
        paging.accept(uow, centre, page, through)
    return None


def _tell_the_rest(uow: UnitOfWork, centre: Centre, page: Page) -> None:
    for slot in partners_of(page.slot):
        for other in slot.pages:
            together = other.instead_of_id is not None and other.team_id == page.team_id
            if together and other.state is PageState.ACCEPTED:
                diverts.tell_who_turned(uow, centre, other, partners_told(slot))


def accepted_text(uow: UnitOfWork, centre: Centre, page: Page) -> Spoken:
    """What whoever has it is told: where to go, and with whom. For one text: it has a link of
    its own."""
    call = page.slot.dispatch.call
    unsafe = somebody_withdrew(uow, page.slot.dispatch)
    quiet = assessments.said_no(assessments.answers_of(uow, call), "can_speak_freely")
    others = partners_told(page.slot)
    return wording.accepted(
        call.code,
        call.location,
        others,
        link=page_links.make(uow, centre, page),
        unsafe=unsafe,
        quiet=quiet,
        dangers=dangers.are_told(uow, centre, call),
    )


def partners_told(slot: Slot) -> list[Spoken]:
    """The other places of the team, as the texts name them."""
    return [_partner_told(other) for other in partners_of(slot)]


def _partner_told(slot: Slot) -> Spoken:
    role = role_name(slot.role)
    if slot.state in TAKEN:
        return listed(" ", [role, who_has(slot)])
    if slot.state is SlotState.CLEARED:  # whoever comes now goes without them
        return msgid("no %(role)s any more", role=role)
    return msgid("no %(role)s yet", role=role)


def decline(uow: UnitOfWork, centre: Centre, page: Page, through: str) -> Spoken:
    """Do what a no means here and say in a sentence what follows.

    Raises Conflict when the page is not theirs to decline any more.
    """
    hold(uow, page)
    turned = page.kind is PageKind.DIVERT and page.state is PageState.ACCEPTED
    if charges.is_charge(page):
        charges.give_back(uow, page, through)
    elif page.kind is PageKind.DIVERT and not turned:
        diverts.refuse(uow, centre, page, through)
    else:
        paging.decline(uow, centre, page, through)
    return after_a_no.what_follows(uow, centre, page, turned=turned)
