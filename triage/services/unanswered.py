"""Pages that get no answer: because nobody gave one, or because their text never left."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from triage.domain.delivery import Whose, failure_of
from triage.domain.lifecycle import MessageState, PageKind, PageState
from triage.services import escalations, outbox, paging, storms
from triage.services.centre import Centre
from triage.services.pages import hold, plan_reminders, ring_once, send_again
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

LEFT_LATE = timedelta(seconds=10)
"""A text that leaves later than this after its page leaves the time to answer whole."""
_OWED = (MessageState.READY, MessageState.ATTEMPTING, MessageState.UNKNOWN)


def undeliverable(uow: UnitOfWork, centre: Centre, message: Message) -> None:
    """The text of one page, or of several in one, does not arrive: for each the next is asked at
    once. Where the provider or we were away, that says nothing of this person: they are asked
    anew, or rung where the provider took the text and dropped it. Where something of the page may
    have left, another text could be the third on the phone, and where one text was to tell of
    many, many would follow: it rings, and its time goes on."""
    for page in storms.pages_of(uow, message):
        if page.state is PageState.OPEN:
            _moves_on(uow, centre, message, page)


def _moves_on(uow: UnitOfWork, centre: Centre, message: Message, page: Page) -> None:
    if message.state in {MessageState.EXPIRED, MessageState.UNKNOWN}:
        if message.kind != storms.BUNDLE and outbox.asked_at(uow, page.id) is None:
            _ask_anew(uow, centre, page)
        else:
            ring_once(uow, centre, page)
    elif failure_of(message.last_error).whose is Whose.PROVIDER:
        message.ring_since = uow.now  # taken and then dropped: the next would fare no better
        ring_once(uow, centre, page)
    else:
        paging.pass_over(uow, centre, page, PageState.UNDELIVERABLE)


def not_rung(uow: UnitOfWork, centre: Centre, message: Message) -> None:
    """A telephone that took no text does not ring either."""
    page = uow.get(Page, message.page_id) if message.page_id else None
    if page is not None and page.state is PageState.UNDELIVERABLE:
        escalations.refused(uow, centre, page)


def _ask_anew(uow: UnitOfWork, centre: Centre, page: Page) -> None:
    """The text of this page is too old and never left: another, with the whole time to answer and
    all that the policy does meanwhile."""
    texts = uow.session.scalars(
        select(Message).where(Message.page_id == page.id, Message.kind == "page")
    ).all()
    for earlier in texts:  # the new one takes their place
        earlier.noted_at = earlier.noted_at or uow.now
    if page.kind is not PageKind.SUPERVISOR:  # for them no clock runs
        round = _give_time(uow, page, uow.now)
        if page.kind is PageKind.TEAM:
            plan_reminders(uow, page, round)
    send_again(uow, centre, page)
    uow.audit("page.asked_anew", page, call_id=page.slot.dispatch.call_id, team=page.team.name)


def _give_time(uow: UnitOfWork, page: Page, since: datetime) -> int:
    """The time to answer begins at `since`. Returns how often it had begun before."""
    dispatch = page.slot.dispatch
    page.answer_by = since + timedelta(minutes=dispatch.answer_within_min)
    steps = select(func.count()).select_from(Timer)
    steps = steps.where(Timer.subject_id == page.id, Timer.kind == "page_answer")
    before = uow.session.scalar(steps) or 0
    uow.set_timer(
        "page_answer",
        page,
        page.answer_by,
        step=before,
        priority=page.slot.rank,
        dispatch_id=dispatch.id,
    )
    return before


def answer_is_due(uow: UnitOfWork, centre: Centre, page: Page) -> None:
    """The time for an answer is over, if the page left in time, or may have: nobody is passed
    over for a text that they could not have got, unless their telephone rang."""
    hold(uow, page)
    if page.state is not PageState.OPEN or uow.now < page.answer_by:
        return
    text = outbox.newest_text(uow, page.id)
    asked_at = outbox.asked_at(uow, page.id)
    within = timedelta(minutes=page.slot.dispatch.answer_within_min)
    if asked_at is not None and uow.now < asked_at + within - LEFT_LATE:
        _give_time(uow, page, asked_at)
    elif text is None or asked_at is not None or text.state not in _OWED:
        paging.pass_over(uow, centre, page, PageState.PASSED_OVER)
    elif text.ring_since is None:
        _give_time(uow, page, uow.now)
    else:
        _ask_anew(uow, centre, page)
