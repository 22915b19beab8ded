"""Do texts leave and arrive? Told from what was handed over and what came back."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import select

from triage.domain.delivery import AttemptState
from triage.domain.findings import Finding
from triage.storage.attempts import Attempt, ProviderState
from triage.storage.unit_of_work import UnitOfWork

REPORTED_WITHIN = timedelta(seconds=20)
"""A provider that reports at all has reported something of a text by then."""
LATELY = timedelta(minutes=10)
SEVERAL = 3
"""So many texts in a row without a report are no coincidence."""


def provider_health(uow: UnitOfWork, *, simulated: bool) -> Iterator[Finding]:
    """simulated -- the telephones are, and report nothing."""
    shut = uow.session.scalars(
        select(ProviderState.shut_since).where(ProviderState.shut_since.is_not(None))
    ).all()
    times = [since for since in shut if since is not None]
    if times:
        age_s = (uow.now - min(times)).total_seconds()
        yield Finding("provider", len(times), round(max(0.0, age_s), 1))
    if not simulated:
        yield from _callbacks(uow)


def _callbacks(uow: UnitOfWork) -> Iterator[Finding]:
    """The provider took the latest texts and has said nothing of any since."""
    rows = uow.session.execute(
        select(Attempt.reported_at, Attempt.ended_at)
        .where(
            Attempt.state == AttemptState.ACCEPTED,
            Attempt.channel == "sms",
            Attempt.ended_at.between(uow.now - LATELY, uow.now - REPORTED_WITHIN),
        )
        .order_by(Attempt.ended_at.desc())
        .limit(SEVERAL)
    ).all()
    if len(rows) == SEVERAL and all(reported_at is None for reported_at, _ in rows):
        oldest = min(ended_at for _, ended_at in rows if ended_at is not None)
        yield Finding("callbacks", len(rows), round((uow.now - oldest).total_seconds(), 1))
