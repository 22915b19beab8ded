"""What the provider reports of texts that it has taken."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from triage.domain.delivery import (
    PERHAPS_OUT,
    AttemptState,
    Whose,
    failure_of,
    state_reported,
)
from triage.domain.lifecycle import MESSAGE_MOVES, MessageState
from triage.domain.phone_network import Refused
from triage.services import deliveries, providers
from triage.services.centre import Centre
from triage.storage.attempts import Attempt, StrayReport
from triage.storage.messages import Message
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork

MOST_STRAYS = 1000
"""Kinds of reports that fit nothing: the oldest make room."""
_LONGEST = 64


@dataclass(frozen=True)
class Report:
    """One callback. attempt_id, message_id -- of ours, as the address said; either may lack."""

    provider_id: str
    status: str
    error_code: str | None = None
    to: str | None = None
    attempt_id: UUID | None = None
    message_id: UUID | None = None


def hear(uow: UnitOfWork, centre: Centre, report: Report) -> bool:
    """Believe the provider's report of a text, unless what we know is newer.

    Reports may be repeated, late, out of order, or before our own note of the sending.
    False if it fits nothing or says what we do not know: that is kept for a person to see.
    """
    meant = _meant(uow, report)
    if meant is None:
        return _stray(uow, report, "unknown_text")
    attempt, message = meant
    if report.to is not None and blind_index("phone", report.to) != message.to_index:
        return _stray(uow, report, "other_number")
    reported = state_reported(report.status)
    if reported is None:
        attempt.raw_status = report.status[:_LONGEST]
        return _stray(uow, report, "unknown_status")
    if not deliveries.own(uow, attempt, message, report.provider_id):
        return _stray(uow, report, "other_key")
    attempt.raw_status = report.status[:_LONGEST]
    if attempt.state is AttemptState.UNKNOWN:
        providers.note_cleared_up(uow, message.channel, attempt.started_at)
    attempt.learn(AttemptState.ACCEPTED, uow.now)
    _note(uow, attempt, message, reported)
    uow.session.flush()
    _follow(uow, centre, message, attempt, report)
    return True


def _meant(uow: UnitOfWork, report: Report) -> tuple[Attempt, Message] | None:
    """Whose key it is, else whose address it came to; of an older address, the latest
    handing over of that text whose key nobody knows yet."""
    if report.provider_id and (row := _first(uow, Attempt.provider_id == report.provider_id)):
        return row
    if report.attempt_id is not None:
        return _first(uow, Attempt.id == report.attempt_id)
    if report.message_id is None:
        return None
    return _first(uow, Attempt.message_id == report.message_id, Attempt.provider_id.is_(None))


def _first(uow: UnitOfWork, *which: ColumnElement[bool]) -> tuple[Attempt, Message] | None:
    """Several reports of one text come in at the same moment: each waits for the one before."""
    both = select(Attempt, Message).select_from(Message).join(Attempt).where(*which)
    latest = both.order_by(Attempt.number.desc()).limit(1).with_for_update()
    for attempt, message in uow.session.execute(latest):
        return attempt, message
    return None


def _note(uow: UnitOfWork, attempt: Attempt, message: Message, reported: MessageState) -> None:
    """The furthest that reports of this attempt have come; delivered stays delivered."""
    old = attempt.reported
    if old is MessageState.DELIVERED and reported is MessageState.UNDELIVERED:
        if not attempt.conflict:
            uow.audit("text.conflict", message, kind=message.kind)
        attempt.conflict = True
    elif old is None or reported in MESSAGE_MOVES[old]:
        attempt.reported, attempt.reported_at = reported, uow.now


def _follow(
    uow: UnitOfWork, centre: Centre, message: Message, attempt: Attempt, report: Report
) -> None:
    """Let the text be what its reports say."""
    reported = attempt.reported
    if reported is MessageState.UNDELIVERED and not _all_undelivered(uow, message):
        reported = MessageState.SENT  # one copy was lost; the other tells for itself
    if reported is None:
        return
    if reported not in MESSAGE_MOVES[message.state] and message.state is not MessageState.READY:
        if reported is MessageState.DELIVERED and message.delivered_at is None:
            message.delivered_at = uow.now  # we had given it up, yet it arrived
            message.ring_since = None
        return
    deliveries.reached(uow, message, reported)
    if reported is MessageState.UNDELIVERED:
        message.last_error = report.error_code
        if failure_of(report.error_code).whose is Whose.PROVIDER:
            refused = Refused(report.error_code or "", Whose.PROVIDER)
            providers.note(uow, message.channel, refused)
        deliveries.lost(uow, centre, message)


def _all_undelivered(uow: UnitOfWork, message: Message) -> bool:
    return all(
        attempt.reported is MessageState.UNDELIVERED
        for attempt in message.handed_over
        if attempt.state in PERHAPS_OUT
    )


def _stray(uow: UnitOfWork, report: Report, why: str) -> bool:
    """Keep what fits nothing, counted and capped."""
    key = {
        "provider_id": report.provider_id[:_LONGEST],
        "raw_status": report.status[:_LONGEST],
        "why": why,
    }
    row = uow.session.scalar(select(StrayReport).filter_by(**key))
    if row is None:
        _make_room(uow)
        row = uow.add(StrayReport(**key, seen=0, seen_at=uow.now))
    row.seen += 1
    row.seen_at = uow.now
    return False


def _make_room(uow: UnitOfWork) -> None:
    count = uow.session.scalar(select(func.count()).select_from(StrayReport)) or 0
    if count >= MOST_STRAYS:
        oldest = select(StrayReport).order_by(StrayReport.seen_at).limit(1)
        if (row := uow.session.scalar(oldest)) is not None:
            uow.session.delete(row)


def strays(uow: UnitOfWork) -> int:
    """Reports kept that fit nothing, every repetition counted."""
    return uow.session.scalar(select(func.coalesce(func.sum(StrayReport.seen), 0))) or 0
