"""Why nobody is left to ask for a dispatch."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("dispatch", sa.Column("cause", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("dispatch", "cause")
