"""Whoever has accepted is asked in time whether all is well: those who have, from now on."""

from datetime import UTC, datetime
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0024"
down_revision = "0023"

_SLOT = sa.table(
    "slot",
    sa.column("id", sa.Uuid()),
    sa.column("dispatch_id", sa.Uuid()),
    sa.column("responder_id", sa.Uuid()),
    sa.column("state"),
)
_DISPATCH = sa.table("dispatch", sa.column("id", sa.Uuid()), sa.column("reached_by"))
_TIMER = sa.table(
    "timer",
    sa.column("id", sa.Uuid()),
    sa.column("subject_id", sa.Uuid()),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("due_at", sa.DateTime(timezone=True)),
    *(sa.column(name) for name in ("version", "kind", "step", "state", "priority", "attempts")),
)


def upgrade() -> None:
    later = _TIMER.alias()
    of_it = later.c.subject_id == _SLOT.c.id, later.c.kind == "check_in"
    accepted = (
        sa.select(_SLOT.c.id, sa.func.count(later.c.id))
        .join(_DISPATCH, _DISPATCH.c.id == _SLOT.c.dispatch_id)
        .outerjoin(later, sa.and_(*of_it))
        .where(
            _SLOT.c.state == "accepted",
            _SLOT.c.responder_id.is_not(None),
            _DISPATCH.c.reached_by == "page",
        )
        .group_by(_SLOT.c.id)
    )
    timers = [_timer(slot, step) for slot, step in op.get_bind().execute(accepted)]
    if timers:
        op.bulk_insert(_TIMER, timers)


def _timer(slot: UUID, step: int) -> dict[str, object]:
    """step -- how many there were before."""
    now = datetime.now(UTC)
    return {
        "id": uuid7(),
        "subject_id": slot,
        "created_at": now,
        "due_at": now,
        "version": 1,
        "kind": "check_in",
        "step": step,
        "state": "waiting",
        "priority": 1,
        "attempts": 0,
    }


def downgrade() -> None:
    """Whoever has only accepted is passed over when the timer fires."""
