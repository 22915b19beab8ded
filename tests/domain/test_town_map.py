"""The zones of a town on paper."""

import json
from typing import Any

import pytest

from triage.domain.town_map import WIDTH, read_zones

SQUARE = [[-75.0, 40.0], [-74.9, 40.0], [-74.9, 40.1], [-75.0, 40.1], [-75.0, 40.0]]


def town(kind: str = "Polygon", rings: Any = None, **properties: str) -> str:
    shape = {"type": kind, "coordinates": [SQUARE] if rings is None else rings}
    feature = {"properties": properties or {"zone": "Harbor"}, "geometry": shape}
    return json.dumps({"features": [feature]})


def test_north_is_up_and_the_town_fills_the_drawing() -> None:
    paper = read_zones(town())
    north_west, south_east = paper.place(40.1, -75.0), paper.place(40.0, -74.9)
    assert north_west is not None
    assert south_east is not None
    assert 0 < north_west[0] < south_east[0] < WIDTH
    assert 0 < north_west[1] < south_east[1] < paper.height


def test_a_place_outside_is_not_drawn_somewhere_else() -> None:
    assert read_zones(town()).place(41.0, -75.0) is None


def test_a_zone_has_a_middle_and_another_has_none() -> None:
    paper = read_zones(town())
    middle, place = paper.middle("Harbor"), paper.place(40.05, -74.95)
    assert middle is not None
    assert place is not None
    assert middle == pytest.approx(place, abs=1)
    assert paper.middle("Hilltop") is None
    assert paper.middle(None) is None


def test_a_zone_of_two_islands_is_one_zone() -> None:
    far = [[x + 0.5, y] for x, y in SQUARE]
    paper = read_zones(town("MultiPolygon", [[SQUARE], [far]]))
    assert paper.path(paper.zones[0]).count("M") == 2


def test_tiles_lie_below_and_cover_the_whole() -> None:
    paper = read_zones(town())
    tiles = paper.tiles("https://tiles.example.org/{z}/{x}/{y}.png")
    assert 1 <= len(tiles) <= 49
    assert min(tile.x for tile in tiles) <= 0
    assert max(tile.x + tile.size for tile in tiles) >= WIDTH
    assert max(tile.y + tile.size for tile in tiles) >= paper.height
    assert paper.tiles("") == []


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "{}",
        "[]",
        town("Point"),
        town(rings=[[[0, 0], [1, 1]]]),
        town(rings=[[[0, 95], [1, 1], [2, 2], [0, 95]]]),
        town(rings=[["a", "b", "c", "d"]]),
        town(name="Harbor"),
    ],
)
def test_what_is_no_map_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="need"):
        read_zones(text)
