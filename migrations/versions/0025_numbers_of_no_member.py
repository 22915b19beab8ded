"""Telephones of the desk and of partners are verified: partners' that there are, from now on."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from uuid_utils.compat import uuid7

revision = "0025"
down_revision = "0024"

_PARTNER = sa.table("partner", sa.column("phone_index"), sa.column("retired_at"))


def upgrade() -> None:
    verified = op.create_table(
        "verified_number",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_verified_number"),
        sa.UniqueConstraint("phone_index", name="uq_verified_number_phone_index"),
    )
    in_use = sa.select(_PARTNER.c.phone_index).where(
        _PARTNER.c.retired_at.is_(None), _PARTNER.c.phone_index.is_not(None)
    )
    now = datetime.now(UTC)
    rows = [
        {
            "id": uuid7(),
            "created_at": now,
            "version": 1,
            "phone_index": index,
            "how": "carried_over",
        }
        for index in op.get_bind().scalars(in_use.distinct())
    ]
    if rows:
        op.bulk_insert(verified, rows)


def downgrade() -> None:
    op.drop_table("verified_number")
