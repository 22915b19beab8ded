"""Figures are read on a real streaming standby: how old they are is said, and where it does not
answer nobody else is asked."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from sqlalchemy import insert, text

from tests.faults.workers import until
from tests.query_plans import heard
from tests.servers import Missing, PostgresPair, missing, start_pair
from tests.stories.test_alarms import words
from tests.stories.test_figures import today
from tests.typical_calls import CALM
from tests.world import World, make_world, prepared_template
from triage.entrypoints.commands.watching import doctor
from triage.services import figures
from triage.storage.figures import DailyFigure
from triage.storage.standby import Standby, StandbyAway

HERE = "/figures"
ANSWERS_WITHIN_S = 6.0


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[PostgresPair]:
    try:
        made = start_pair(tmp_path)
    except Missing as reason:
        missing(reason)
    yield made
    made.standby.stop(crash=True)
    made.primary.remove()


@pytest.fixture
def world(pair: PostgresPair, tmp_path: Path) -> Iterator[World]:
    """Of a centre that reads figures on its standby, of which today is counted as if it were
    over."""
    pair.primary.create("centre")
    url = pair.url("centre")
    prepared_template(url)
    with make_world(url, tmp_path) as world:
        world.ignores_texts("another story")
        hosts = url.partition("?")[2].replace("read-write", "any")
        standby = Standby(f"postgresql+psycopg://postgres@/centre?{hosts}")
        world.context = replace(world.context, standby=standby)
        world.call(CALM)
        count_today(world)
        yield world
        standby.engine.dispose()


def count_today(world: World) -> None:
    world.context.do("test", lambda uow: figures.roll(uow, world.centre, today(world)))


def has_caught_up(pair: PostgresPair) -> bool:
    behind = (
        "SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)) FROM pg_stat_replication"
    )
    return pair.primary.ask(behind) == 0


def no_commit_waits(pair: PostgresPair) -> None:
    """For a standby that will not be there."""
    pair.primary.ask("ALTER SYSTEM RESET synchronous_standby_names")
    pair.primary.ask("SELECT pg_reload_conf()")


def test_the_page_is_as_old_as_the_standby_and_says_so(pair: PostgresPair, world: World) -> None:
    boss = world.client("supervisor")
    until(lambda: has_caught_up(pair), 20)
    assert "1 call came in" in words(boss, HERE)
    pair.standby.ask("SELECT pg_wal_replay_pause()")
    world.call(CALM)
    count_today(world)
    time.sleep(1.5)

    with heard(world.context.database.engine) as log:
        page = words(boss, HERE)

    assert "1 call came in" in page
    assert "Read on a standby, which is " in page
    assert "which is 0 s behind" not in page
    assert not [sql for sql in log.statements if "daily_figure" in sql or "rolled_day" in sql]
    pair.standby.ask("SELECT pg_wal_replay_resume()")
    until(lambda: has_caught_up(pair), 20)
    assert "2 calls came in" in words(boss, HERE)


def test_where_it_does_not_answer_that_is_said_and_nobody_else_is_asked(
    pair: PostgresPair, world: World
) -> None:
    boss = world.client("supervisor")
    until(lambda: has_caught_up(pair), 20)
    assert boss.get(HERE).status_code == 200
    no_commit_waits(pair)
    pair.standby.stop()

    began = time.monotonic()
    with heard(world.context.database.engine) as log:
        answer = boss.get(HERE)
    assert time.monotonic() - began < ANSWERS_WITHIN_S

    assert answer.status_code == 503
    assert "does not answer. They are read nowhere else" in answer.text
    assert not [sql for sql in log.statements if "daily_figure" in sql or "rolled_day" in sql]
    assert boss.get("/board").status_code == 200
    assert "figures: CANNOT BE READ" in asked_doctor(world)
    pair.standby.start()
    until(lambda: has_caught_up(pair), 20)
    assert boss.get(HERE).status_code == 200
    assert "figures: read on a standby, " in asked_doctor(world)


def asked_doctor(world: World) -> str:
    """As `triage doctor` says it."""
    tools = SimpleNamespace(context=lambda: world.context, check_authorities=lambda _: None)
    return CliRunner().invoke(doctor, [], obj=tools).output


def test_nothing_is_written_there_and_after_a_switch_over_the_new_standby_is_read(
    pair: PostgresPair, world: World
) -> None:
    standby = world.context.standby
    assert standby is not None
    until(lambda: has_caught_up(pair), 20)
    row = {"day": today(world), "figure": "calls", "of": "x", "by": "", "count": 1}
    with pytest.raises(StandbyAway), standby.reading() as reading:
        reading.session.execute(insert(DailyFigure), row)
    assert not hasattr(reading, "add"), "what it hands out is no unit of work"
    before = port_of(standby)

    pair.switch_over()

    until(lambda: has_caught_up(pair), 20)
    assert port_of(standby) != before
    no_commit_waits(pair)
    pair.standby.stop()
    with pytest.raises(StandbyAway), standby.reading():
        pass


def port_of(standby: Standby) -> int:
    with standby.reading() as reading:
        assert reading.session.scalar(text("SHOW transaction_read_only")) == "on"
        port = reading.session.scalar(text("SELECT inet_server_port()"))
        assert isinstance(port, int)
        return port
