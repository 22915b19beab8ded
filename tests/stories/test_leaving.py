"""Somebody must leave who has two calls, or whose call is over."""

from __future__ import annotations

from tests.stories.test_calls import CALM
from tests.world import Phone, World
from triage.services import dispatches
from triage.storage.calls import Call
from triage.storage.dispatches import Dispatch


def test_who_is_on_scene_and_has_another_call_leaves_the_scene_without_being_asked(
    world: World,
) -> None:
    (phone,) = world.team("CIT 1", calls_at_once=2)
    here, next_one = world.call(CALM), world.call(CALM)
    phone.text(f"{here.code} 1")
    phone.expect("accepted, it is yours")
    phone.expect("PROMPT, within 60 min")
    phone.text(f"{here.code} SCENE")
    phone.expect("you are on scene")
    phone.text(f"{next_one.code} 1")
    phone.expect("accepted, it is yours")

    phone.text("UNSAFE")
    world.desk.expect_ring("Alarm. CIT 1")
    world.desk.expect("nobody is left to ask")

    phone.expect(f"{here.code}: you are withdrawn")
    assert world.audited("slot.withdrawn") == 1


def test_who_waits_near_one_of_two_calls_leaves_that_one(world: World) -> None:
    (phone,) = world.team("CIT 1", calls_at_once=2)
    near, far = world.call(CALM), world.call(CALM)
    phone.text(f"{near.code} 1")
    phone.expect("accepted, it is yours")
    phone.expect("PROMPT, within 60 min")
    phone.text(f"{far.code} 1")
    phone.expect("accepted, it is yours")
    phone.text(f"{near.code} STAGED")
    phone.expect("you wait near the scene")

    phone.text("UNSAFE")
    world.desk.expect_ring("Alarm. CIT 1")
    world.desk.expect("nobody is left to ask")

    phone.expect(f"{near.code}: you are withdrawn")


def test_who_is_on_the_way_to_two_calls_is_not_asked_which_one_is_unsafe(world: World) -> None:
    (phone,) = world.team("CIT 1", calls_at_once=2)
    both = world.call(CALM), world.call(CALM)
    for call in both:
        phone.expect(f"Reply {call.code} 1=accept")
    for call in both:
        phone.text(f"{call.code} 1")
        phone.expect("accepted, it is yours")

    phone.text("UNSAFE")
    world.desk.expect_ring("Alarm. CIT 1")
    world.desk.expect_ring("Alarm. CIT 1")

    phone.expect("ALARM RAISED")
    assert world.audited("slot.withdrawn") == 0
    assert world.audited("alarm.raised") == 2


def stood_down(world: World) -> tuple[Phone, Call]:
    (phone,) = world.team("CIT 1")
    call = world.call(CALM)
    phone.text(f"{call.code} 1")
    (dispatch,) = world.dispatches(call)
    with world.context.unit_of_work("test") as uow:
        dispatches.cancel(uow, world.centre, uow.get(Dispatch, dispatch.id), "closed")
    world.settle()
    return phone, call


def test_who_was_stood_down_is_not_told_to_accept(world: World) -> None:
    phone, call = stood_down(world)

    phone.text(f"{call.code} SCENE")

    answer = phone.inbox[-1]
    assert call.code in answer
    assert "accept" not in answer
    assert "team called off" in answer


def test_who_was_stood_down_and_says_that_it_is_not_safe_is_heard(world: World) -> None:
    phone, call = stood_down(world)
    phone.expect("accepted, it is yours")
    phone.expect("Stand down, the call was closed")

    phone.text(f"{call.code} UNSAFE")
    world.desk.expect_ring("Alarm. CIT 1")

    phone.expect("ALARM RAISED")
    assert world.audited("alarm.raised") == 1
