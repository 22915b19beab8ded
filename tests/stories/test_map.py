"""The map: where calls and teams are as far as anybody knows, in a drawing and in tables."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.stories.test_calls import CALM
from tests.stories.test_events import listening
from tests.world import Browser, World


@pytest.fixture
def dispatcher(world: World) -> Browser:
    return world.client("dispatcher")


def marks(page: str) -> dict[str, str]:
    """Each mark of the drawing by its word."""
    found = re.findall(r'<g class="mark .*?<text x="16" y="7">.*?</text>', page, re.DOTALL)
    return {re.sub(r"<[^>]+>", "", one[one.rindex("<text") :]): one for one in found}


def at(mark: str) -> str:
    found = re.search(r"translate\((\d+) \d+\)", mark)
    assert found
    return found[1]


def test_calls_and_teams_stand_where_anybody_knows_them(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9", zones=("Hilltop",))
    world.team("School 1", zones=("Northgate",))[0].ignores("not asked")
    phone.ignores("where it stands matters")
    exact = world.call(CALM, location="Pier 3")
    zone_only = world.call(CALM, location="behind the mall", zone="Northgate")
    nowhere = world.call(CALM, location="somewhere")

    page = dispatcher.get("/board/map").get_data(as_text=True)
    drawn = marks(page)
    assert "stroke-dasharray" not in drawn[exact.code]
    assert "stroke-dasharray" in drawn[zone_only.code]
    assert nowhere.code not in drawn
    assert f"neither place nor zone was found: {nowhere.code}." in page
    assert "Nobody knows where a team is" in page
    assert "stroke-dasharray" in drawn["School 1"]
    for call in (exact, zone_only, nowhere):  # the table says the same, with a way to the call
        assert f'href="/calls/{call.reference}"' in page
    assert "Pier 3" in page

    at_home = at(drawn["Mobile 9"])
    phone.text(f"{exact.code} 1")
    drawn = marks(dispatcher.get("/board/map").get_data(as_text=True))
    assert at(drawn["Mobile 9"]) == at(drawn[exact.code]) != at_home


def test_the_map_is_pushed_as_the_board_is(world: World, dispatcher: Browser) -> None:
    with listening(dispatcher, "/board/map/events") as page:
        assert "<svg" in page.expect("whole")["html"]


def test_images_come_from_the_tile_server_on_the_map_and_nowhere_else(
    world: World, dispatcher: Browser
) -> None:
    plain = dispatcher.get("/board/map")
    assert "<image" not in plain.get_data(as_text=True)
    assert "img-src 'self' data:;" in plain.headers["Content-Security-Policy"]

    settings = replace(world.context.settings, tiles="https://tiles.example.org/{z}/{x}/{y}.png")
    with_tiles = World(replace(world.context, settings=settings), world.phones)
    browser = with_tiles.client("dispatcher")
    shown = browser.get("/board/map")
    assert '<image href="https://tiles.example.org/' in shown.get_data(as_text=True)
    policy = shown.headers["Content-Security-Policy"]
    assert "img-src 'self' data: https://tiles.example.org;" in policy
    assert "tiles.example.org" not in browser.get("/board").headers["Content-Security-Policy"]


def test_a_centre_without_outlines_has_the_tables(world: World) -> None:
    centre = replace(world.context.centre, town=None)
    without = World(replace(world.context, centre=centre), world.phones)
    call = world.call(CALM, location="Pier 3")
    page = without.client("dispatcher").get("/board/map").get_data(as_text=True)
    assert "have no outlines yet" in page
    assert call.code in page


def test_the_map_is_the_desks(world: World) -> None:
    assert world.client("clinician").get("/board/map").status_code == 403


def test_a_team_in_alarm_is_nowhere_called_free(world: World, dispatcher: Browser) -> None:
    (phone,) = world.team("Mobile 9", zones=("Hilltop",))
    world.ignores_texts("what the desk sees matters here")
    assert ">free<" in re.sub(r"\s+", "", dispatcher.get("/board/map").text)

    phone.text("HELP")
    phone.text("HELP")

    page = dispatcher.get("/board/map").get_data(as_text=True)
    assert "tone-alarm" in marks(page)["Mobile 9: alarm"]
    assert ">free<" not in re.sub(r"\s+", "", page)
    teams = dispatcher.get("/teams").get_data(as_text=True)
    assert "<span>alarm</span>" in teams
    assert "Nobody on shift" not in teams
