"""Do texts leave and arrive? Told from what was handed over and what came back."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from triage.domain.delivery import AttemptState, Whose, failure_of
from triage.domain.findings import Finding
from triage.services.providers import DOUBTS, SMS, VOICE, away_since
from triage.storage.attempts import Attempt
from triage.storage.messages import Message
from triage.storage.unit_of_work import UnitOfWork

REPORTED_WITHIN = timedelta(seconds=20)
"""A provider that reports at all has reported something of a text by then."""
LATELY = timedelta(minutes=10)
LATEST = 3
"""So many texts in a row without a report are no coincidence, of pages one less."""
REPORTS_ARE_USUAL = timedelta(days=1)
"""A quiet night must not look as if reports never came."""
_MOST_LOOKED_AT = 500
_MOST_REFUSED = 20


def provider_health(uow: UnitOfWork, *, simulated: bool) -> Iterator[Finding]:
    """simulated -- the telephones are, and report nothing."""
    times = away_since(uow) or [*_refused(uow, SMS), *_refused(uow, VOICE)]
    if times:
        age_s = (uow.now - min(times)).total_seconds()
        yield Finding("provider", len(times), round(max(0.0, age_s), 1))
    if not simulated:
        yield from _callbacks(uow)


def _refused(uow: UnitOfWork, channel: str) -> list[datetime]:
    """When the provider refused its latest texts, or calls, to several telephones, each for a
    reason that lies with none of them, and took none since."""
    latest = (
        select(Attempt.state, Attempt.error, Attempt.ended_at, Message.to_index)
        .join(Message, Message.id == Attempt.message_id)
        .where(
            Attempt.channel == channel,
            Attempt.state.in_([AttemptState.ACCEPTED, AttemptState.REFUSED]),
            Attempt.ended_at.between(uow.now - LATELY, uow.now),
        )
        .order_by(Attempt.ended_at.desc())
        .limit(_MOST_REFUSED)
    )
    refused: dict[bytes, datetime] = {}
    for state, error, ended_at, phone in uow.session.execute(latest):
        if state is AttemptState.ACCEPTED:
            break
        if ended_at and failure_of(error).whose is Whose.NOT_SAID:
            refused[phone] = ended_at
    return [*refused.values()] if len(refused) >= DOUBTS else []


def _callbacks(uow: UnitOfWork) -> Iterator[Finding]:
    """The provider took the latest texts and has said nothing of any since, or of most of the
    latest pages."""
    silent = _silent(uow, Message.kind == "page")
    if len(silent) < LATEST - 1:
        silent = _silent(uow)
        if len(silent) < LATEST:
            return
    yield Finding("callbacks", len(silent), round((uow.now - min(silent)).total_seconds(), 1))


def _silent(uow: UnitOfWork, *which: ColumnElement[bool]) -> list[datetime]:
    """When the provider took those of the latest such texts that it has not reported on."""
    rows = uow.session.execute(
        select(Attempt.reported_at, Attempt.ended_at)
        .join(Message, Message.id == Attempt.message_id)
        .where(
            Attempt.state == AttemptState.ACCEPTED,
            Attempt.channel == SMS,
            Attempt.ended_at.between(uow.now - LATELY, uow.now - REPORTED_WITHIN),
            *which,
        )
        .order_by(Attempt.ended_at.desc())
        .limit(LATEST)
    )
    return [ended_at for reported_at, ended_at in rows if reported_at is None and ended_at]


def reports_come(uow: UnitOfWork) -> bool:
    """Has the provider reported on any of the latest texts? One that never did cannot reach us,
    and its silence tells nothing of a text."""
    latest = (
        select(Attempt.reported_at)
        .where(
            Attempt.state == AttemptState.ACCEPTED,
            Attempt.channel == SMS,
            Attempt.ended_at > uow.now - REPORTS_ARE_USUAL,
        )
        .order_by(Attempt.ended_at.desc())
        .limit(_MOST_LOOKED_AT)
        .subquery()
    )
    reported = select(latest.c.reported_at).where(latest.c.reported_at.is_not(None))
    return uow.session.scalar(reported.limit(1)) is not None
