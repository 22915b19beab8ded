"""The zones of a centre on a flat map: GeoJSON read and checked, places put on paper.

The projection is that of common map tiles (Web Mercator), so that a centre's own tiles fit below.
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

WIDTH = 1000.0
"""Of the drawing, in its own units; its height follows from the town."""
_MARGIN = 0.06
_MOST_TILES = 5
"""Side by side."""
_DEEPEST = 18
Point = tuple[float, float]


@dataclass(frozen=True)
class Zone:
    name: str
    outlines: tuple[tuple[Point, ...], ...]
    """In the world's square, whose sides are 1."""


@dataclass(frozen=True)
class Tile:
    address: str
    x: float
    y: float
    size: float


class TownMap:
    """Where things stand on the drawing."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self.zones = tuple(zones)
        points = [point for zone in zones for outline in zone.outlines for point in outline]
        xs, ys = [x for x, _ in points] or [0.0, 1.0], [y for _, y in points] or [0.0, 1.0]
        wide, high = max(xs) - min(xs), max(ys) - min(ys)
        margin = _MARGIN * max(wide, high)
        self._left, self._top = min(xs) - margin, min(ys) - margin
        self._unit = WIDTH / (wide + 2 * margin)
        self.height = (high + 2 * margin) * self._unit

    def place(self, latitude: float, longitude: float) -> Point | None:
        """None for a place that the drawing does not reach."""
        x, y = self._on_paper(_mercator(latitude, longitude))
        return (x, y) if 0 <= x <= WIDTH and 0 <= y <= self.height else None

    def middle(self, name: str | None) -> Point | None:
        """Where the name of a zone stands; None for a zone that is not drawn."""
        zone = next((zone for zone in self.zones if zone.name == name), None)
        return None if zone is None else self._on_paper(_middle(zone.outlines[0]))

    def path(self, zone: Zone) -> str:
        """The outlines of a zone as an SVG path."""
        drawn = []
        for outline in zone.outlines:
            corners = (self._on_paper(point) for point in outline)
            drawn.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z")
        return "".join(drawn)

    def tiles(self, template: str) -> list[Tile]:
        """The images of a tile server below the drawing; none without a template."""
        if not template or not self.zones:
            return []
        span = WIDTH / self._unit
        zoom = min(_DEEPEST, max(0, int(math.log2(_MOST_TILES / span))))
        count = 2**zoom
        columns = range(int(self._left * count), int((self._left + span) * count) + 1)
        bottom = self._top + self.height / self._unit
        rows = range(int(self._top * count), int(bottom * count) + 1)
        return [self._tile(template, zoom, column, row) for column in columns for row in rows]

    def _tile(self, template: str, zoom: int, column: int, row: int) -> Tile:
        size = 1 / 2**zoom
        x, y = self._on_paper((column * size, row * size))
        address = template.format(z=zoom, x=column, y=row)
        return Tile(address, x, y, size * self._unit)

    def _on_paper(self, point: Point) -> Point:
        return (point[0] - self._left) * self._unit, (point[1] - self._top) * self._unit


def read_zones(text: str) -> TownMap:
    """Read a GeoJSON FeatureCollection of polygons, each with the property `zone`. Raises
    ValueError naming the feature."""
    try:
        features = json.loads(text)["features"]
    except (ValueError, KeyError, TypeError):
        raise ValueError("the zones need to be a GeoJSON FeatureCollection") from None
    return TownMap([_zone(number, feature) for number, feature in enumerate(features, 1)])


def _zone(number: int, feature: Any) -> Zone:
    try:
        name, shape = str(feature["properties"]["zone"]), feature["geometry"]
        if shape["type"] not in {"Polygon", "MultiPolygon"}:
            raise ValueError
        parts = shape["coordinates"]
        polygons = [parts] if shape["type"] == "Polygon" else parts
        outlines = tuple(_outline(ring) for rings in polygons for ring in rings)
    except (LookupError, TypeError, ValueError):
        raise ValueError(
            f"feature {number} needs a property zone and a Polygon or MultiPolygon in degrees"
        ) from None
    return Zone(name, outlines)


def _outline(ring: Iterable[Any]) -> tuple[Point, ...]:
    corners = tuple(_mercator(float(at[1]), float(at[0])) for at in ring)
    if len(corners) < 4:
        raise ValueError
    return corners


def _mercator(latitude: float, longitude: float) -> Point:
    if not (abs(latitude) <= 85 and abs(longitude) <= 180):
        raise ValueError
    north = math.asinh(math.tan(math.radians(latitude)))
    return (longitude + 180) / 360, (1 - north / math.pi) / 2


def _middle(outline: Sequence[Point]) -> Point:
    """The centre of gravity."""
    doubled = x = y = 0.0
    for (ax, ay), (bx, by) in pairwise(outline):
        cross = ax * by - bx * ay
        doubled, x, y = doubled + cross, x + (ax + bx) * cross, y + (ay + by) * cross
    if not doubled:
        return outline[0]
    return x / (3 * doubled), y / (3 * doubled)
