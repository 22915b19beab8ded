"""Texts that are due, each in the hands of one worker at a time.

Between claim and settle the text is handed over outside any transaction. Whoever dies in
between is forgiven: the lease runs out, and the next claim knows that a copy may be out.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import joinedload, selectinload

from triage.domain.delivery import WORKER_LOST, AttemptState
from triage.domain.errors import TriageError
from triage.domain.lifecycle import MessageState
from triage.domain.timing import seconds_left
from triage.services import deliveries, handing_over, providers, throttled_pages, wanted_texts
from triage.services.centre import Centre
from triage.services.handing_over import ClaimedText
from triage.services.outbox import UNSENT
from triage.services.pages import ring
from triage.services.providers import Leave, Passage
from triage.storage.base import Row
from triage.storage.database import must_begin_anew
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.messages import Message
from triage.storage.teams import Responder
from triage.storage.unit_of_work import LATER, UnitOfWork

LEAST_URGENT = 99
"""A priority below all."""
_DUE = (
    UNSENT,
    Message.due_at <= bindparam("now"),
    or_(Message.lease_until.is_(None), Message.lease_until <= bindparam("now")),
    Message.priority <= bindparam("least_urgent"),
    Message.channel.in_(bindparam("channels", expanding=True)),
)

log = logging.getLogger(__name__)
GIVE_UP_AFTER = 5
"""Claims of one text that failed before it is parked for a person."""


_ANY = select(Message.id).where(*_DUE).limit(1)
_MOST_URGENT = (
    select(Message)
    .where(*_DUE)
    .order_by(Message.priority, Message.due_at, Message.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .execution_options(populate_existing=True)
)


def anything_due(
    uow: UnitOfWork, least_urgent: int = LEAST_URGENT, *, probes_only: bool = False
) -> bool:
    """A look without a lock, so that a quiet worker disturbs no writer."""
    passage = providers.passage(uow)
    if throttled_pages.to_ring(uow, passage.ways):
        return True
    leaves = {Leave.PROBE} if probes_only else {Leave.PROBE, Leave.ALL}
    channels = [channel for channel, leave in passage.ways.items() if leave in leaves]
    least_urgent = _least_urgent(passage, least_urgent)
    due = {"now": uow.now, "channels": channels, "least_urgent": least_urgent}
    return bool(channels) and uow.session.scalar(_ANY, due) is not None


def claim(
    uow: UnitOfWork,
    centre: Centre,
    owner: str,
    limit: int,
    least_urgent: int = LEAST_URGENT,
    *,
    one_by_one: bool = False,
    probes_only: bool = False,
) -> list[ClaimedText]:
    """Take up to `limit` due texts for `lease_s`; nobody else gets them meanwhile.

    least_urgent -- take none of a lower priority than this.
    one_by_one -- one of them cannot be claimed: it holds up no other, and ends with a person.
    probes_only -- nothing by a way that takes what others hand over: this worker reaches it not.
    Texts that are too old or no longer true are put aside instead, so fewer may come
    back while more are due: ask `anything_due`. Texts of a worker that died are due again
    when its lease ends. While texts or calls have to wait one is taken now and then; the highest
    level does not wait for texts but is rung.
    """
    take = _take_one_by_one if one_by_one else _take
    passage = providers.passage(uow)
    least_urgent = _least_urgent(passage, least_urgent)
    for page in throttled_pages.to_ring(uow, passage.ways):
        ring(uow, centre, page)
    taken: list[ClaimedText] = []
    for channel in (channel for channel, leave in passage.ways.items() if leave is Leave.PROBE):
        rows = _lock(uow, [channel], least_urgent, 1)
        taken += take(uow, centre, rows, owner, probe=True)
    working = [channel for channel, leave in passage.ways.items() if leave is Leave.ALL]
    if working and not probes_only and (left := limit - len(taken)) > 0:
        rows = _lock(uow, working, least_urgent, left)
        taken += take(uow, centre, rows, owner, probe=False)
    return taken


def _least_urgent(passage: Passage, asked: int) -> int:
    return asked if passage.later else min(asked, LATER - 1)


def _lock(
    uow: UnitOfWork, channels: Sequence[str], least_urgent: int, most: int
) -> Sequence[Message]:
    due = {"now": uow.now, "channels": channels, "least_urgent": least_urgent, "most": most}
    rows = uow.session.scalars(_MOST_URGENT, due).all()
    if tried := [row.id for row in rows if row.attempts]:
        earlier = select(Message).where(Message.id.in_(tried))
        uow.session.scalars(earlier.options(selectinload(Message.handed_over))).all()
    return rows


def _take(
    uow: UnitOfWork, centre: Centre, messages: Sequence[Message], owner: str, *, probe: bool
) -> list[ClaimedText]:
    held = _read_ahead(uow, messages)
    wanted = [
        message
        for message in messages
        if not _put_aside(uow, centre, message)
        and (not probe or providers.probing(uow, message.channel))
    ]
    del held
    wanted = _in_moderation(uow, centre, wanted)
    new = [message for message in wanted if not message.attempts]
    again = [_claim_again(uow, centre, message, owner) for message in wanted if message.attempts]
    taken = handing_over.first_copies(uow, centre, new, owner)
    return taken + [claimed for claimed in again if claimed is not None]


def _in_moderation(uow: UnitOfWork, centre: Centre, wanted: list[Message]) -> list[Message]:
    """All that is urgent, and of what can wait no more than may leave in a second."""
    per_s = centre.policy.later_texts_per_s
    later = [message for message in wanted if message.priority >= LATER][:per_s]
    if later:
        providers.note_later(uow, len(later), per_s)
    return [message for message in wanted if message.priority < LATER] + later


def _take_one_by_one(
    uow: UnitOfWork, centre: Centre, messages: Sequence[Message], owner: str, *, probe: bool
) -> list[ClaimedText]:
    taken: list[ClaimedText] = []
    for message in messages:
        try:
            with uow.session.begin_nested():
                taken += _take(uow, centre, [message], owner, probe=probe)
        except Exception as error:
            if must_begin_anew(error):
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


_CALL = joinedload(Page.slot).joinedload(Slot.dispatch).joinedload(Dispatch.call)
_PAGES = (
    select(Page)
    .where(Page.id.in_(bindparam("pages", expanding=True)))
    .options(_CALL, joinedload(Page.team))
)
_RESPONDERS = select(Responder).where(Responder.id.in_(bindparam("whose", expanding=True)))


def _read_ahead(uow: UnitOfWork, messages: Sequence[Message]) -> tuple[Sequence[Row], ...]:
    """What the claims look at, read once for all; it stays in the session while it is held."""
    pages = [message.page_id for message in messages if message.page_id]
    whose = [message.responder_id for message in messages if message.responder_id]
    return (
        uow.session.scalars(_RESPONDERS, {"whose": whose}).all() if whose else (),
        uow.session.scalars(_PAGES, {"pages": pages}).all() if pages else (),
    )


def _claim_again(
    uow: UnitOfWork, centre: Centre, message: Message, owner: str
) -> ClaimedText | None:
    message.fence += 1
    if message.state is MessageState.READY:
        return handing_over.copy(uow, centre, message, owner)
    handing_over.lease(uow, centre, message, owner)
    doubtful = deliveries.perhaps_out(message.handed_over)
    since = min((attempt.started_at for attempt in doubtful), default=message.created_at)
    try:
        sms = message.as_sms(message.id, seconds_left(message.expires_at, uow.now))
    except TriageError:  # its key is gone: neither looked up nor sent
        deliveries.ask_a_person(uow, message)
        return None
    in_doubt_s = (uow.now - since).total_seconds()
    return ClaimedText(message.id, owner, message.fence, sms, None, in_doubt_s)


def _put_aside(uow: UnitOfWork, centre: Centre, message: Message) -> bool:
    """Do not send what is too old to help, or not true any more."""
    if message.state is MessageState.ATTEMPTING:
        _lose_worker(uow, message)
    if message.state not in {MessageState.READY, MessageState.UNKNOWN}:
        return True  # a report was there before us
    return not wanted_texts.is_wanted(uow, centre, message)


def _lose_worker(uow: UnitOfWork, message: Message) -> None:
    """Whoever had it is gone. Their lease was long enough: nothing is waited for."""
    for attempt in message.handed_over:
        attempt.learn(AttemptState.UNKNOWN, uow.now, WORKER_LOST)
    message.last_error = WORKER_LOST
    uow.session.flush()
    deliveries.conclude(uow, message)
    message.due_at = min(message.due_at, uow.now)
