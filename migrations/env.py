"""Alembic, run from the code: `triage db upgrade`. The engine is handed over, never read here."""

from alembic import context
from sqlalchemy import Enum, Uuid
from sqlalchemy.engine import Connection

from triage.storage import models
from triage.storage.base import UtcDateTime


def _render(kind: str, value: object, autogen: object) -> str | bool:
    # History outlives our names: our own types are written as plain SQLAlchemy ones.
    if kind == "type" and isinstance(value, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(value, Enum):
        return f"sa.String({value.length})"
    if kind == "type" and isinstance(value, Uuid):
        return "sa.Uuid()"
    return False


connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=models.Base.metadata,
    render_as_batch=True,
    render_item=_render,
    transaction_per_migration=True,
    transactional_ddl=True,
    compare_type=lambda *_: None,
)
with context.begin_transaction():
    context.run_migrations()
