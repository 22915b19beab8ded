"""Figures of whole days, for reports that need no calls. Tables of their own: the release before
does not know of them."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "daily_figure",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("of", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "figure", "of", "by", name="pk_daily_figure"),
    )
    op.create_table(
        "rolled_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=True),
        sa.Column("rolled_at", _AT, nullable=True),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_rolled_day"),
    )
    op.create_table(
        "trail_read",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", _AT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_id", sa.Uuid(), nullable=True),
        sa.Column("read_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_trail_read"),
    )


def downgrade() -> None:
    for table in ("trail_read", "rolled_day", "daily_figure"):
        op.drop_table(table)
