"""Which environment a database belongs to, so that a copy elsewhere texts nobody."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("deployment", sa.Column("environment", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("deployment", "environment")
