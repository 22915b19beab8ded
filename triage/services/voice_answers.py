"""A page that rang: what is said, and what a key does. A machine answers nothing."""

from triage.domain import escalation_wording as words
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import WANTED, PageKind, PageState
from triage.domain.spoken import Said
from triage.domain.words import listed
from triage.services import after_a_no, charges, page_answers, silences, stand_downs
from triage.services.centre import Centre
from triage.services.pages import who_has
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.unit_of_work import UnitOfWork

OVER = Said(words.VOICE_OVER)


def picked_up(uow: UnitOfWork, message: Message) -> Said:
    """A person took the call."""
    page = _page_of(uow, message)
    return _asking(message.body or "") if _is_open(page) else OVER


def _asking(text: str) -> Said:
    return Said(text, asks=True, goodbye=words.VOICE_GOODBYE)


def pressed(uow: UnitOfWork, centre: Centre, message: Message, digits: str) -> Said:
    """A key was pressed: 1 is a yes, 2 a no, anything else asks once more."""
    page = _page_of(uow, message)
    if digits not in {"1", "2"}:
        said = listed(" ", [words.VOICE_NOT_UNDERSTOOD, message.body or ""])
        return _asking(said) if _is_open(page) else Said(said)
    uow.audit("page.key_pressed", page, call_id=message.call_id, key=digits)
    try:
        with uow.session.begin_nested():  # a refusal leaves nothing half-done
            return _accept(uow, centre, page) if digits == "1" else _decline(uow, centre, page)
    except Conflict as error:
        if error.__cause__ is not None:  # a lost race: the whole unit is tried again
            raise
        return Said(words.voice_taken(who_has(page.slot)))
    except Refused:
        return OVER


def _accept(uow: UnitOfWork, centre: Centre, page: Page) -> Said:
    if page.state is PageState.WITHDRAWN:
        return OVER
    again = page.state is PageState.ACCEPTED
    page_answers.accept(uow, centre, page, "voice")
    if page.kind is PageKind.SUPERVISOR:
        return Said(words.VOICE_CHARGE_TAKEN)
    if page.state is not PageState.ACCEPTED:
        return Said(words.VOICE_AGREED)
    if not again:  # the place is never said: it follows as a text
        told = page_answers.accepted_text(uow, centre, page)
        # What they have asked for themselves comes after a silent alarm, too.
        kind = "reply" if page.responder_id in silences.silenced(uow) else "update"
        stand_downs.tell(uow, centre, page.slot, told, kind=kind)
    return Said(words.VOICE_ACCEPTED)


def _decline(uow: UnitOfWork, centre: Centre, page: Page) -> Said:
    if page.state in {PageState.OPEN, PageState.UNDELIVERABLE} or charges.is_charge(page):
        then = page_answers.decline(uow, centre, page, "voice")
    elif page.state is PageState.DECLINED:
        then = after_a_no.what_follows(uow, centre, page)
    else:
        return OVER
    return Said(words.voice_declined(then))


def _is_open(page: Page) -> bool:
    answerable = page.state not in {PageState.WITHDRAWN, PageState.ACCEPTED}
    return answerable and page.slot.state in WANTED


def _page_of(uow: UnitOfWork, message: Message) -> Page:
    if message.page_id is None:
        raise ValueError("this rings for no page")
    return uow.get(Page, message.page_id)
