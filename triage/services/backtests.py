"""The centre's own past calls, for trying a rule set on them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased, load_only

from triage.services.centre import Centre
from triage.storage.calls import AssessmentRecord, Call
from triage.storage.unit_of_work import UnitOfWork

LABELS = ("zone", "language")
"""What a call may say of itself for reports alone: no rule reads it."""
BATCH = 500
"""Calls read at once: a query well under a second, whatever the size of the history."""


@dataclass(frozen=True)
class Past:
    """A call of the past as it was last assessed.

    raw -- decoded JSON of facts, narrative and situation.
    labels -- zone and language: for reports, no rule reads them.
    at -- local date and time at which it came in.
    """

    reference: str
    raw: object
    labels: Mapping[str, str] = field(default_factory=dict)
    at: str = ""
    id: UUID | None = None


def count(uow: UnitOfWork) -> int:
    """How many calls have been assessed, of which it is still known what was said."""
    first = select(func.count()).select_from(AssessmentRecord).join(Call)
    known = first.where(AssessmentRecord.number == 1, Call.erased_at.is_(None))
    return uow.session.scalar(known) or 0


def after(uow: UnitOfWork, centre: Centre, last: UUID | None) -> list[Past]:
    """The next calls after this one, in the order in which they were written down."""
    later = aliased(AssessmentRecord)
    newest = select(func.max(later.number)).where(later.call_id == Call.id).scalar_subquery()
    rows = (
        select(Call, AssessmentRecord)
        .join(AssessmentRecord, AssessmentRecord.call_id == Call.id)
        .where(AssessmentRecord.number == newest, Call.erased_at.is_(None))
        .order_by(Call.id)
        .limit(BATCH)
        .options(
            load_only(Call.reference, Call.zone, Call.language, Call.received_at),
            load_only(AssessmentRecord.input_sealed),
        )
    )
    if last is not None:
        rows = rows.where(Call.id > last)
    return [_past(centre, call, record) for call, record in uow.session.execute(rows)]


def _past(centre: Centre, call: Call, record: AssessmentRecord) -> Past:
    labels = {"zone": call.zone, "language": call.language}
    return Past(
        call.reference,
        json.loads(record.input or "{}"),
        {name: label for name, label in labels.items() if label},
        call.received_at.astimezone(centre.policy.time_zone).isoformat(),
        call.id,
    )
