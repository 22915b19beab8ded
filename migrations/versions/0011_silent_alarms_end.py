"""A silent alarm lasts until somebody says that it is over. Its changes are counted, so that
processes can keep whom nothing may ring or text."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_CHANGES = ("insert", "update", "delete")
_RAISE = "UPDATE revision SET number = number + 1"
_IN_FORCE = sa.text("over_at IS NULL")


def upgrade() -> None:
    op.add_column("alarm", sa.Column("over_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("alarm", sa.Column("over_by", sa.String(), nullable=True))
    op.execute("UPDATE alarm SET over_at = taken_at, over_by = taken_by WHERE taken_at IS NOT NULL")
    op.create_index(
        "ix_alarm_in_force",
        "alarm",
        ["kind"],
        sqlite_where=_IN_FORCE,
        postgresql_where=_IN_FORCE,
    )
    if op.get_bind().dialect.name == "sqlite":
        for change in _CHANGES:
            op.execute(
                f"CREATE TRIGGER revise_alarm_{change} AFTER {change} ON alarm BEGIN {_RAISE}; END"
            )
        return
    op.execute(
        "CREATE CONSTRAINT TRIGGER revise_alarm AFTER INSERT OR UPDATE OR DELETE"
        " ON alarm DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION revise()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in _CHANGES:
            op.execute(f"DROP TRIGGER revise_alarm_{change}")
    else:
        op.execute("DROP TRIGGER revise_alarm ON alarm")
    op.drop_index("ix_alarm_in_force", "alarm")
    op.drop_column("alarm", "over_by")
    op.drop_column("alarm", "over_at")
