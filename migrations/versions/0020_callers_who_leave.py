"""A second caller who turns out to ring about something else, and what they answered."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.add_column("caller", sa.Column("own_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("caller", sa.Column("left_for_id", sa.Uuid(), nullable=True))
    op.add_column("answer", sa.Column("caller_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    op.drop_column("answer", "caller_id")
    op.drop_column("caller", "left_for_id")
    op.drop_column("caller", "own_sealed")
