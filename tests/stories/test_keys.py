"""The key that encrypts is missing, wrong or withdrawn: nobody works on with it unawares, what it
encrypted says so in words, and nothing is ever written as plain text instead."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from tests.stories.test_operating import TRIAGE
from tests.world import INDEX_KEY, KEY, World, environment
from triage.app import check_database
from triage.domain.keys import KeyRing, read_keys
from triage.services import calls, closing
from triage.settings import SettingsError
from triage.storage import sealed

OTHER = "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="
NEW = f"new1:{OTHER}"
SAID = "the canary does not sing"
NOT_DECRYPTED = "What was saved here cannot be decrypted"

Starts = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def starts(database_url: str, tmp_path: Path) -> Starts:
    """A process of the service, with other settings than the test's."""

    def start(*command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*TRIAGE, *command],
            env=os.environ | environment(database_url, tmp_path) | more,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return start


def use(*data_keys: str) -> None:
    """As if the process had been started with these; the next world has its own again."""
    index_key = next(iter(read_keys(INDEX_KEY).values()))
    sealed.use_keys(KeyRing(read_keys(",".join(data_keys)), index_key))


def stands_in_clear(world: World, words: str) -> bool:
    engine = world.context.database.engine
    with engine.connect() as connection:
        rows = [
            row
            for table in inspect(engine).get_table_names()
            for row in connection.execute(text(f'SELECT * FROM "{table}"'))
        ]
    return any(
        words in (value.decode("latin-1") if isinstance(value, bytes) else str(value))
        for row in rows
        for value in row
    )


@pytest.mark.parametrize(
    ("command", "key"),
    [("serve", ""), ("watch", "test1"), ("worker", "test1:AAAA"), ("worker", f"test1:{OTHER}!")],
)
def test_without_a_key_that_is_one_nothing_starts(tmp_path: Path, command: str, key: str) -> None:
    file = tmp_path / "triage.sqlite"
    told = subprocess.run(
        [sys.executable, "-m", "triage.entrypoints.cli", command],
        env=os.environ | environment(f"sqlite:///{file}", tmp_path) | {"TRIAGE_DATA_KEY": key},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert told.returncode == 1
    assert "TRIAGE_DATA_KEY" in told.stderr
    assert "Traceback" not in told.stderr
    assert not file.exists()


def test_another_key_of_the_same_name_is_refused(world: World, starts: Starts) -> None:
    world.account("dispatcher")

    told = starts("calls", TRIAGE_DATA_KEY=f"test1:{OTHER}")

    assert told.returncode == 1
    assert "the key test1 in TRIAGE_DATA_KEY is another than the test1 with which" in told.stderr
    assert "Traceback" not in told.stderr
    assert starts("calls").returncode == 0


@pytest.mark.parametrize("needed_by", ["somebody who signs in", "a team", "an open call"])
def test_a_key_that_people_teams_or_open_calls_need_cannot_be_withdrawn(
    world: World, starts: Starts, needed_by: str
) -> None:
    if needed_by == "somebody who signs in":
        world.account("dispatcher")
    elif needed_by == "a team":
        world.team("MCT 1")
    else:
        world.ignores_texts("nobody is there to come")
        world.call({"problem_type": "welfare_check"}, location="Pier 3")

    told = starts("calls", TRIAGE_DATA_KEY=NEW)

    assert told.returncode == 1
    assert "TRIAGE_DATA_KEY lacks the key test1" in told.stderr
    assert "put it back, behind the one that is to encrypt" in told.stderr
    assert starts("calls", TRIAGE_DATA_KEY=f"{NEW},{KEY}").returncode == 0


def test_one_value_that_was_altered_does_not_keep_the_service_from_starting(
    world: World, starts: Starts
) -> None:
    for role in ("dispatcher", "supervisor"):
        world.account(role)
    with world.context.database.engine.begin() as connection:
        connection.execute(
            text("UPDATE account SET name_sealed = :other WHERE username = 'test-dispatcher'"),
            {"other": bytes([1, 5]) + b"test1" + bytes(40)},
        )

    assert starts("calls").returncode == 0


def test_a_closed_call_of_a_withdrawn_key_says_so_and_nothing_else_is_held_up(
    world: World,
) -> None:
    use(KEY)
    old = world.call(
        {"problem_type": "welfare_check", "weapon": "none_seen"}, narrative=SAID, location="Pier 3"
    )
    world.ignores_texts("who comes is beside the point")
    with world.context.unit_of_work("test") as uow:
        closing.close_call(
            uow, world.centre, calls.by_reference(uow, old.reference), "wrong_number", None
        )
    use(NEW)
    check_database(world.context)
    browser, token = world.client("dispatcher"), world.token("calls:read")

    page = browser.get(f"/calls/{old.reference}")
    read = world.app.test_client().get(
        f"/api/v1/calls/{old.reference}", headers={"Authorization": f"Bearer {token}"}
    )

    assert page.status_code == 503
    assert NOT_DECRYPTED in page.get_data(as_text=True)
    assert "Retry-After" not in page.headers
    assert read.status_code == 200
    assert {"call.location", "assessment.result"} <= set(read.json["unreadable"])
    assert read.json["location"] is None
    for path in ("/board", "/intake", "/watch", "/follow-ups"):
        assert browser.get(path).status_code == 200, path
    new = world.call({"problem_type": "welfare_check"}, narrative=SAID, location="Pier 3")
    assert browser.get(f"/calls/{new.reference}").status_code == 200
    world.wait(hours=1)
    assert not stands_in_clear(world, "canary")

    use(NEW, KEY)
    assert SAID in browser.get(f"/calls/{old.reference}").get_data(as_text=True)


def test_with_no_key_at_all_nothing_is_written(world: World) -> None:
    sealed.use_keys(KeyRing({}, b"i" * 32))

    with pytest.raises(StopIteration):
        world.call({"problem_type": "welfare_check"}, narrative=SAID)

    assert not stands_in_clear(world, "canary")
    use(KEY)
    with world.context.reading() as uow:
        assert uow.session.execute(text("SELECT count(*) FROM call")).scalar() == 0


def test_settings_that_lack_the_key_are_told_by_the_check_itself(world: World) -> None:
    world.account("dispatcher")
    use(NEW)

    with pytest.raises(SettingsError, match="lacks the key test1"):
        check_database(world.context)
