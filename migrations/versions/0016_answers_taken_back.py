"""An answer of a call that undoes the one before it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("answer", sa.Column("takes_back", sa.Uuid(), nullable=True))
    op.add_column("answer", sa.Column("not_asked", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("answer", "not_asked")
    op.drop_column("answer", "takes_back")
