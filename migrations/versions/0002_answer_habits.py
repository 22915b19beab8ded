"""What callers usually answer, and which count an assessment was made with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "answer_habits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_answer_habits"),
        sa.UniqueConstraint("sha256", name="uq_answer_habits_sha256"),
    )
    op.create_index("ix_answer_habits_counted_at", "answer_habits", ["counted_at"])
    op.add_column("assessment", sa.Column("habits_sha256", sa.String(), nullable=True))
    op.create_index("ix_assessment_habits_sha256", "assessment", ["habits_sha256"])


def downgrade() -> None:
    op.drop_index("ix_assessment_habits_sha256", table_name="assessment")
    op.drop_column("assessment", "habits_sha256")
    op.drop_index("ix_answer_habits_counted_at", table_name="answer_habits")
    op.drop_table("answer_habits")
