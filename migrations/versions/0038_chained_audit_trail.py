"""Lines of the audit trail are links of chains, so that nobody changes them unseen."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

CHAINS = 64
"""More than units of work are under way at once; SQLite has one."""


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("chain", sa.SmallInteger(), nullable=True))
    op.add_column("audit_entry", sa.Column("seq", sa.BigInteger(), nullable=True))
    op.add_column("audit_entry", sa.Column("seal", sa.LargeBinary(), nullable=True))
    chains = op.create_table(
        "audit_chain",
        sa.Column("chain", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("chain", name="pk_audit_chain"),
    )
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if not on_sqlite:  # its rows change all the time: room for their next versions on the same page
        op.execute("ALTER TABLE audit_chain SET (fillfactor = 20)")
    empty = {"seq": 0, "seal": b"", "entry_id": None}
    op.bulk_insert(
        chains, [{"chain": number, **empty} for number in range(1 if on_sqlite else CHAINS)]
    )


def downgrade() -> None:
    op.drop_table("audit_chain")
    op.drop_column("audit_entry", "seal")
    op.drop_column("audit_entry", "seq")
    op.drop_column("audit_entry", "chain")
