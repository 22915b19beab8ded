"""Somebody must leave who has two calls, or whose call is over."""

from __future__ import annotations

import pytest

from tests.stories.test_calls import CALM
from tests.world import World
from triage.services import dispatches
from triage.storage.dispatches import Dispatch


def test_who_is_on_scene_and_has_another_call_leaves_the_scene_without_being_asked(
    world: World,
) -> None:
    (phone,) = world.team("CIT 1", calls_at_once=2)
    here, next_one = world.call(CALM), world.call(CALM)
    phone.text(f"{here.code} 1")
    phone.text(f"{here.code} SCENE")
    phone.text(f"{next_one.code} 1")

    phone.text("UNSAFE")

    phone.expect(f"{here.code}: you are withdrawn")
    assert world.audited("slot.withdrawn") == 1


@pytest.mark.parametrize("said", ["UNSAFE", "SCENE"])
def test_who_was_stood_down_is_not_told_to_accept(world: World, said: str) -> None:
    (phone,) = world.team("CIT 1")
    call = world.call(CALM)
    phone.text(f"{call.code} 1")
    (dispatch,) = world.dispatches(call)
    with world.context.unit_of_work("test") as uow:
        dispatches.cancel(uow, world.centre, uow.get(Dispatch, dispatch.id), "closed")
    world.settle()

    phone.text(f"{call.code} {said}")

    answer = phone.inbox[-1]
    assert call.code in answer
    assert "accept" not in answer
    assert "cancelled" in answer
