"""A change of rules is sent back to whoever wrote it, with a reason."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "change_sent_back",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("written_by", sa.String(), nullable=False),
        sa.Column("sent_back_by", sa.String(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_change_sent_back"),
    )
    op.create_index("ix_change_sent_back_name", "change_sent_back", ["name", "created_at"])


def downgrade() -> None:
    op.drop_table("change_sent_back")
