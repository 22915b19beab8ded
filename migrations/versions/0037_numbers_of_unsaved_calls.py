"""By which number the caller of an unsaved call rings, to be found by whoever takes the same."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

UNSAVED = sa.text("call_id IS NULL AND form_sealed IS NOT NULL")


def upgrade() -> None:
    op.add_column("intake_draft", sa.Column("phone_index", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_intake_draft_phone",
        "intake_draft",
        ["phone_index"],
        postgresql_where=UNSAVED,
        sqlite_where=UNSAVED,
    )


def downgrade() -> None:
    op.drop_index("ix_intake_draft_phone", "intake_draft")
    op.drop_column("intake_draft", "phone_index")
