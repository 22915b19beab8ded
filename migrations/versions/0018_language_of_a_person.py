"""Each person reads English or Spanish."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("account", sa.Column("language", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("account", "language")
