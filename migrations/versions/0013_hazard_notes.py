"""What is known to be dangerous at a place, or about whoever rings from a number."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_INDEXED = ("expires_at", "phone_index", "place_index")


def upgrade() -> None:
    moment, sealed = sa.DateTime(timezone=True), sa.LargeBinary()
    op.create_table(
        "hazard_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text_sealed", sealed, nullable=True),
        sa.Column("place_sealed", sealed, nullable=True),
        sa.Column("place_index", sealed, nullable=True),
        sa.Column("phone_sealed", sealed, nullable=True),
        sa.Column("phone_index", sealed, nullable=True),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("reviewed_at", moment, nullable=True),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("removed_at", moment, nullable=True),
        sa.Column("removed_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_hazard_note"),
    )
    for column in _INDEXED:
        op.create_index(f"ix_hazard_note_{column}", "hazard_note", [column])


def downgrade() -> None:
    op.drop_table("hazard_note")
