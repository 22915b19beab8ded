"""Caller and person in crisis apart, the place that was found beside the one that was said, and
the answers of a form that an undo goes back to."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

_CALLER = {
    "relation": sa.String,
    "language": sa.String,
    "interpreter": sa.Boolean,
    "call_back": sa.JSON,
}
_CALL = {"found_sealed": sa.LargeBinary, "found_index": sa.LargeBinary, "match": sa.String}


def upgrade() -> None:
    for table, columns in (("caller", _CALLER), ("call", _CALL)):
        for name, kind in columns.items():
            op.add_column(table, sa.Column(name, kind(), nullable=True))
    op.create_index("ix_call_found_index", "call", ["found_index"])
    op.add_column("intake_draft", sa.Column("before_sealed", sa.LargeBinary(), nullable=True))
    op.create_table(
        "call_subject",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("about_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("age", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=True),
        sa.Column("interpreter", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_call_subject_call_id_call"),
        sa.PrimaryKeyConstraint("id", name="pk_call_subject"),
        sa.UniqueConstraint("call_id", name="uq_call_subject_call_id"),
    )


def downgrade() -> None:
    op.drop_table("call_subject")
    op.drop_column("intake_draft", "before_sealed")
    op.drop_index("ix_call_found_index", "call")
    for table, columns in (("caller", _CALLER), ("call", _CALL)):
        for name in columns:
            op.drop_column(table, name)
