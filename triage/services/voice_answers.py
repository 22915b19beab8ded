"""A page that rang: what is said, and what a key does. A machine answers nothing."""

from dataclasses import dataclass
from uuid import UUID

from triage.domain import escalation_wording as words
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import WANTED, PageKind, PageState
from triage.services import page_answers, stand_downs
from triage.services.centre import Centre
from triage.services.pages import RING
from triage.storage.attempts import Attempt
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Said:
    """What whoever listens hears; `asks` -- and may press a key then."""

    text: str
    asks: bool = False


OVER = Said(words.VOICE_OVER)


def picked_up(uow: UnitOfWork, attempt_id: UUID, answered_by: str) -> Said | None:
    """Somebody took the call. None for a machine: the line is cut without a word."""
    if answered_by.startswith(("machine", "fax")):
        return None
    message, page = _page_of(uow, attempt_id)
    if message is None or page is None or not _is_open(page):
        return OVER
    return Said(message.body or "", asks=True)


def pressed(uow: UnitOfWork, centre: Centre, attempt_id: UUID, digits: str) -> Said:
    """A key was pressed: 1 is a yes, 2 a no, anything else asks once more."""
    message, page = _page_of(uow, attempt_id)
    if message is None or page is None:
        return OVER
    if digits not in {"1", "2"}:
        return Said(f"{words.VOICE_NOT_UNDERSTOOD} {message.body}", asks=_is_open(page))
    uow.audit("page.key_pressed", page, call_id=message.call_id, key=digits)
    try:
        with uow.session.begin_nested():  # a refusal leaves nothing half-done
            return _accept(uow, centre, page) if digits == "1" else _decline(uow, centre, page)
    except Conflict as error:
        if error.__cause__ is not None:  # a lost race: the whole unit is tried again
            raise
        return Said(words.voice_taken(str(error)))
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
        stand_downs.tell(uow, centre, page.slot, page_answers.accepted_text(page))
    return Said(words.VOICE_ACCEPTED)


def _decline(uow: UnitOfWork, centre: Centre, page: Page) -> Said:
    if page.state is PageState.OPEN:
        page_answers.decline(uow, centre, page, "voice")
    elif page.state is not PageState.DECLINED:
        return OVER
    return Said(words.VOICE_DECLINED)


def _is_open(page: Page) -> bool:
    answerable = page.state not in {PageState.WITHDRAWN, PageState.ACCEPTED}
    return answerable and page.slot.state in WANTED


def _page_of(uow: UnitOfWork, attempt_id: UUID) -> tuple[Message | None, Page | None]:
    """The ring of this handing over, and the page that it rang for."""
    attempt = uow.session.get(Attempt, attempt_id)
    message = uow.session.get(Message, attempt.message_id) if attempt else None
    if message is None or message.kind != RING or message.page_id is None:
        return None, None
    return message, uow.session.get(Page, message.page_id)
