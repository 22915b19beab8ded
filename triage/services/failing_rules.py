"""Which version of the rules could not be applied to a call: it is marked by what it did."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from triage.domain.findings import Finding
from triage.services import rule_sets
from triage.services.centre import Centre
from triage.storage.calls import CLOSED_CALL, OPEN_CALL, AssessmentRecord, Call
from triage.storage.unit_of_work import UnitOfWork

RECENT = timedelta(days=1)
_FAILED_AT = (
    select(func.min(AssessmentRecord.created_at))
    .where(
        AssessmentRecord.call_id == Call.id,
        AssessmentRecord.outcome == "not_scored",
        AssessmentRecord.rule_set_sha256 == bindparam("sha256"),
    )
    .correlate(Call)
    .scalar_subquery()
)
"""Of one call. As a join a planner may choose to read every assessment that ever was."""


def _counted(*which: Any) -> Select[int, Any]:
    """How many of these calls it could not be applied to, and since when."""
    failed = select(_FAILED_AT.label("at")).select_from(Call).where(*which).subquery()
    return select(func.count(failed.c.at), func.min(failed.c.at))


_OPEN = _counted(OPEN_CALL)
_CLOSED = _counted(CLOSED_CALL, Call.received_at > bindparam("since"))


def open_calls(uow: UnitOfWork, sha256: str) -> tuple[int, datetime | None]:
    """How many calls that are open this version could not be applied to, and since when."""
    counted = uow.session.execute(_OPEN, {"sha256": sha256}).one()
    return counted[0], counted[1]


def recent_calls(uow: UnitOfWork, sha256: str) -> int:
    """How many calls, open or of the last day, this version could not be applied to."""
    asked = {"sha256": sha256, "since": uow.now - RECENT}
    closed: int = uow.session.execute(_CLOSED, asked).one()[0]
    return open_calls(uow, sha256)[0] + closed


def audit(uow: UnitOfWork, centre: Centre) -> Iterator[Finding]:
    """Does the version fail that decides now?"""
    live = rule_sets.newest_publication(uow, centre.policy.rule_set)
    count, since = open_calls(uow, live.of.sha256) if live else (0, None)
    if count and since:
        yield Finding("rules_fail", count, round((uow.now - since).total_seconds(), 1))
