"""Calls that are over are found again by when they came in."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

_CLOSED = sa.text("state = 'closed'")


def upgrade() -> None:
    op.create_index(
        "ix_call_closed",
        "call",
        ["received_at", "id"],
        sqlite_where=_CLOSED,
        postgresql_where=_CLOSED,
    )


def downgrade() -> None:
    op.drop_index("ix_call_closed", table_name="call")
