"""What the tests stand on: both databases, and a world to act in."""

import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers import Missing, PostgresServer, missing, start_postgresql
from tests.twilio_double import Twilio, start_twilio
from tests.world import World, make_world, prepared_template

settings.register_profile("untimed", deadline=None)  # speed is measured elsewhere
settings.load_profile("untimed")

SAMPLE = os.environ.get("STORY_SAMPLE", "")
"""The seed by which stories are spread over the databases; without one, all run on both."""
SAMPLED = ("stories/*.py", "browser/*.py")
EACH_ON_BOTH = 10
"""Of so many sampled stories one runs on both databases all the same."""
PART = os.environ.get("STORY_PART", "")
"""`1`: half of the slow ones, by the same seed, and all others; `2`: the other half alone."""
SLOW = (
    "browser/*.py",
    "faults/test_database_is_away.py",
    "faults/test_file_is_another.py",
    "faults/test_log_is_full.py",
    "faults/test_no_*_left.py",
    "faults/test_one_clock.py",
    "faults/test_somebody_holds_locks.py",
    "faults/test_worker_is_*.py",
    "stories/test_copies_and_watcher.py",
    "stories/test_demo.py",
    "stories/test_downtime_paper.py",
    "stories/test_lived_year.py",
    "stories/test_operating.py",
    "stories/test_outage.py",
    "stories/test_phone_trials.py",
    "stories/test_splits.py",
    "stories/test_who_comes.py",
)
"""They start browsers and whole services, and take two thirds of the time."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A sample leaves out one of the databases of a story, and a part half of what is slow."""
    twice = defaultdict(list)
    for item in items if SAMPLE else ():
        drawn = getattr(item, "callspec", None)
        if drawn and "database_url" in drawn.params and any(map(item.path.match, SAMPLED)):
            twice[item.nodeid.replace(drawn.params["database_url"], "")].append(item)
    left = [leave_out(story, both) for story, both in twice.items() if len(both) > 1]
    out = {item for item in left if item}
    out |= {item for item in items if PART and not is_in_part(item)}
    config.hook.pytest_deselected(items=[*out])
    items[:] = [item for item in items if item not in out]


def leave_out(story: str, both: list[pytest.Item]) -> pytest.Item | None:
    chance = drawn_for(story)
    return both[chance % 2] if chance // 2 % EACH_ON_BOTH else None


def is_in_part(item: pytest.Item) -> bool:
    if not any(map(item.path.match, SLOW)):
        return PART == "1"
    return drawn_for(f"part {item.nodeid}") % 2 == int(PART) - 1


def drawn_for(story: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{SAMPLE} {story}".encode()).digest()[:4])


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own, with a migrated template to copy."""
    try:
        server = start_postgresql(tmp_path_factory.mktemp("postgresql"))
    except Missing as reason:
        missing(str(reason))
    server.create("template_triage")
    prepared_template(server.url("template_triage"))
    yield server
    server.remove()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    prepared_template(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database of each kind, gone after the test: thousands fill a disk."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        file = tmp_path / "triage.sqlite"
        shutil.copy(template, file)
        yield f"sqlite:///{file}"
        file.unlink(missing_ok=True)
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    name = f"t_{abs(hash(request.node.nodeid)):x}"
    server.create(name, template="template_triage")
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A centre without teams, on its own database, with a phone network of the test's."""
    with make_world(database_url, tmp_path) as made:
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """A text or a ring that nobody expected fails the test, and so does one that is still owed."""
    done = yield
    world = pyfuncitem.funcargs.get("world")
    if isinstance(world, World):
        world.expect_silence()
    return done


@pytest.fixture
def another_world(world: World, database_url: str, tmp_path: Path) -> Callable[[], World]:
    """A second process's view of the same database, and of the same telephone network."""
    return lambda: World.open(database_url, tmp_path, world.phones)


@pytest.fixture(scope="module")
def running_twilio() -> Iterator[Twilio]:
    twilio = start_twilio()
    yield twilio
    twilio.stop()


@pytest.fixture
def twilio(running_twilio: Twilio) -> Twilio:
    """The double of the carrier, which knows of nothing that was before."""
    running_twilio.reset()
    return running_twilio
