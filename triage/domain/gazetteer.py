"""From a place as somebody says it to a zone of the centre."""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    name: str
    zone: str
    latitude: float | None
    longitude: float | None


def plain(text: str) -> str:
    """Lower case, without accents and punctuation, one space between words."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", bare))


class Gazetteer:
    """The centre's own list of places. What the caller said is never rewritten by it."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = tuple(places)
        self.zones = tuple(sorted({place.zone for place in places}))
        # Longest first: "Northgate High School" before "Northgate".
        self._by_words = sorted(
            ((f" {plain(place.name)} ", place) for place in places), key=lambda item: -len(item[0])
        )

    def find(self, said: str) -> Place | None:
        """The listed place whose whole name stands in what was said, if any."""
        words = f" {plain(said)} "
        return next((place for name, place in self._by_words if name in words), None)


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
