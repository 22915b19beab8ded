"""Somebody beside callers and the person in crisis has a place of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.create_table(
        "call_third_party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("caller_id", sa.Uuid(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("relation", sa.String(), nullable=True),
        sa.Column("with_them", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_call_third_party_call_id_call"),
        sa.ForeignKeyConstraint(
            ["caller_id"], ["caller.id"], name="fk_call_third_party_caller_id_caller"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_call_third_party"),
    )
    op.create_index("ix_call_third_party_call_id", "call_third_party", ["call_id"])


def downgrade() -> None:
    op.drop_table("call_third_party")
