"""Somebody says that they are on scene while they are on scene at another call as well."""

import pytest

from tests.stories.test_board import row
from tests.stories.test_call_page import clinician, dispatcher, look, words
from tests.stories.test_calls import CALM
from tests.stories.test_command_bar import says
from tests.stories.test_given_back import own_part
from tests.world import Browser, Phone, World
from triage.storage.calls import Call

__all__ = ["dispatcher"]


def on_scene_at_one(world: World) -> tuple[Phone, Call, Call]:
    """On scene at the first call, and the second is accepted."""
    (phone,) = world.team("Mobile 1", calls_at_once=2)
    first, second = world.call(CALM), world.call(CALM)
    world.settle()
    phone.expect(f"Reply {first.code} 1")
    phone.expect(f"Reply {second.code} 1")
    for call, said in ((first, "1"), (first, "scene"), (second, "1")):
        phone.text(f"{call.code} {said}")
    phone.expect("accepted, it is yours")
    phone.expect("you are on scene")
    phone.expect("accepted, it is yours")
    return phone, first, second


@pytest.mark.parametrize("left", ["first", "second"])
def test_both_stand_and_they_and_the_desk_are_told_until_one_is_cleared(
    world: World, dispatcher: Browser, left: str
) -> None:
    phone, first, second = on_scene_at_one(world)
    me = clinician(world, phone)
    assert "AT TWO SCENES" not in row(dispatcher, first)

    phone.text(f"{second.code} scene")

    told = phone.expect(f"{second.code} noted, but you are on scene at {first.code} too.")
    assert f"If you have left there: {first.code} CLEAR." in told
    for call, other in ((first, second), (second, first)):
        assert world.dispatch(call, "mobile_crisis").state == "on_scene"
        said = row(dispatcher, call)
        assert f"AT TWO SCENES: Mobile 1 (clinician), at {other.code} too" in said
        assert f"on scene at {other.code} too" in words(look(dispatcher, call))
        assert f"You are on scene at {other.code} too." in own_part(me, call)
        # Of whoever is on the call with them nobody reads the code of another.
        assert words(look(me, call)).count(f"{other.code} too") == 1

    gone, stays = (first, second) if left == "first" else (second, first)
    phone.text(f"{gone.code} clear")
    phone.expect("you are free")
    assert world.dispatch(stays, "mobile_crisis").state == "on_scene"
    for call in (first, second):
        assert "AT TWO SCENES" not in row(dispatcher, call)
        assert "too" not in own_part(me, call)
    phone.text(f"{stays.code} scene")
    phone.expect(f"{stays.code}: you are on scene. If you need help")


def test_what_the_radio_said_is_told_at_the_desk_in_the_same_way(
    world: World, dispatcher: Browser
) -> None:
    phone, first, second = on_scene_at_one(world)

    says(world, f"there {second.code}", dispatcher)

    assert f"at {first.code} too" in row(dispatcher, second)
    phone.expect_silence()
    dispatcher.submit("/board", {"language": "es"}, to="/language")
    assert f"también en {first.code}" in row(dispatcher, second)
    page = words(look(dispatcher, first))
    assert f"en la escena de {second.code} también: pregunte dónde está" in page
