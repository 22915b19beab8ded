"""Tables are upgraded while others work with them."""

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from tests.world import World
from triage.app import check_database, prepare
from triage.context import AppContext
from triage.settings import SettingsError
from triage.storage import migration

FREE_AFTER_S = {"postgresql": 3.0, "sqlite": 7.0}
"""Longer than an upgrade waits before it steps back."""
HOLDS = {
    "postgresql": ("BEGIN", "LOCK TABLE call IN ROW EXCLUSIVE MODE"),
    "sqlite": ("BEGIN IMMEDIATE",),
}
BEFORE = "0029"


def hold(engine: Engine, held: threading.Event) -> None:
    kind = engine.dialect.name
    with engine.connect() as connection:
        for statement in HOLDS[kind]:
            connection.exec_driver_sql(statement)
        held.set()
        time.sleep(FREE_AFTER_S[kind])


def test_an_upgrade_steps_back_from_a_table_in_use_and_is_done_when_it_is_free(
    world: World,
) -> None:
    engine = world.context.database.engine
    migration.downgrade(engine, BEFORE)
    held = threading.Event()
    holder = threading.Thread(target=hold, args=[engine, held])
    holder.start()
    assert held.wait(10)

    migration.upgrade(engine)

    holder.join()
    assert migration.revision_of(engine) == migration.newest_revision()
    assert migration.differences(engine) == []


def test_who_still_serves_is_ready_on_tables_of_the_next_release_and_not_on_old_ones(
    world: World,
) -> None:
    engine, browser = world.context.database.engine, world.client()
    assert browser.get("/readyz").status_code == 200

    for revision, status in (("9999", 200), (BEFORE, 503)):
        with engine.begin() as connection:
            moved = text("UPDATE alembic_version SET version_num = :revision")
            connection.execute(moved, {"revision": revision})
        assert browser.get("/readyz").status_code == status


@pytest.mark.parametrize("begin", [check_database, prepare])
def test_no_release_begins_on_tables_of_a_later_one(
    world: World, begin: Callable[[AppContext], None]
) -> None:
    with world.context.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(SettingsError, match="of a later release than this one"):
        begin(world.context)
