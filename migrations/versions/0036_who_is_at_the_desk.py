"""When a page of somebody who is signed in was last heard of, and unsaved calls that a colleague
goes on with."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"

UNSAVED = sa.text("call_id IS NULL AND form_sealed IS NOT NULL")


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("intake_draft", sa.Column("taken_from", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_intake_draft_created_at",
        "intake_draft",
        ["created_at"],
        postgresql_where=UNSAVED,
        sqlite_where=UNSAVED,
    )


def downgrade() -> None:
    op.drop_index("ix_intake_draft_created_at", "intake_draft")
    op.drop_column("intake_draft", "taken_from")
    op.drop_column("sign_in", "heard_at")
