"""Which page a text is about: the one whose code it names, or the only one that it can mean."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from triage.domain import answer_wording, lateness, wording
from triage.domain.lifecycle import ON_SITE, TAKEN, WANTED, CallState, PageState, SlotState
from triage.domain.sms_replies import Reply, Verb
from triage.services import forced_agreements, paging
from triage.services.pages import may_still_accept
from triage.services.reply_actions import Answered
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

LATELY_H = 2
OLDEST = timedelta(days=30)
"""What was asked so long ago is over, or no text is about it any more."""


def page_meant(uow: UnitOfWork, responder: Responder, reply: Reply) -> Page | Answered:
    """The page that a reply is about: by its code, or the only open question."""
    if reply.code is not None:
        page = page_with(uow, reply.code, responder)
        # Somebody else's code and a code that never was look the same from outside.
        return page or Answered("unknown_code", answer_wording.unknown_code())
    pages = _meant(questions(uow, responder), reply)
    if not pages:
        return _too_late(uow, responder)
    if is_answer(reply) and all(page.state is PageState.OPEN for page in pages):
        pages += _late(uow, responder, {page.slot.dispatch.call_id for page in pages})
    if len(pages) == 1:
        return pages[0]
    codes = sorted({page.slot.dispatch.call.code for page in pages})
    return Answered("which_code", answer_wording.which_code(codes, reply))


def _too_late(uow: UnitOfWork, responder: Responder) -> Answered:
    """No question is open for this phone: told what became of the last one, if it was lately."""
    last = uow.session.scalar(
        select(Page)
        .where(
            Page.responder_id == responder.id,
            Page.created_at > uow.now - timedelta(hours=LATELY_H),
        )
        .order_by(Page.created_at.desc())
        .limit(1)
    )
    if last is None:
        return Answered("no_question", answer_wording.no_question())
    call = last.slot.dispatch.call
    forced = forced_agreements.read_of_by_text(uow, last)
    closed = forced or call.state is CallState.CLOSED
    if last.slot.state in TAKEN and not forced:
        return Answered("too_late", wording.taken_by(call.code, paging.who_has(last.slot)), call)
    if closed or last.state is PageState.WITHDRAWN or last.slot.state not in WANTED:
        state = "closed" if closed else last.slot.state.value
        return Answered("too_late", wording.not_open(call.code, state), call)
    return Answered("no_question", answer_wording.need_code(call.code), call)


def call_with(uow: UnitOfWork, code: str, responder: Responder) -> Call | None:
    """The newest call with this code that this responder was paged for. A code has few calls, a
    responder ever more pages."""
    paged = uow.session.execute(
        select(Call, Page.responder_id)
        .join(Dispatch, Dispatch.call_id == Call.id)
        .join(Slot)
        .join(Page)
        .where(Call.code == code)
        .order_by(Call.created_at.desc())
    )
    return next((call for call, whom in paged if whom == responder.id), None)


def page_with(uow: UnitOfWork, code: str, responder: Responder) -> Page | None:
    """By which they were asked to that call, the one that counts."""
    call = call_with(uow, code, responder)
    return paging.open_page_of(uow, call, responder) if call else None


def questions(uow: UnitOfWork, responder: Responder) -> list[Page]:
    """What this phone could be answering: open pages, work in hand, and verdicts owed. Whoever
    means one of longer ago types its code."""
    pages = uow.session.scalars(
        select(Page)
        .join(Slot)
        .where(
            Page.responder_id == responder.id,
            Page.created_at > uow.now - OLDEST,
            Page.state.in_([PageState.OPEN, PageState.ACCEPTED]),
            Slot.state.in_([SlotState.CLEARED, *sorted(WANTED | TAKEN)]),
        )
    ).all()
    return [p for p in pages if p.slot.state is not SlotState.CLEARED or p.verdict is None]


def left_unsafe(uow: UnitOfWork, responder: Responder) -> list[Page]:
    """Places that they had to leave because it was not safe, on calls that still go on."""
    left = (
        select(Page)
        .join(Slot)
        .join(Dispatch)
        .join(Call)
        .where(
            Page.responder_id == responder.id,
            Page.created_at > uow.now - OLDEST,
            Page.state == PageState.ACCEPTED,
            Slot.state == SlotState.WITHDRAWN,
            Call.state != CallState.CLOSED,
        )
    )
    return list(uow.session.scalars(left))


def had_lately(uow: UnitOfWork, responder: Responder) -> bool:
    """Had they a place of whose end they told us, or were last heard of, a while ago?"""
    had = (
        select(Page.id)
        .join(Slot)
        .where(
            Page.responder_id == responder.id,
            Page.created_at > uow.now - OLDEST,
            Page.state == PageState.ACCEPTED,
            Slot.responder_id == responder.id,
            Slot.heard_at > uow.now - timedelta(hours=LATELY_H),
        )
    )
    return uow.session.scalar(had.limit(1)) is not None


def lately(uow: UnitOfWork, pages: list[Page]) -> list[Page]:
    """Those that are open, and of those that were cleared the ones of the last hours."""
    since = uow.now - timedelta(hours=LATELY_H)
    return [
        page
        for page in pages
        if page.slot.state is not SlotState.CLEARED
        or (page.slot.heard_at or page.created_at) > since
    ]


def is_answer(reply: Reply) -> bool:
    """Is it a yes or a no, as a page asks for?"""
    said = {Verb.ACCEPT, Verb.DECLINE, Verb.ETA, Verb.EN_ROUTE}
    return reply.verb in said or (reply.verb is None and reply.digit is not None)


def is_no(reply: Reply) -> bool:
    return reply.verb is Verb.DECLINE or (reply.verb is None and reply.digit == 2)


def _late(uow: UnitOfWork, responder: Responder, but: set[UUID]) -> list[Page]:
    """What they were asked about other calls, did not answer in time and may still take: it stands
    on their telephone above the newest page, and an answer without a code may be to either."""
    passed_over = (
        select(Page)
        .join(Slot)
        .where(
            Page.responder_id == responder.id,
            Page.created_at > uow.now - OLDEST,
            Page.answer_by > uow.now - lateness.ANSWER,
            Page.state == PageState.PASSED_OVER,
            Slot.state.in_(sorted(WANTED)),
        )
    )
    found = uow.session.scalars(passed_over).all()
    return [
        page for page in found if may_still_accept(page) and page.slot.dispatch.call_id not in but
    ]


def _meant(pages: list[Page], reply: Reply) -> list[Page]:
    """Those that the reply can be about: an answer goes to what was asked, news of the
    way and the scene to what is in hand, a bare digit after clearing is a verdict."""
    asked = [p for p in pages if p.state is PageState.OPEN]
    in_hand = [p for p in pages if p.slot.state in TAKEN]
    cleared = [p for p in pages if p.slot.state is SlotState.CLEARED]
    bare_digit = reply.verb is None and reply.digit is not None
    if reply.verb in {Verb.ACCEPT, Verb.DECLINE} or bare_digit:
        return asked or (in_hand + cleared if bare_digit else in_hand)
    if reply.verb is Verb.ETA:
        return asked + in_hand
    if reply.verb is Verb.WITHDRAW:  # whoever must leave is not asked what they are leaving
        staged = [p for p in in_hand if p.slot.state is SlotState.STAGED]
        return [p for p in in_hand if p.slot.state in ON_SITE] or staged or in_hand or asked
    return in_hand or asked or cleared


def in_hand(uow: UnitOfWork, responder: Responder, code: str | None = None) -> list[Page]:
    """The calls that they have, or the one with this code."""
    return [
        page
        for page in questions(uow, responder)
        if page.state is PageState.ACCEPTED
        and page.slot.state in TAKEN
        and page.slot.responder_id == responder.id
        and code in {None, page.slot.dispatch.call.code}
    ]
