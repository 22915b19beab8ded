"""From a place as somebody says it to a zone."""

import pytest

from triage.domain.gazetteer import read_gazetteer

TOWN = """place,zone,lat,lon
Northgate Mall,Northgate,40.7150,-75.2950
Northgate,Center,40.7,-75.3
12 Mill Lane,Riverside,,
Fifth Street,Harbor,,
"""


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("behind the Northgate Mall, by the bins", "Northgate"),
        ("northgate", "Center"),
        ("12, MILL LANE apt 4", "Riverside"),
        ("112 Mill Lane", None),
        ("12 MILL LN", "Riverside"),
        ("5th St and Main", "Harbor"),
        ("45 Fifth St.", "Harbor"),
        ("15th St", None),
        ("the blue house by the river", None),
        ("", None),
    ],
)
def test_a_listed_place_is_found_in_what_was_said(said: str, zone: str | None) -> None:
    place = read_gazetteer(TOWN).find(said)

    assert (place.zone if place else None) == zone


def test_a_place_may_have_no_position() -> None:
    place = read_gazetteer(TOWN).find("12 Mill Lane")

    assert place is not None
    assert place.latitude is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name,zone\nx,y\n", "columns place, zone, lat, lon"),
        ("place,zone,lat,lon\nPier,Harbor,91,0\n", "line 2"),
        ("place,zone,lat,lon\nPier,Harbor,north,0\n", "line 2"),
        ("place,zone,lat,lon\n,Harbor,1,0\n", "place and zone"),
    ],
)
def test_a_list_that_cannot_be_used_says_where(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_gazetteer(text)
