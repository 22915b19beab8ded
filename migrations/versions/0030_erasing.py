"""What was said on a call can be erased when its time has come, unless somebody asks to keep it."""

from collections.abc import Mapping

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

_OF_CALL = "call_id IS NOT NULL"
_OF_NO_CALL = "call_id IS NULL AND body_sealed IS NOT NULL"
_WITH_WORDS = "state IN ('closed', 'replayed') AND erased_at IS NULL"
_INDEXES = (
    ("ix_call_with_words", "call", "received_at", _WITH_WORDS),
    ("ix_intake_draft_call", "intake_draft", "call_id", _OF_CALL),
    ("ix_idempotency_key_call", "idempotency_key", "call_id", _OF_CALL),
    ("ix_message_of_no_call", "message", "created_at", _OF_NO_CALL),
    ("ix_inbound_message_of_no_call", "inbound_message", "created_at", _OF_NO_CALL),
)


def upgrade() -> None:
    op.create_table(
        "preservation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("why_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_preservation_call_id"),
        sa.PrimaryKeyConstraint("id", name="pk_preservation"),
        if_not_exists=True,
    )
    op.create_index("ix_preservation_call_id", "preservation", ["call_id"], if_not_exists=True)
    stands = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_preservation",
        "preservation",
        ["call_id"],
        unique=True,
        sqlite_where=stands,
        postgresql_where=stands,
        if_not_exists=True,
    )
    if op.get_bind().dialect.name != "postgresql":
        op.add_column("call", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
        _make({})
        return
    # While calls are taken, however long it lasts: what broke off is begun anew.
    op.execute("ALTER TABLE call ADD COLUMN IF NOT EXISTS erased_at TIMESTAMP WITH TIME ZONE")
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("SET lock_timeout = 0")
        _drop({"postgresql_concurrently": True})
        _make({"postgresql_concurrently": True})


def downgrade() -> None:
    _drop({})
    op.drop_column("call", "erased_at")
    op.drop_table("preservation")


def _make(how: Mapping[str, bool]) -> None:
    for name, table, column, where in _INDEXES:
        which = sa.text(where)
        op.create_index(name, table, [column], sqlite_where=which, postgresql_where=which, **how)


def _drop(how: Mapping[str, bool]) -> None:
    for name, table, _, _ in _INDEXES:
        op.drop_index(name, table_name=table, if_exists=True, **how)
