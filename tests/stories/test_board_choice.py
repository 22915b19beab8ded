"""The board shows what somebody chose to see, and always the call to which nobody comes."""

from tests.stories.test_board import fill
from tests.stories.test_call_page import act, words
from tests.stories.test_calls import CALM
from tests.world import World

ARMED = {**CALM, "weapon": "in_hand"}


def codes(world: World, query: str) -> list[str]:
    """The codes that the board shows, from above."""
    page = world.client("dispatcher").get(f"/board{query}").text
    found = [(page.find(f'<span class="code">{code}</span>'), code) for code in CODES]
    return [code for place, code in sorted(found) if place >= 0]


CODES: list[str] = []


def three_calls(world: World) -> tuple[str, str, str]:
    """One with a team, one for CAD, one to which nobody comes."""
    (phone,) = world.team("Mobile 1")
    calm = world.call(CALM, zone="Riverside")
    phone.expect(calm.code)
    phone.text(f"{calm.code} 1")
    world.wait(minutes=1)
    for_cad = world.call({"problem_type": "medical", "consciousness": "alert"}, zone="Harbor")
    world.wait(seconds=1)
    nobody = world.call({**CALM, "problem_type": "panhandling"}, zone="Harbor")
    CODES[:] = [calm.code, for_cad.code, nobody.code]
    world.ignores_texts("who is told what is told elsewhere")
    return calm.code, for_cad.code, nobody.code


def test_by_zone_by_what_is_to_do_and_by_age(world: World) -> None:
    calm, for_cad, nobody = three_calls(world)

    assert codes(world, "") == [nobody, for_cad, calm]
    assert codes(world, "?sort=oldest") == [nobody, calm, for_cad]
    assert codes(world, "?zone=Riverside") == [nobody, calm]
    assert codes(world, "?show=task") == [nobody, for_cad]
    assert codes(world, "?show=moving") == [nobody, calm]
    assert codes(world, "?zone=Riverside&show=task") == [nobody]
    assert codes(world, "?zone=Atlantis&show=everything&sort=backwards") == [nobody, for_cad, calm]


def test_what_is_hidden_is_counted_and_the_parts_kept_fresh_are_the_same(world: World) -> None:
    three_calls(world)
    desk = world.client("dispatcher")

    page = desk.get("/board?zone=Riverside").text
    assert "1 open call is not shown here" in page
    rows = desk.get("/board/rows?zone=Riverside").text
    assert "1 open call is not shown here" in rows
    assert "not shown here" not in desk.get("/board/rows").text
    assert "<option selected>Riverside</option>" in page


def test_a_red_call_that_the_choice_hides_is_named(world: World) -> None:
    (phone,) = world.team("Mobile 1")
    lost = world.call(CALM, zone="Riverside")
    phone.text(f"{lost.code} 1")
    world.ignores_texts("who is told what is told elsewhere")
    desk = world.client("dispatcher")
    page = words(desk.get("/board/rows?zone=Harbor").text)
    assert "No call fits what you chose to see." in page
    assert "1 open call is not shown here" in page
    assert "Red among them" not in page

    act(desk, lost, "/line-lost", {})
    world.wait(minutes=2)

    page = words(desk.get("/board/rows?zone=Harbor").text)
    assert "1 open call is not shown here" in page
    assert f"Red among them: {lost.code} LINE LOST" in page
    assert "Red among them" not in words(desk.get("/board/rows").text)


def test_what_is_chosen_is_found_beyond_what_a_board_lists(world: World) -> None:
    fill(world)
    (phone,) = world.team("Mobile 1")
    world.wait(seconds=1)
    call = world.call(CALM, zone="Harbor")
    phone.text(f"{call.code} 1")
    urgent = world.call(ARMED, zone="Harbor")
    world.ignores_texts("who is told what is told elsewhere")
    CODES[:] = [call.code, urgent.code]

    assert codes(world, "") == codes(world, "?sort=oldest") == []
    assert "2 more open calls are not listed here." in world.client("dispatcher").get("/board").text
    assert set(codes(world, "?zone=Harbor")) == {call.code, urgent.code}
    assert codes(world, "?zone=Riverside") == []
    assert codes(world, "?show=moving") == [call.code]
    assert codes(world, "?sort=level") == [urgent.code, call.code]
