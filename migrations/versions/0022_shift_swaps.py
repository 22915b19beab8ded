"""Shifts that members offer to each other."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "shift_swap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Uuid(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("giver_id", sa.Uuid(), nullable=False),
        sa.Column("taker_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["giver_id"], ["responder.id"], name="fk_shift_swap_giver_id_responder"
        ),
        sa.ForeignKeyConstraint(
            ["taker_id"], ["responder.id"], name="fk_shift_swap_taker_id_responder"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_shift_swap"),
    )
    op.create_index("ix_shift_swap_giver_id", "shift_swap", ["giver_id"])
    op.create_index("ix_shift_swap_taker_id", "shift_swap", ["taker_id"])
    waits = sa.text("state IN ('offered', 'taken')")
    op.create_index(
        "uq_shift_swap_waiting",
        "shift_swap",
        ["shift_id"],
        unique=True,
        sqlite_where=waits,
        postgresql_where=waits,
    )


def downgrade() -> None:
    op.drop_table("shift_swap")
