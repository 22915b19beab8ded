"""The number of somebody beside the caller may be corrected: those that stood before are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.add_column(
        "call_third_party", sa.Column("former_phones_sealed", sa.LargeBinary(), nullable=True)
    )


def downgrade() -> None:
    op.drop_column("call_third_party", "former_phones_sealed")
