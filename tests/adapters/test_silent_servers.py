"""Who looks after connections lets those alone that answer late for a reason."""

import pytest
from sqlalchemy import Engine, text

from tests.world import World
from triage.storage import silent_servers


@pytest.fixture
def engine(world: World) -> Engine:
    engine = world.context.database.engine
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite is a file")
    return engine


@pytest.mark.slow
def test_a_statement_of_an_upgrade_may_take_as_long_as_it_takes(engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(text("SET statement_timeout = 0"))
        silent_servers.leave(connection.connection.driver_connection)
        connection.execute(text(f"SELECT pg_sleep({silent_servers.SILENT_S + 2})"))


@pytest.mark.slow
def test_statement_after_statement_that_is_answered_is_no_silence(engine: Engine) -> None:
    with engine.connect() as connection:
        for _ in range(5):
            connection.execute(text("SELECT pg_sleep(2)"))
