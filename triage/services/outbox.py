"""Texts we owe: written with what they tell of, claimed by a worker, settled by what came of it.

Between claim and settle the text is handed over outside any transaction. Whoever dies in
between is forgiven: the lease runs out, the next claim takes the text again and says that
a copy may be out already.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, text
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.sql.elements import TextClause

from triage.domain.delivery import IN_DOUBT, OPTED_OUT, state_reported
from triage.domain.errors import TriageError
from triage.domain.lifecycle import MESSAGE_MOVES, MessageState, PageState
from triage.domain.phone_network import NotSent, OutboundSms, Sent
from triage.domain.timing import expires_at, retry_wait, seconds_left
from triage.services.centre import Centre
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.sealed import blind_index
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)

OnUndeliverable = Callable[[UnitOfWork, Centre, Message], None]
"""What to do about a page whose text cannot reach its responder: ask the next."""

_UNSENT = text("message.state IN ('ready', 'attempting')")  # as the partial index has it
_LOST = IN_DOUBT + "the worker was lost"


@dataclass(frozen=True)
class ClaimedText:
    """A text in this worker's hands until its lease ends."""

    id: UUID
    fence: int
    sms: OutboundSms
    perhaps_sent_s: float | None
    """A copy may have gone out at most so many seconds ago; None: none has."""

    @property
    def is_second_copy(self) -> bool:
        return self.perhaps_sent_s is not None


def enqueue(  # noqa: PLR0913 -- one keyword for each column
    uow: UnitOfWork,
    centre: Centre,
    *,
    kind: str,
    to: str,
    to_role: str,
    body: str,
    priority: int,
    call_id: UUID | None = None,
    page_id: UUID | None = None,
    responder_id: UUID | None = None,
    partner_id: UUID | None = None,
    dedupe_key: str | None = None,
    valid_s: int | None = None,
) -> Message:
    """Owe this text. It is sent only if the caller's transaction commits.

    to -- E.164; priority -- 0 is sent first; valid_s -- not sent after so many seconds.
    With a dedupe_key that was used before, the earlier text is returned and none is added.
    """
    if dedupe_key is not None:
        told = select(Message).where(Message.dedupe_key == dedupe_key)
        if (earlier := uow.session.scalar(told)) is not None:
            return earlier
    policy = centre.policy
    usual_s = policy.page_valid_s if kind == "page" else policy.other_valid_s
    message = uow.add(
        Message(
            kind=kind,
            to_role=to_role,
            call_id=call_id,
            page_id=page_id,
            responder_id=responder_id,
            partner_id=partner_id,
            to=to,
            to_index=blind_index("phone", to),
            body=body,
            dedupe_key=dedupe_key,
            state=MessageState.READY,
            priority=priority,
            due_at=uow.now,
            expires_at=expires_at(uow.now, valid_s or usual_s),
        )
    )
    uow.audit("text.queued", message, kind=kind, to_role=to_role)
    return message


def still_here(uow: UnitOfWork, page_id: UUID) -> bool:
    """Has the text of this page not been handed to anybody yet?"""
    unsent = select(Message.id).where(
        Message.page_id == page_id, Message.state == MessageState.READY, Message.attempts == 0
    )
    return uow.session.scalar(unsent.limit(1)) is not None


def anything_due(uow: UnitOfWork) -> bool:
    """A look without a lock, so that a quiet worker disturbs no writer."""
    return uow.session.scalar(select(Message.id).where(*_due(uow)).limit(1)) is not None


def _due(uow: UnitOfWork) -> tuple[TextClause | ColumnElement[bool], ...]:
    free = or_(Message.lease_until.is_(None), Message.lease_until <= uow.now)
    return _UNSENT, Message.due_at <= uow.now, free


def claim(
    uow: UnitOfWork,
    centre: Centre,
    owner: str,
    limit: int,
    on_undeliverable: OnUndeliverable | None = None,
) -> list[ClaimedText]:
    """Take up to `limit` due texts for `lease_s`; nobody else gets them meanwhile.

    Texts that are too old or no longer true are put aside instead, so fewer may come
    back while more are due: ask `anything_due`. Texts of a worker that died are due again
    when its lease ends.
    """
    rows = uow.session.scalars(
        select(Message)
        .where(*_due(uow))
        .order_by(Message.priority, Message.due_at, Message.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (_claim_one(uow, centre, message, owner, on_undeliverable) for message in rows.all())
    return [claimed for claimed in taken if claimed is not None]


def _claim_one(
    uow: UnitOfWork,
    centre: Centre,
    message: Message,
    owner: str,
    on_undeliverable: OnUndeliverable | None,
) -> ClaimedText | None:
    lease = timedelta(seconds=centre.policy.lease_s)
    if message.state is MessageState.ATTEMPTING:
        _fail(uow, centre, message, _LOST, worth_retrying=True)
    if message.state is MessageState.READY:
        _put_aside(uow, message)
    if message.state is not MessageState.READY:
        _escalate(uow, centre, message, on_undeliverable)
        return None
    perhaps_sent_s = None
    if (message.last_error or "").startswith(IN_DOUBT):
        perhaps_sent_s = (uow.now - message.created_at).total_seconds()
    message.move_to(MessageState.ATTEMPTING)
    message.fence += 1
    message.attempts += 1
    message.lease_owner, message.lease_until = owner, uow.now + lease
    try:
        sms = message.as_sms(seconds_left(message.expires_at, uow.now))
    except TriageError as error:  # its key is gone: that must not hold up the others
        _fail(uow, centre, message, type(error).__name__, worth_retrying=False)
        _escalate(uow, centre, message, on_undeliverable)
        return None
    return ClaimedText(message.id, message.fence, sms, perhaps_sent_s)


def _put_aside(uow: UnitOfWork, message: Message) -> None:
    """Do not send what is too old to help, or not true any more."""
    page = uow.session.get(Page, message.page_id) if message.page_id else None
    if message.kind == "page" and page is not None and page.state is not PageState.OPEN:
        message.move_to(MessageState.WITHDRAWN)
    elif message.expires_at <= uow.now:
        message.move_to(MessageState.EXPIRED)
    else:
        return
    uow.audit(f"text.{message.state.value}", message, kind=message.kind)


def _fail(
    uow: UnitOfWork, centre: Centre, message: Message, reason: str, *, worth_retrying: bool
) -> None:
    """One more attempt came to nothing: wait and try again, or give up."""
    message.failures += 1
    message.last_error = reason
    message.lease_until = None
    wait = None
    if worth_retrying:
        wait = retry_wait(
            message.failures,
            page=message.kind == "page",
            give_up_after=centre.policy.give_up_after,
        )
    if wait is not None:
        message.move_to(MessageState.READY)
        message.due_at = uow.now + wait
        return
    message.move_to(MessageState.FAILED)
    uow.audit("text.failed", message, kind=message.kind, reason=reason, failures=message.failures)


def _escalate(
    uow: UnitOfWork, centre: Centre, message: Message, on_undeliverable: OnUndeliverable | None
) -> None:
    """If a page's text will not arrive, let the next be asked, now."""
    lost = message.state in {
        MessageState.FAILED,
        MessageState.EXPIRED,
        MessageState.UNDELIVERED,
    }
    if not lost or message.kind != "page" or on_undeliverable is None:
        return
    try:
        with uow.session.begin_nested():
            on_undeliverable(uow, centre, message)
    except StaleDataError:  # a lost race: all of this is tried again
        raise
    except Exception as error:  # the page's own timer still asks the next
        log.error("asking the next failed: %s", type(error).__name__)


def settle(
    uow: UnitOfWork,
    centre: Centre,
    claimed: ClaimedText,
    outcome: Sent | NotSent,
    on_undeliverable: OnUndeliverable | None = None,
) -> None:
    """Write down what came of a claimed text.

    Nothing is written if somebody else has claimed it since. A report of the provider that
    overtook us is believed, not undone.
    """
    message = uow.get(Message, claimed.id)
    ours = message.fence == claimed.fence and message.state is MessageState.ATTEMPTING
    if isinstance(outcome, Sent):
        if ours:
            _reached(uow, message, MessageState.SENT)
        other = message.fence == claimed.fence and message.provider_id != outcome.provider_id
        if claimed.is_second_copy or (other and message.provider_id is not None):
            uow.audit("text.second_copy", message, kind=message.kind)
        _adopt(uow, message, outcome.provider_id)
    elif ours:
        _fail(uow, centre, message, outcome.reason, worth_retrying=outcome.worth_retrying)
        if outcome.reason == OPTED_OUT:
            _opted_out(uow, message)
        _escalate(uow, centre, message, on_undeliverable)


def _reached(uow: UnitOfWork, message: Message, state: MessageState) -> None:
    message.move_to(state)
    message.lease_until = None
    message.sent_at = message.sent_at or uow.now
    if state is MessageState.DELIVERED:
        message.delivered_at = uow.now
    uow.audit(f"text.{state.value}", message, kind=message.kind, attempts=message.attempts)


def _adopt(uow: UnitOfWork, message: Message, provider_id: str) -> None:
    """Keep the provider's key of the first copy we hear of."""
    if message.provider_id is None and not known(uow, [provider_id]):
        message.provider_id = provider_id


def known(uow: UnitOfWork, provider_ids: Sequence[str]) -> set[str]:
    """Those of the provider's keys that belong to texts of ours already."""
    found = select(Message.provider_id).where(Message.provider_id.in_(provider_ids))
    return {key for key in uow.session.scalars(found) if key is not None}


def _opted_out(uow: UnitOfWork, message: Message) -> None:
    """The carrier told us before the responder's STOP did."""
    responder = uow.session.get(Responder, message.responder_id) if message.responder_id else None
    if responder is not None and responder.opted_out_at is None:
        responder.opted_out_at = uow.now
        uow.audit("responder.opted_out", responder, heard_from="carrier")


def hear(
    uow: UnitOfWork,
    centre: Centre,
    message_id: UUID,
    provider_id: str,
    status: str,
    error_code: str | None,
    on_undeliverable: OnUndeliverable | None = None,
) -> bool:
    """Believe the provider's report of a text, unless what we know is newer.

    Reports may be repeated, late, out of order, or before our own note of the sending.
    False if there is no such text or the status is unknown: nothing was changed.
    """
    message = uow.session.get(Message, message_id)
    reported = state_reported(status)
    if message is None or reported is None:
        return False
    _adopt(uow, message, provider_id)
    if reported is MessageState.UNDELIVERED and message.provider_id != provider_id:
        return True  # one copy was lost; the other tells for itself
    if message.state is MessageState.READY:  # we were in doubt: now we know it went out
        message.move_to(MessageState.ATTEMPTING)
    if reported in MESSAGE_MOVES[message.state]:
        _reached(uow, message, reported)
        if reported is MessageState.UNDELIVERED:
            message.last_error = error_code
            if error_code == OPTED_OUT:
                _opted_out(uow, message)
            _escalate(uow, centre, message, on_undeliverable)
    elif reported is MessageState.DELIVERED and message.delivered_at is None:
        message.delivered_at = uow.now  # we had given it up, yet it arrived
    return True
