"""How long a caller waits and which team may be diverted can be said by an escalation policy."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

COLUMNS = ("call_back_min", "divert_ranks")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("escalation_policy", sa.Column(name, sa.Integer(), nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("escalation_policy", name)
