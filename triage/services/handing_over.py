"""Texts that go into a worker's hands, and those that the provider has taken from them.

The ordinary way, one copy that is taken, is written for many texts at a time, one statement a
table; whatever is not ordinary goes row by row.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, insert, select, update

from triage.domain.delivery import MOST_COPIES, AttemptState
from triage.domain.errors import TriageError
from triage.domain.lifecycle import MessageState
from triage.domain.phone_network import OutboundSms
from triage.domain.timing import seconds_left
from triage.services import deliveries, providers, unreported
from triage.services.centre import Centre
from triage.storage.attempts import Attempt
from triage.storage.audit_chains import save_entries
from triage.storage.base import Base, new_id
from triage.storage.exchanges import in_one_exchange
from triage.storage.messages import Message
from triage.storage.unit_of_work import UnitOfWork


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
    priority: int = 0


def _table(kind: type[Base]) -> Table:
    assert isinstance(kind.__table__, Table)  # noqa: S101 -- each of our rows has a table
    return kind.__table__


_MESSAGE, _ATTEMPT = _table(Message), _table(Attempt)
_BEGIN = insert(_ATTEMPT)
_LEASE = (
    update(_MESSAGE)
    .where(_MESSAGE.c.id.in_(bindparam("texts", expanding=True)))
    .values(
        version=_MESSAGE.c.version + 1,
        state=MessageState.ATTEMPTING,
        attempts=1,
        fence=_MESSAGE.c.fence + 1,
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
    )
)
_IN_HAND = (
    select(
        Attempt.id.label("attempt"),
        Message.id,
        Message.kind,
        Message.channel,
        Message.call_id,
        Message.priority,
    )
    .select_from(Message)
    .join(Attempt)
    .where(
        Attempt.id.in_(bindparam("attempts", expanding=True)),
        Attempt.state == AttemptState.ATTEMPTING,
        Message.state == MessageState.ATTEMPTING,
        Message.attempts == 1,
    )
    .with_for_update()  # the text first, then its attempt, as everybody locks them
)
_ACCEPT = (
    update(_ATTEMPT)
    .where(_ATTEMPT.c.id == bindparam("attempt"))
    .values(
        version=_ATTEMPT.c.version + 1,
        state=AttemptState.ACCEPTED,
        ended_at=bindparam("now"),
        provider_id=bindparam("theirs"),
    )
)
_SENT = (
    update(_MESSAGE)
    .where(_MESSAGE.c.id.in_(bindparam("texts", expanding=True)))
    .values(
        version=_MESSAGE.c.version + 1,
        state=MessageState.SENT,
        lease_until=None,
        ring_since=None,
        sent_at=bindparam("now"),
        provider_id=select(_ATTEMPT.c.provider_id)
        .where(_ATTEMPT.c.message_id == _MESSAGE.c.id)
        .scalar_subquery(),  # it has but one
    )
)


def first_copies(
    uow: UnitOfWork, centre: Centre, messages: Iterable[Message], owner: str
) -> list[ClaimedText]:
    """Lease texts that were never handed over, and write down that they are now. Their rows are
    out of the session afterwards."""
    taken: list[ClaimedText] = []
    attempts: list[dict[str, Any]] = []
    rows: list[Message] = []
    for message in messages:
        key = new_id()
        try:
            sms = message.as_sms(key, seconds_left(message.expires_at, uow.now))
        except TriageError as error:  # its key is gone: that must not hold up the others
            deliveries.give_up(uow, centre, message, type(error).__name__)
            continue
        taken.append(
            ClaimedText(message.id, owner, message.fence + 1, sms, key, priority=message.priority)
        )
        attempts.append(_first_attempt(uow, key, message))
        rows.append(message)
    if taken:
        until = uow.now + timedelta(seconds=centre.policy.lease_s)
        texts = [text.id for text in taken]
        connection = uow.session.connection()
        with in_one_exchange(connection):
            connection.execute(_BEGIN, attempts)
            connection.execute(_LEASE, {"texts": texts, "owner": owner, "until": until})
    for message in rows:  # what it holds of them is no longer true
        uow.session.expunge(message)
    return taken


def _first_attempt(uow: UnitOfWork, key: UUID, message: Message) -> dict[str, Any]:
    return {
        "id": key,
        "created_at": uow.now,
        "version": 1,
        "message_id": message.id,
        "number": 1,
        "channel": message.channel,
        "provider": providers.PROVIDER,
        "fence": message.fence + 1,
        "state": AttemptState.ATTEMPTING,
        "is_copy": False,
        "started_at": uow.now,
        "conflict": False,
    }


def copy(uow: UnitOfWork, centre: Centre, message: Message, owner: str) -> ClaimedText | None:
    """Write down that a text is handed over once more. What may be a second copy is labelled."""
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
    lease(uow, centre, message, owner)
    if labelled:
        uow.audit("text.second_copy", message, kind=message.kind)
    return ClaimedText(message.id, owner, message.fence, sms, attempt.id)


def lease(uow: UnitOfWork, centre: Centre, message: Message, owner: str) -> None:
    message.lease_owner = owner
    message.lease_until = uow.now + timedelta(seconds=centre.policy.lease_s)


def taken(uow: UnitOfWork, theirs: dict[UUID, str]) -> set[UUID]:
    """Write down what the provider took at the first handing over.

    theirs -- by attempt the provider's key, of no text of ours yet. Returns the attempts that
    this is true of; for the others more has happened meanwhile.
    """
    found = uow.session.execute(_IN_HAND, {"attempts": list(theirs)}).all()
    if not found:
        return set()
    for channel in {row.channel for row in found}:
        providers.note_taken(uow, channel)
    accepted = [
        {"attempt": row.attempt, "now": uow.now, "theirs": theirs[row.attempt]} for row in found
    ]
    connection = uow.session.connection()
    with in_one_exchange(connection):
        connection.execute(_ACCEPT, accepted)
        connection.execute(_SENT, {"texts": [row.id for row in found], "now": uow.now})
        save_entries(uow.session, [_told(uow, row) for row in found])
    unreported.look_later(uow, found)
    return {row.attempt for row in found}


def _told(uow: UnitOfWork, row: Any) -> dict[str, Any]:
    return {
        "id": new_id(),
        "created_at": uow.now,
        "actor": uow.actor,
        "event": f"text.{MessageState.SENT.value}",
        "subject_table": _MESSAGE.name,
        "subject_id": row.id,
        "call_id": row.call_id,
        "details": {"kind": row.kind, "attempts": 1},
    }
