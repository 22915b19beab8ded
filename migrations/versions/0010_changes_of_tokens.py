"""Changes of API tokens are counted too, so that processes can keep who holds which."""

from alembic import op

revision = "0010"
down_revision = "0009"

_CHANGES = ("insert", "update", "delete")
_RAISE = "UPDATE revision SET number = number + 1"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in _CHANGES:
            op.execute(
                f"CREATE TRIGGER revise_api_token_{change} AFTER {change} ON api_token"
                f" BEGIN {_RAISE}; END"
            )
        return
    op.execute(
        "CREATE CONSTRAINT TRIGGER revise_api_token AFTER INSERT OR UPDATE OR DELETE"
        " ON api_token DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION revise()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for change in _CHANGES:
            op.execute(f"DROP TRIGGER revise_api_token_{change}")
    else:
        op.execute("DROP TRIGGER revise_api_token ON api_token")
