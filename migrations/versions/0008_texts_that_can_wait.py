"""How far texts that can wait have used up their share, so that they are ahead of nobody."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("provider_state", sa.Column("later_until", moment, nullable=True))


def downgrade() -> None:
    op.drop_column("provider_state", "later_until")
