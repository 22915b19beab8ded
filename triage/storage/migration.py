"""Bringing the tables up to date."""

import time
from functools import cache
from pathlib import Path
from warnings import catch_warnings, filterwarnings

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError

from triage.domain.errors import TriageError
from triage.storage import models, silent_servers

TRIES = 30
STEPS_BACK_S = 1.0
_BEGINS = {
    "sqlite": "BEGIN IMMEDIATE",
    # Whoever waits for a whole table keeps everybody from it who comes later.
    "postgresql": "SET LOCAL lock_timeout = '1s'",
}
_IN_USE = {"55P03", "40P01"}
"""SQLSTATEs: waited in vain for a lock; each waited for the other."""
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
        else:
            silent_servers.leave(connection.connection.driver_connection)
        event.listen(connection, "begin", _begin)
        config.attributes["connection"] = connection
        getattr(command, step)(config, revision)
    engine.dispose()


def _begin(connection: Connection) -> None:
    """On SQLite the driver would commit each change of a table by itself: killed half way, an
    upgrade would leave tables of no release."""
    connection.exec_driver_sql(_BEGINS[connection.dialect.name])


def upgrade(engine: Engine, revision: str = "head") -> None:
    """With others at work: it steps back from a table that is in use, and tries again."""
    for _ in range(TRIES):
        try:
            return _run(engine, "upgrade", revision)
        except OperationalError as error:
            if not _is_in_use(error):
                raise
            engine.dispose()
            time.sleep(STEPS_BACK_S)
    raise TriageError(
        "somebody holds a table all the time, so the upgrade is not done; what was done of it"
        " stands: find out who (pg_stat_activity), and run it again"
    )


def _is_in_use(error: OperationalError) -> bool:
    return (
        getattr(error.orig, "sqlstate", None) in _IN_USE or str(error.orig) == "database is locked"
    )


def downgrade(engine: Engine, revision: str) -> None:
    _run(engine, "downgrade", revision)


@cache
def newest_revision() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


@cache
def _known() -> frozenset[str]:
    return frozenset(
        one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()
    )


def fits(revision: str | None) -> bool:
    """Does this release work on these tables? A revision that it has never heard of is that of the
    release after it, whose upgrade takes nothing away that this one uses."""
    return revision == newest_revision() or (revision is not None and not knows(revision))


def knows(revision: str) -> bool:
    return revision in _known()


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
