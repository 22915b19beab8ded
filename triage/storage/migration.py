"""Bringing the tables up to date."""

from pathlib import Path
from warnings import catch_warnings, filterwarnings

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event

from triage.storage import models

FOLDER = Path(__file__).resolve().parents[2] / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def _run(engine: Engine, step: str, revision: str) -> None:
    config = _config()
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # Rebuilt tables must keep their children; within a transaction it is too late.
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            event.listen(connection, "begin", _begin)
        config.attributes["connection"] = connection
        getattr(command, step)(config, revision)
    engine.dispose()


def _begin(connection: Connection) -> None:
    """The driver would commit each change of a table by itself: killed half way, an upgrade would
    leave tables of no release."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def upgrade(engine: Engine, revision: str = "head") -> None:
    _run(engine, "upgrade", revision)


def downgrade(engine: Engine, revision: str) -> None:
    _run(engine, "downgrade", revision)


def newest_revision() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def revision_of(engine: Engine) -> str | None:
    """The revision that the database has, or None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def differences(engine: Engine) -> list[object]:
    """What the tables lack or have too much of, beside the models; empty when they agree."""
    with engine.connect() as connection, catch_warnings():
        # SQLite does not tell of which expression an index is, so nothing is compared there.
        filterwarnings("ignore", "(Skipped|autogenerate skipping).* expression-based index")
        context = MigrationContext.configure(connection)
        found: list[object] = compare_metadata(context, models.Base.metadata)
        return found
