"""From a place as somebody says it to a zone of the centre."""

import csv
import io
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_EARTH_M = 6_371_000.0
"""The mean radius."""
_STREETS = (
    "st street, ave avenue, av avenue, rd road, ln lane, blvd boulevard, dr drive, ct court,"
    " pl place, sq square, hwy highway, pkwy parkway, ter terrace, cir circle, aly alley,"
    " apt apartment, n north, s south, e east, w west"
)
_ORDINALS = (
    *("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth"),
    *("tenth", "eleventh", "twelfth"),
)
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}
_SAME = dict(pair.split() for pair in _STREETS.split(", ")) | {
    f"{number}{_ENDINGS.get(number, 'th')}": word for number, word in enumerate(_ORDINALS, 1)
}
"""How a list writes a word and a caller or an ALI screen another one: "5th St", "Fifth Street"."""


@dataclass(frozen=True)
class Place:
    name: str
    zone: str
    latitude: float | None
    longitude: float | None

    @property
    def position(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees."""
        known = self.latitude is not None and self.longitude is not None
        return (self.latitude or 0.0, self.longitude or 0.0) if known else None


def metres_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Between two positions in degrees, as on a plane: exact enough within a county."""
    north = math.radians(other[0] - one[0])
    east = math.radians(other[1] - one[1]) * math.cos(math.radians((one[0] + other[0]) / 2))
    return math.hypot(north, east) * _EARTH_M


def plain(text: str) -> str:
    """Lower case, without accents and punctuation, one space between words."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def words_of(text: str) -> frozenset[str]:
    """The words of a place, with what is short for others written out."""
    return frozenset(_words(text).split())


def _words(text: str) -> str:
    """As words are compared with the list: with what is short for others written out."""
    return f" {' '.join(_SAME.get(word, word) for word in plain(text).split())} "


class Gazetteer:
    """The centre's own list of places. What the caller said is never rewritten by it."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = tuple(places)
        self.zones = tuple(sorted({place.zone for place in places}))
        # Longest first: "Northgate High School" before "Northgate".
        self._by_words = sorted(
            ((_words(place.name), place) for place in places), key=lambda item: -len(item[0])
        )

    def find(self, said: str) -> Place | None:
        """The listed place whose whole name stands in what was said, if any; "5th St" is "Fifth
        Street"."""
        words = _words(said)
        return next((place for name, place in self._by_words if name in words), None)

    def with_words(self, said: str) -> list[Place]:
        """The listed places in whose names all of these words stand, in any order."""
        wanted = words_of(said)
        return [place for name, place in self._by_words if wanted and wanted <= {*name.split()}]


def read_gazetteer(text: str) -> Gazetteer:
    """Read CSV with the columns place, zone, lat, lon. Raises ValueError naming the line."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    wanted = {"place", "zone", "lat", "lon"}
    if not wanted <= set(rows.fieldnames or ()):
        raise ValueError("the gazetteer needs the columns place, zone, lat, lon")
    places = []
    for row in rows:
        try:
            latitude, longitude = _degrees(row["lat"], 90), _degrees(row["lon"], 180)
        except ValueError as error:
            raise ValueError(f"gazetteer line {rows.line_num}: {error}") from None
        if not plain(row["place"] or "") or not (row["zone"] or "").strip():
            raise ValueError(f"gazetteer line {rows.line_num}: place and zone are needed")
        places.append(Place(row["place"].strip(), row["zone"].strip(), latitude, longitude))
    return Gazetteer(places)


def _degrees(written: str | None, limit: float) -> float | None:
    if not (written or "").strip():
        return None
    degrees = float(written or "")
    if not -limit <= degrees <= limit:
        raise ValueError(f"{written} is not between -{limit:g} and {limit:g} degrees")
    return degrees
