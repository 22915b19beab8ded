"""What members of teams write of their visits."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("responder_id", sa.Uuid(), nullable=False),
        sa.Column("draft_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("behaviour_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("intervention_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("response_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("plan_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("verdict", sa.Integer(), nullable=True),
        sa.Column("verdict_why_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_visit_call_id_call"),
        sa.ForeignKeyConstraint(
            ["responder_id"], ["responder.id"], name="fk_visit_responder_id_responder"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_visit"),
    )
    op.create_index("ix_visit_call_id", "visit", ["call_id"])
    op.create_index("ix_visit_responder_id", "visit", ["responder_id"])


def downgrade() -> None:
    op.drop_table("visit")
