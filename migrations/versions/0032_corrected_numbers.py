"""The number of a caller may be corrected: those that stood before are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.add_column("caller", sa.Column("former_phones_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("caller", "former_phones_sealed")
