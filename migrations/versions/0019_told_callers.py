"""What callers were told of who comes."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "told_caller",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("gist", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_told_caller_call_id_call"),
        sa.PrimaryKeyConstraint("id", name="pk_told_caller"),
    )
    op.create_index("ix_told_caller_call_id", "told_caller", ["call_id"])


def downgrade() -> None:
    op.drop_table("told_caller")
