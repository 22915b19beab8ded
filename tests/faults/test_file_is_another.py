"""Somebody deletes or replaces SQLite's file under a running service: nothing is acknowledged that
would be lost with the process, and no empty database takes its place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from tests.world import World
from triage.storage.calls import Call

TYPED = "He stands on the bridge and does not answer"


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    file = tmp_path / "triage.sqlite"
    file.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{file}"


@pytest.fixture
def world(world: World) -> World:
    world.ignores_texts("nothing can be sent any more: its file is not there")
    return world


def _deleted(file: Path) -> None:
    file.unlink()


def _replaced(file: Path) -> None:
    copy = file.with_name("copy.sqlite")
    shutil.copyfile(file, copy)
    copy.rename(file)


def _log_deleted(file: Path) -> None:
    file.with_name(f"{file.name}-wal").unlink()


def _index_deleted(file: Path) -> None:
    file.with_name(f"{file.name}-shm").unlink()


@pytest.mark.parametrize("befalls", [_deleted, _replaced, _log_deleted, _index_deleted])
def test_nothing_is_acknowledged_that_would_be_lost(
    world: World, tmp_path: Path, befalls: Callable[[Path], None]
) -> None:
    browser = world.client("dispatcher")
    form = {"csrf_token": browser.csrf("/intake"), "form_key": str(uuid4()), "action": "send"}
    form |= {"narrative": TYPED, "location": "Pier 3"}

    befalls(tmp_path / "triage.sqlite")
    answer = browser.client.post("/intake", data=form)

    assert answer.status_code == 503
    assert TYPED in answer.get_data(as_text=True)
    assert browser.client.get("/readyz").status_code == 503


@pytest.mark.parametrize("befalls", [_deleted, _replaced])
def test_a_new_connection_is_no_way_round_it(
    world: World, tmp_path: Path, befalls: Callable[[Path], None]
) -> None:
    file = tmp_path / "triage.sqlite"
    world.call({"problem_type": "welfare_check"})
    befalls(file)
    there = file.exists()
    world.context.database.engine.dispose()

    with pytest.raises(OperationalError, match="restart it"), world.context.reading():
        pass

    assert file.exists() == there  # nor has an empty database taken its place


def test_a_service_that_is_started_again_works_with_what_is_there(
    world: World, tmp_path: Path
) -> None:
    world.call({"problem_type": "welfare_check"})
    world.context.database.engine.dispose()
    _replaced(tmp_path / "triage.sqlite")

    again = World.open(world.context.settings.database_url, tmp_path)

    with again.context.reading() as uow:
        assert uow.session.scalar(select(func.count()).select_from(Call)) == 1
    again.context.database.engine.dispose()
