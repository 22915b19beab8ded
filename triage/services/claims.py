"""Texts that are due, each in the hands of one worker at a time.

Between claim and settle the text is handed over outside any transaction. Whoever dies in
between is forgiven: the lease runs out, and the next claim knows that a copy may be out.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.elements import TextClause

from triage.domain.delivery import (
    MOST_COPIES,
    OPTED_OUT,
    UNVERIFIED,
    WORKER_LOST,
    AttemptState,
    may_go_to_unverified,
)
from triage.domain.errors import TriageError
from triage.domain.lifecycle import WANTED, DispatchState, MessageState, PageState
from triage.domain.phone_network import OutboundSms
from triage.domain.timing import seconds_left
from triage.services import deliveries, providers, throttled_pages
from triage.services.availability import switched_off
from triage.services.centre import Centre
from triage.services.outbox import UNSENT
from triage.services.pages import ring
from triage.services.providers import Leave
from triage.storage.attempts import Attempt
from triage.storage.base import Row
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.messages import Message
from triage.storage.safety import Alarm
from triage.storage.teams import Responder, Shift
from triage.storage.unit_of_work import UnitOfWork, is_lost_race

_PAGING = ("page", "ring")
"""Asks somebody to come, as a text or on the telephone."""

log = logging.getLogger(__name__)
GIVE_UP_AFTER = 5
"""Claims of one text that failed before it is parked for a person."""


@dataclass(frozen=True)
class ClaimedText:
    """A text in this worker's hands until its lease ends."""

    id: UUID
    """The text's."""
    owner: str
    fence: int
    sms: OutboundSms
    attempt_id: UUID | None
    """The handing over that is to be made now; None: it is in doubt, ask the provider first."""
    in_doubt_s: float = 0
    """A copy may have gone out at most so many seconds ago."""


def anything_due(uow: UnitOfWork, least_urgent: int | None = None) -> bool:
    """A look without a lock, so that a quiet worker disturbs no writer."""
    ways = providers.leaves(uow)
    if throttled_pages.to_ring(uow, ways):
        return True
    open_ways = [channel for channel, leave in ways.items() if leave is not Leave.NONE]
    due = select(Message.id).where(*_due(uow, open_ways, least_urgent))
    return bool(open_ways) and uow.session.scalar(due.limit(1)) is not None


def _due(
    uow: UnitOfWork, channels: Sequence[str], least_urgent: int | None
) -> tuple[TextClause | ColumnElement[bool], ...]:
    free = or_(Message.lease_until.is_(None), Message.lease_until <= uow.now)
    urgent = true() if least_urgent is None else Message.priority <= least_urgent
    return UNSENT, Message.due_at <= uow.now, free, urgent, Message.channel.in_(channels)


def claim(
    uow: UnitOfWork, centre: Centre, owner: str, limit: int, least_urgent: int | None = None
) -> list[ClaimedText]:
    """Take up to `limit` due texts for `lease_s`; nobody else gets them meanwhile.

    least_urgent -- take none of a lower priority than this.
    Texts that are too old or no longer true are put aside instead, so fewer may come
    back while more are due: ask `anything_due`. Texts of a worker that died are due again
    when its lease ends. While texts or calls have to wait one is taken now and then; the highest
    level does not wait for texts but is rung.
    """
    ways = providers.leaves(uow)
    for page in throttled_pages.to_ring(uow, ways):
        ring(uow, centre, page)
    taken: list[ClaimedText] = []
    for channel in (channel for channel, leave in ways.items() if leave is Leave.PROBE):
        rows = _lock(uow, _due(uow, [channel], least_urgent), 1)
        taken += _take_all(uow, centre, rows, owner, probe=True)
    working = [channel for channel, leave in ways.items() if leave is Leave.ALL]
    if working and (left := limit - len(taken)) > 0:
        rows = _lock(uow, _due(uow, working, least_urgent), left)
        taken += _take_all(uow, centre, rows, owner, probe=False)
    return taken


def _lock(
    uow: UnitOfWork, due: Iterable[TextClause | ColumnElement[bool]], limit: int
) -> Sequence[Message]:
    return uow.session.scalars(
        select(Message)
        .where(*due)
        .order_by(Message.priority, Message.due_at, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .options(selectinload(Message.handed_over))
        .execution_options(populate_existing=True)
    ).all()


def _take_all(
    uow: UnitOfWork, centre: Centre, rows: Sequence[Message], owner: str, *, probe: bool
) -> list[ClaimedText]:
    try:
        with uow.session.begin_nested():
            return _take(uow, centre, rows, owner, probe=probe)
    except Exception as error:
        if is_lost_race(error):
            raise
    return _take_one_by_one(uow, centre, rows, owner, probe=probe)


def _take(
    uow: UnitOfWork, centre: Centre, messages: Sequence[Message], owner: str, *, probe: bool
) -> list[ClaimedText]:
    held = _read_ahead(uow, messages)
    taken = [
        _claim_one(uow, centre, message, owner)
        for message in messages
        if not _put_aside(uow, centre, message)
        and (not probe or providers.probing(uow, message.channel))
    ]
    del held
    return [claimed for claimed in taken if claimed is not None]


def _take_one_by_one(
    uow: UnitOfWork, centre: Centre, messages: Sequence[Message], owner: str, *, probe: bool
) -> list[ClaimedText]:
    """Something is wrong with one of them: it holds up no other, and ends with a person."""
    taken: list[ClaimedText] = []
    for message in messages:
        try:
            with uow.session.begin_nested():
                taken += _take(uow, centre, [message], owner, probe=probe)
        except Exception as error:
            if is_lost_race(error):
                raise
            _put_off(uow, centre, message, type(error).__name__)
    return taken


def _put_off(uow: UnitOfWork, centre: Centre, message: Message, reason: str) -> None:
    log.error("a text cannot be claimed: %s", reason)
    message.failures += 1
    message.due_at = uow.now + timedelta(seconds=5 * message.failures)
    message.lease_until = None
    if message.failures >= GIVE_UP_AFTER:
        deliveries.give_up(uow, centre, message, reason)


def _read_ahead(uow: UnitOfWork, messages: Sequence[Message]) -> tuple[Sequence[Row], ...]:
    """What the claims look at, read once for all; it stays in the session while it is held."""
    about = {message.page_id for message in messages if message.page_id}
    whose = {message.responder_id for message in messages if message.responder_id}
    call = joinedload(Page.slot).joinedload(Slot.dispatch).joinedload(Dispatch.call)
    pages = select(Page).where(Page.id.in_(about)).options(call, joinedload(Page.team))
    responders = select(Responder).where(Responder.id.in_(whose))
    return (
        uow.session.scalars(responders).all() if whose else (),
        uow.session.scalars(pages).all() if about else (),
    )


def _claim_one(uow: UnitOfWork, centre: Centre, message: Message, owner: str) -> ClaimedText | None:
    message.fence += 1
    if message.state is MessageState.READY:
        return make_attempt(uow, centre, message, owner)
    _lease(uow, centre, message, owner)
    doubtful = deliveries.perhaps_out(message.handed_over)
    since = min((attempt.started_at for attempt in doubtful), default=message.created_at)
    try:
        sms = message.as_sms(message.id, seconds_left(message.expires_at, uow.now))
    except TriageError:  # its key is gone: neither looked up nor sent
        deliveries.ask_a_person(uow, message)
        return None
    in_doubt_s = (uow.now - since).total_seconds()
    return ClaimedText(message.id, owner, message.fence, sms, None, in_doubt_s)


def _lease(uow: UnitOfWork, centre: Centre, message: Message, owner: str) -> None:
    message.lease_owner = owner
    message.lease_until = uow.now + timedelta(seconds=centre.policy.lease_s)


def make_attempt(
    uow: UnitOfWork, centre: Centre, message: Message, owner: str
) -> ClaimedText | None:
    """Write down that it is handed over now. A copy that may be the second is labelled."""
    attempts = message.handed_over
    out = deliveries.perhaps_out(attempts)
    if len(out) >= MOST_COPIES:
        raise RuntimeError("a third copy of a text")
    attempt = Attempt(
        message_id=message.id,
        number=message.attempts + 1,
        channel=message.channel,
        provider=providers.PROVIDER,
        fence=message.fence,
        state=AttemptState.ATTEMPTING,
        is_copy=bool(out),
        started_at=uow.now,
    )
    try:
        sms = message.as_sms(attempt.id, seconds_left(message.expires_at, uow.now))
    except TriageError as error:  # its key is gone: that must not hold up the others
        deliveries.give_up(uow, centre, message, type(error).__name__)
        return None
    labelled = bool(out) and not any(earlier.is_copy for earlier in attempts)
    message.handed_over.append(uow.add(attempt))
    message.move_to(MessageState.ATTEMPTING)
    message.attempts += 1
    _lease(uow, centre, message, owner)
    if labelled:
        uow.audit("text.second_copy", message, kind=message.kind)
    return ClaimedText(message.id, owner, message.fence, sms, attempt.id)


# --- too old, or not true any more ------------------------------------------------------


def _put_aside(uow: UnitOfWork, centre: Centre, message: Message) -> bool:
    """Do not send what is too old to help, or not true any more."""
    if message.state is MessageState.ATTEMPTING:
        _lose_worker(uow, message)
    if message.state not in {MessageState.READY, MessageState.UNKNOWN}:
        return True  # a report was there before us
    return not is_wanted(uow, centre, message)


def is_wanted(uow: UnitOfWork, centre: Centre, message: Message) -> bool:
    """Should it still go out? If not, it is put aside and what follows is done."""
    page = uow.session.get(Page, message.page_id) if message.page_id else None
    if page is not None and message.kind in _PAGING and not _is_awaited(page):
        _move(uow, message, MessageState.WITHDRAWN)
        return False
    alarm = uow.session.get(Alarm, message.alarm_id) if message.alarm_id else None
    if alarm is not None and alarm.taken_at is not None:
        _move(uow, message, MessageState.WITHDRAWN)
        return False
    if message.expires_at <= uow.now:
        if message.state is MessageState.UNKNOWN:
            deliveries.ask_a_person(uow, message)
        else:
            _move(uow, message, MessageState.EXPIRED)
        deliveries.lost(uow, centre, message)
        return False
    why = _out_of_reach(uow, message, page)
    if why in {OPTED_OUT, UNVERIFIED}:
        deliveries.give_up(uow, centre, message, why)
    elif why is not None:
        message.last_error = why
        _move(uow, message, MessageState.WITHDRAWN)
        deliveries.next_is_asked(uow, centre, message)
    return why is None


def _move(uow: UnitOfWork, message: Message, state: MessageState) -> None:
    message.move_to(state)
    message.lease_until = None
    uow.audit(f"text.{state.value}", message, kind=message.kind)


def _lose_worker(uow: UnitOfWork, message: Message) -> None:
    """Whoever had it is gone. Their lease was long enough: nothing is waited for."""
    for attempt in message.handed_over:
        attempt.learn(AttemptState.UNKNOWN, uow.now, WORKER_LOST)
    message.last_error = WORKER_LOST
    uow.session.flush()
    deliveries.conclude(uow, message)
    message.due_at = min(message.due_at, uow.now)


def _is_awaited(page: Page) -> bool:
    ended = {DispatchState.CLEARED, DispatchState.CANCELLED}
    return (
        page.state is PageState.OPEN
        and page.slot.state in WANTED
        and page.slot.dispatch.state not in ended
    )


def _out_of_reach(uow: UnitOfWork, message: Message, page: Page | None) -> str | None:
    """Why whoever it is for may not be texted now, as a code."""
    responder = uow.session.get(Responder, message.responder_id) if message.responder_id else None
    if responder is None:
        return None
    if responder.opted_out_at is not None:
        return OPTED_OUT
    if responder.verified_at is None and not may_go_to_unverified(message.kind):
        return UNVERIFIED
    if page is None or message.kind not in _PAGING:
        return None
    on_shift = select(Shift.id).where(
        Shift.responder_id == responder.id, Shift.starts_at <= uow.now, Shift.ends_at > uow.now
    )
    on_duty = uow.session.scalar(on_shift.limit(1)) is not None
    off = {("team", str(page.team_id)), ("zone", page.slot.dispatch.call.zone or "")}
    gone = responder.retired_at or page.team.retired_at or off & switched_off(uow)
    return None if on_duty and not gone else "off_duty"
