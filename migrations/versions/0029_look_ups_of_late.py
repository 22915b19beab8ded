"""Places, numbers and codes are looked up for the last months, and forms that were not saved by
whose they are: each by an index that replaces one which had all there ever were."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

_NEW = (
    ("ix_call_code_given", "call", ["code", "created_at"], None),
    ("ix_call_location", "call", ["location_index", "received_at"], "location_index IS NOT NULL"),
    ("ix_call_found", "call", ["found_index", "received_at"], "found_index IS NOT NULL"),
    ("ix_caller_phone", "caller", ["phone_index", "created_at"], "phone_index IS NOT NULL"),
    ("ix_intake_draft_unsaved", "intake_draft", ["account_id"], "call_id IS NULL"),
)
_GONE = (
    ("ix_call_code", "call", ["code"], None),
    ("ix_call_location_index", "call", ["location_index"], None),
    ("ix_call_found_index", "call", ["found_index"], None),
    ("ix_caller_phone_index", "caller", ["phone_index"], None),
    ("ix_intake_draft_account_id", "intake_draft", ["account_id"], None),
)
Indexes = Sequence[tuple[str, str, Sequence[str], str | None]]


def upgrade() -> None:
    _change(made=_NEW, dropped=_GONE)


def downgrade() -> None:
    _change(made=_GONE, dropped=_NEW)


def _change(made: Indexes, dropped: Indexes) -> None:
    """On PostgreSQL while calls are taken, however long it lasts: what broke off is begun anew."""
    if op.get_bind().dialect.name != "postgresql":
        _make(made, {})
        _drop(dropped, {})
        return
    with op.get_context().autocommit_block():
        op.execute("SET statement_timeout = 0")
        op.execute("SET lock_timeout = 0")
        _drop(made, {"postgresql_concurrently": True})
        _make(made, {"postgresql_concurrently": True})
        _drop(dropped, {"postgresql_concurrently": True})


def _make(indexes: Indexes, how: Mapping[str, bool]) -> None:
    for name, table, columns, where in indexes:
        which = None if where is None else sa.text(where)
        op.create_index(name, table, columns, sqlite_where=which, postgresql_where=which, **how)


def _drop(indexes: Indexes, how: Mapping[str, bool]) -> None:
    for name, table, _, _ in indexes:
        op.drop_index(name, table_name=table, if_exists=True, **how)
