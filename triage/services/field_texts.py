"""What people in the field tell of themselves: that they need help, or that all is well."""

import logging
from uuid import UUID

from triage.domain import safety_wording
from triage.domain.errors import Conflict
from triage.domain.lifecycle import ON_SITE, TAKEN, PageState, SlotState
from triage.domain.sms_replies import Reply, Verb
from triage.domain.words import msgid
from triage.services import check_ins, cries, duty, pages_meant, swaps, unread_replies
from triage.services.centre import Centre
from triage.services.reply_actions import Answered
from triage.storage.database import must_begin_anew
from triage.storage.dispatches import Page
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)


def cry_for_help(uow: UnitOfWork, centre: Centre, responder: Responder, reply: Reply) -> Answered:
    """Always reaches a dispatcher: a wrong code or none must not cost the alarm."""
    pages = about(uow, responder, reply.code)
    cries.cry_for_help(uow, centre, responder, pages, reply.code)
    if not pages:
        return Answered("help_unplaced", safety_wording.help_unplaced())
    codes = dict.fromkeys(page.slot.dispatch.call.code for page in pages)
    told = safety_wording.help_raised(", ".join(codes))
    return Answered("help_raised", told, pages[0].slot.dispatch.call)


def needs_no_help(uow: UnitOfWork, centre: Centre, responder: Responder, reply: Reply) -> Answered:
    """No alarm, and a dispatcher reads it at once: "no, backup needed" has only a comma more. So
    it is a cry for help where it may answer whether all is well; nor does it say that it is."""
    pages = pages_meant.in_hand(uow, responder)
    if any(_is_asked(uow, page) for page in pages):
        return cry_for_help(uow, centre, responder, reply)
    named = [page.slot.dispatch.call for page in pages]
    call = next((one for one in named if reply.code in {None, one.code}), None)
    told = safety_wording.no_alarm(call.code if call else None)
    return Answered(unread_replies.UNREAD, told, call)


def cry_of_account(uow: UnitOfWork, centre: Centre, account_id: UUID) -> None:
    """On a screen, on whatever calls they have or on none: as who they are on shift, if on any.
    Raises Conflict for somebody who is in no team."""
    members = swaps.members_of(uow, account_id)
    if not members:
        raise Conflict(msgid("you are in no team"))
    member = next((one for one in members if duty.is_on_shift(uow, one)), members[0])
    cries.cry_for_help(uow, centre, member, about(uow, member, None))


def about(uow: UnitOfWork, responder: Responder, code: str | None) -> list[Page]:
    """The call named if they are on it, else every call that they are on: whoever mistakes a code
    is where they are. On none, the call named; else those that they had to leave because it was
    not safe, or are asked about. None where looking fails: an alarm must not hang on where it
    is."""
    try:
        with uow.session.begin_nested():
            return _about(uow, responder, code)
    except Exception as error:
        if must_begin_anew(error):  # all of this is tried again
            raise
        log.error("an alarm is raised without its call: %s", type(error).__name__)
        return []


def _about(uow: UnitOfWork, responder: Responder, code: str | None) -> list[Page]:
    on = pages_meant.in_hand(uow, responder)
    if on:
        return [page for page in on if page.slot.dispatch.call.code == code] or on
    if named := pages_meant.page_with(uow, code, responder) if code else None:
        return [named]
    left = pages_meant.left_unsafe(uow, responder)
    # A verdict that they owe for weeks is no place where they need help.
    return left or pages_meant.lately(uow, pages_meant.questions(uow, responder))


def can_leave(page: Page | Answered) -> bool:
    """Is it clear from where? If not, whoever says that it is not safe there is not asked back:
    a dispatcher is alarmed. From somebody who is only asked it is a no."""
    if not isinstance(page, Page):
        return False
    left_already = page.state is PageState.ACCEPTED and page.slot.state is SlotState.WITHDRAWN
    in_hand = page.slot.state in TAKEN and has_place(page)
    return page.state is PageState.OPEN or left_already or in_hand


def has_place(page: Page) -> bool:
    """Did they accept, and is the place still theirs?"""
    return page.state is PageState.ACCEPTED and page.slot.responder_id == page.responder_id


def all_is_well(uow: UnitOfWork, responder: Responder, code: str | None) -> Answered | None:
    """They say so of the call named, or of all that they have. None where they have none: then
    it says nothing."""
    pages = pages_meant.in_hand(uow, responder, code)
    for page in pages:
        check_ins.heard(uow, page.slot, "text")
    if not pages:
        return None
    codes = dict.fromkeys(page.slot.dispatch.call.code for page in pages)
    questions = pages_meant.questions(uow, responder)
    asked = [page for page in questions if page.state is PageState.OPEN]
    waiting = asked[0].slot.dispatch.call.code if asked else None
    told = safety_wording.checked_in(", ".join(codes), waiting)
    return Answered("all_is_well", told, pages[0].slot.dispatch.call)


def says_no_there(page: Page, reply: Reply) -> bool:
    """From somebody who is there a no gives nothing back, and never tells that all is well."""
    return pages_meant.is_no(reply) and has_place(page) and page.slot.state in ON_SITE


def may_deny_well(uow: UnitOfWork, page: Page, reply: Reply) -> bool:
    """Is this bare no from somebody on the way perhaps an answer to whether all is well? They are
    asked back, and silence then is an alarm; with its code it gives the call back."""
    on_the_way = page.slot.state in TAKEN - ON_SITE
    no = pages_meant.is_no(reply) and reply.code is None
    return no and on_the_way and _is_asked(uow, page)


def answers_check_in(uow: UnitOfWork, page: Page, reply: Reply) -> bool:
    """Is this bare 1, or "all clear", from somebody who has the call an answer to whether all is
    well?"""
    yes = reply.verb is Verb.ALL_CLEAR or (reply.verb is None and reply.digit == 1)
    return yes and _is_asked(uow, page)


def _is_asked(uow: UnitOfWork, page: Page) -> bool:
    return has_place(page) and check_ins.open_of(uow, page.slot) is not None
