"""Who at the desk has a call, and who has its page open."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "held_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("since", moment, nullable=False),
        sa.Column("offered_to", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_held_call_call_id"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_held_call_account_id"),
        sa.ForeignKeyConstraint(["offered_to"], ["account.id"], name="fk_held_call_offered_to"),
        sa.PrimaryKeyConstraint("id", name="pk_held_call"),
        sa.UniqueConstraint("call_id", name="uq_held_call_call_id"),
    )
    for column in ("account_id", "offered_to"):
        op.create_index(f"ix_held_call_{column}", "held_call", [column])
    op.create_table(
        "presence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.Column("typed_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_presence_call_id"),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_presence_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_presence"),
    )
    op.create_index("uq_presence", "presence", ["call_id", "account_id"], unique=True)
    op.create_index("ix_presence_seen_at", "presence", ["seen_at"])


def downgrade() -> None:
    op.drop_table("presence")
    op.drop_table("held_call")
