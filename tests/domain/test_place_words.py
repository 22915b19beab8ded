"""The place that a caller names brings the question of edges forward; a street's name does not."""

import pytest

from triage.domain.place_words import at_such_places

TERMS = ("bridge", "roof", "tracks", "railroad", "platform", "river", "pier", "parking garage")
EDGES = (*TERMS, "puente", "azotea", "rio")


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("on the bridge", ["bridge"]),
        ("Fifth Street Bridge", ["bridge"]),
        ("Fifth Street Bridge, east side", ["bridge"]),
        ("roof of City Hall", ["roof"]),
        ("rail tracks behind the station", ["tracks"]),
        ("Pier 3, by the crane", ["pier"]),
        ("top of the parking garage", ["parking garage"]),
        ("Bridge Street, on the bridge", ["bridge"]),
        ("en el puente de la Calle 5", ["puente"]),
        ("azotea del hotel", ["azotea"]),
        ("12 Bridge Street", []),
        ("Bridge St & 5th", []),
        ("Bridge & 5th", []),
        ("Bridge and Fifth", []),
        ("400 River Road", []),
        ("River Oaks Apartments", []),
        ("Railroad Ave 7", []),
        ("Calle del Puente 12", []),
        ("Avenida Río 4", []),
        ("Cambridge Court", []),
        ("", []),
    ],
)
def test_what_a_place_is_and_what_it_is_named_for(said: str, heard: list[str]) -> None:
    assert at_such_places(EDGES, said) == heard
