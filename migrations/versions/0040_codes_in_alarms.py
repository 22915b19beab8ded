"""Which code stood in the text that raised an alarm, be it of a call of theirs or of none."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0038"


def upgrade() -> None:
    op.add_column("alarm", sa.Column("written_code", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("alarm", "written_code")
