"""Which version of the rules could not be applied to a call: it is marked by what it did."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import func, select

from triage.domain.findings import Finding
from triage.services import rule_sets
from triage.services.centre import Centre
from triage.storage.calls import CLOSED_CALL, OPEN_CALL, AssessmentRecord, Call
from triage.storage.unit_of_work import UnitOfWork

RECENT = timedelta(days=1)
_CALLS = (
    select(func.count(Call.id.distinct()), func.min(AssessmentRecord.created_at))
    .join(AssessmentRecord, AssessmentRecord.call_id == Call.id)
    .where(AssessmentRecord.outcome == "not_scored")
)


def open_calls(uow: UnitOfWork, sha256: str) -> tuple[int, datetime | None]:
    """How many calls that are open this version could not be applied to, and since when."""
    failed = _CALLS.where(OPEN_CALL, AssessmentRecord.rule_set_sha256 == sha256)
    count, since = uow.session.execute(failed).one()
    return count, since


def recent_calls(uow: UnitOfWork, sha256: str) -> int:
    """How many calls, open or of the last day, this version could not be applied to."""
    closed = _CALLS.where(CLOSED_CALL, Call.received_at > uow.now - RECENT)
    failed = closed.where(AssessmentRecord.rule_set_sha256 == sha256)
    count: int = uow.session.execute(failed).one()[0]
    return open_calls(uow, sha256)[0] + count


def audit(uow: UnitOfWork, centre: Centre) -> Iterator[Finding]:
    """Does the version fail that decides now?"""
    live = rule_sets.newest_publication(uow, centre.policy.rule_set)
    count, since = open_calls(uow, live.of.sha256) if live else (0, None)
    if count and since:
        yield Finding("rules_fail", count, round((uow.now - since).total_seconds(), 1))
