"""A number that counts the changes of what every call asks for, so that processes can keep it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_COUNTED = (
    "team",
    "responder",
    "shift",
    "suspension",
    "publication",
    "rule_set_version",
    "answer_habits",
    "escalation_policy",
)
_CHANGES = ("insert", "update", "delete")
_RAISE = "UPDATE revision SET number = number + 1"


def upgrade() -> None:
    table = op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )
    op.bulk_insert(table, [{"id": 1, "number": 1}])
    if op.get_bind().dialect.name == "sqlite":
        for counted in _COUNTED:
            for change in _CHANGES:
                op.execute(
                    f"CREATE TRIGGER revise_{counted}_{change} AFTER {change} ON {counted}"
                    f" BEGIN {_RAISE}; END"
                )
        return
    op.execute(
        "CREATE FUNCTION revise() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {_RAISE}; RETURN NULL; END $$"
    )
    for counted in _COUNTED:
        # At the commit: whoever changes a roster must not keep the next one from it meanwhile,
        # nor stand in a lock that closes a circle.
        op.execute(
            f"CREATE CONSTRAINT TRIGGER revise_{counted} AFTER INSERT OR UPDATE OR DELETE"
            f" ON {counted} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION revise()"
        )


def downgrade() -> None:
    for counted in _COUNTED:
        if op.get_bind().dialect.name == "sqlite":
            for change in _CHANGES:
                op.execute(f"DROP TRIGGER revise_{counted}_{change}")
        else:
            op.execute(f"DROP TRIGGER revise_{counted} ON {counted}")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION revise()")
    op.drop_table("revision")
