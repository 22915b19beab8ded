"""The judge of schedules finds what nothing will ever move on, whoever lost the step."""

from collections.abc import Callable

import pytest
from sqlalchemy import update

from tests.faults.databases import Database
from tests.faults.invariants import no_next_step
from tests.stories.test_escalation import call_in, supervisor
from tests.world import World
from triage.storage.messages import Message
from triage.storage.timers import Timer


def _is_asked(world: World) -> None:
    world.team("Alpha")
    call_in(world, 1)


def _is_left(world: World) -> None:
    supervisor(world)
    call_in(world, 2)


def _has_charge(world: World) -> None:
    boss = supervisor(world)
    call_in(world, 2)
    boss.text("1")
    boss.expect("you have taken charge")


@pytest.mark.parametrize(
    ("comes_to_be", "lost", "said"),
    [
        (_is_asked, "page_answer", "page open"),
        (_is_left, "escalate", "nobody is alarmed"),
        (_has_charge, "charge_remind", "nobody is alarmed"),
    ],
)
def test_a_step_that_was_lost_is_found_though_others_wait(
    world: World, database_url: str, comes_to_be: Callable[[World], None], lost: str, said: str
) -> None:
    comes_to_be(world)
    database = Database(database_url)
    assert no_next_step(database) == []

    with world.context.unit_of_work("test") as uow:
        waits = (Timer.kind == lost, Timer.state == "waiting")
        uow.session.execute(update(Timer).where(*waits).values(state="cancelled"))

    found = no_next_step(database)
    assert f"no next step: {said}" in found
    assert [what for what in found if what.startswith("the auditor finds")]
    left = database.rows("SELECT kind FROM timer WHERE state = 'waiting'")
    assert ("look_after",) in [tuple(row) for row in left]


def test_a_text_that_is_still_owed_is_a_step(world: World, database_url: str) -> None:
    _is_asked(world)
    with world.context.unit_of_work("test") as uow:
        uow.session.execute(update(Timer).where(Timer.kind == "page_answer").values(state="done"))
        uow.session.execute(update(Message).where(Message.kind == "page").values(state="ready"))
    assert no_next_step(Database(database_url)) == []
