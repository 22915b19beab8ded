"""Two calls come in at the same instant, and one team is the best for both."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import select

from tests.typical_calls import UNARMED
from tests.world import World
from triage.services import availability
from triage.storage.calls import Call
from triage.storage.dispatches import Page
from triage.storage.teams import Team


@pytest.fixture(autouse=True)
def _two_can_write(world: World) -> None:
    if world.context.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer: nobody meets anybody")


def asked(world: World, call: Call) -> list[str]:
    with world.context.reading() as uow:
        pages = uow.session.scalars(select(Page).order_by(Page.created_at)).all()
        return [p.team.name for p in pages if p.slot.dispatch.call_id == call.id]


class AnotherCall:
    """Another call that is just asking this team, and takes its time."""

    def __init__(self, world: World, team: str) -> None:
        self._asking, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._ask, args=(world, team))
        self._thread.start()
        assert self._asking.wait(5)

    def _ask(self, world: World, team: str) -> None:
        with world.context.unit_of_work("another call") as uow:
            option = next(o for o in availability.team_options(uow, None) if o.name == team)
            assert availability.hold(uow, option, ("clinician",), wait=True)
            self._asking.set()
            self._over.wait(10)

    def is_over(self) -> None:
        self._over.set()
        self._thread.join()


def test_a_call_does_not_stand_in_line_where_another_team_is_as_good(world: World) -> None:
    _, second, _ = [world.team(name)[0] for name in ("MCT 1", "MCT 2", "MCT 3")]
    another = AnotherCall(world, "MCT 1")

    call = world.call(UNARMED)

    another.is_over()
    assert asked(world, call) == ["MCT 2"]
    second.expect("Reply")


def test_where_only_that_team_can_come_the_call_waits_for_it(world: World) -> None:
    (phone,) = world.team("MCT 1")
    another = AnotherCall(world, "MCT 1")
    threading.Timer(0.5, another.is_over).start()
    began = time.monotonic()

    call = world.call(UNARMED)

    assert time.monotonic() - began >= 0.4
    assert asked(world, call) == ["MCT 1"]
    phone.expect("Reply")


def test_a_team_that_is_better_by_more_than_one_call_is_waited_for(world: World) -> None:
    world.ignores_texts("who has which of the first two calls is no matter")
    world.team("MCT 1", calls_at_once=9)
    world.team("MCT 2", calls_at_once=9)
    assert {*asked(world, world.call(UNARMED)), *asked(world, world.call(UNARMED))} == {
        "MCT 1",
        "MCT 2",
    }
    with world.context.unit_of_work("test") as uow:
        here = uow.session.scalars(select(Team).where(Team.name == "MCT 2")).one()
        here.zones = ["Downtown"]
    another = AnotherCall(world, "MCT 2")
    threading.Timer(0.5, another.is_over).start()

    call = world.call(UNARMED, zone="Downtown")

    assert asked(world, call) == ["MCT 2"]
