"""Who rings, from where and when, over ten years of a center: seeded, and as uneven as it is.

Most numbers ring once, few ring every week; most addresses have one call, the station and the
shelter have one a day. How often one of them rings does not go with the size of the center: a
larger one has more of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from triage.domain.gazetteer import Gazetteer

YEARS = 10
RINGS_AT_MOST = 2_000
"""In ten years, of one number: four a week."""
CALLS_AT_MOST = 6_000
"""In ten years, of one place: nearly two a day."""
NUMBERS_TAIL, PLACES_TAIL = 1.15, 1.05
"""Exponents of Pareto's law: near 1, few have most of it."""
FROM_HOME = 0.5
"""Of the calls of a number come from the same place."""
WITHOUT_NUMBER = 0.08
LOCATED = 0.45
"""Of the telephones tell where they are."""
SPREAD_DEGREES = 0.004
"""Of positions in a zone: some 400 m."""
HOURS = np.array(
    [30, 24, 20, 16, 13, 12, 14, 20, 28, 36, 42, 46, 48, 50, 54, 58, 62, 66, 68, 66, 62, 56, 48, 38]
)
WEEKDAYS = np.array([98, 96, 97, 99, 108, 106, 96])
"""From Monday on."""
STREETS = (
    *("Alder Street", "Birch Street", "Canal Street", "Depot Street", "Elm Street", "Fern Street"),
    *("Grove Avenue", "Hazel Avenue", "Iris Avenue", "Juniper Avenue", "Kiln Lane", "Laurel Lane"),
    *("Maple Court", "Nettle Court", "Oak Drive", "Plum Drive", "Quarry Road", "Ridge Road"),
    *("Spruce Terrace", "Tanner Terrace", "Union Place", "Vine Place", "Willow Way", "Yew Way"),
)
AREA_CODES = ("202", "303", "404", "505", "606", "707", "808", "909")
LOCAL_NUMBERS = 8_000_000
"""Of an area code: 200-0000 to 999-9999."""
WEST_OF_UTC_S = 5 * 3600
"""The town's winter time."""


@dataclass(frozen=True)
class Place:
    said: str
    zone: str
    position: tuple[float, float]
    listed: bool


@dataclass(frozen=True)
class Ring:
    """One call of the past: what is its own."""

    number: int
    """Of the call, from 0, the oldest first."""
    received_s: float
    took_s: float
    """Until it was closed."""
    mould: int
    phone: str | None
    second_phone: str
    """Of a second caller, where there was one."""
    place: Place
    located: bool


class Population:
    """`rings` tells the calls of a span of numbers; equal arguments make equal calls."""

    def __init__(
        self,
        calls: int,
        ends_at: datetime,
        gazetteer: Gazetteer,
        shares: Sequence[float],
        seed: int = 1,
    ) -> None:
        """shares -- of the moulds; ends_at -- when the last call may come in."""
        chance = np.random.default_rng([seed, calls])
        self.calls = calls
        self.received_s = _times(chance, calls, ends_at)
        rings = _tail(chance, calls, NUMBERS_TAIL, RINGS_AT_MOST)
        visits = _tail(chance, calls, PLACES_TAIL, CALLS_AT_MOST)
        visits[: len(gazetteer.places)] = np.sort(visits)[: -len(gazetteer.places) - 1 : -1]
        self._numbers = _drawn(chance, rings, calls)
        homes = _drawn(chance, visits, len(rings))
        elsewhere = _drawn(chance, visits, calls)
        at_home = chance.random(calls) < FROM_HOME
        self._places = np.where(at_home, homes[self._numbers], elsewhere)
        self._seconds = _drawn(chance, rings, calls)
        self._with_number = chance.random(calls) >= WITHOUT_NUMBER
        self._located = chance.random(calls) < LOCATED
        self._took_s = chance.lognormal(np.log(3_300), 0.6, calls).clip(240, 6 * 3600)
        self._moulds = chance.choice(len(shares), calls, p=np.array(shares) / sum(shares))
        self._spots = chance.normal(0, SPREAD_DEGREES, (len(visits), 2))
        self._listed = gazetteer.places
        self._zones = [*_middles(gazetteer).items()]

    def rings(self, first: int, last: int) -> list[Ring]:
        """Of the calls from this number to before that."""
        return [
            Ring(
                number,
                float(self.received_s[number]),
                float(self._took_s[number]),
                int(self._moulds[number]),
                self.phone(number) if self._with_number[number] else None,
                _phone(int(self._seconds[number])),
                self.place(number),
                bool(self._located[number]),
            )
            for number in range(first, last)
        ]

    def phone(self, call: int) -> str:
        return _phone(int(self._numbers[call]))

    def place(self, call: int) -> Place:
        key = int(self._places[call])
        if key < len(self._listed):
            one = self._listed[key]
            return Place(one.name, one.zone, one.position or (0.0, 0.0), True)
        zone, middle = self._zones[key % len(self._zones)]
        north, east = self._spots[key]
        said = f"{100 + key // len(STREETS)} {STREETS[key % len(STREETS)]}"
        return Place(said, zone, (round(middle[0] + north, 5), round(middle[1] + east, 5)), False)


def _phone(key: int) -> str:
    area, local = divmod(key * 7_919 % (LOCAL_NUMBERS * len(AREA_CODES)), LOCAL_NUMBERS)
    return f"+1{AREA_CODES[area]}{2_000_000 + local}"


def _times(chance: np.random.Generator, calls: int, ends_at: datetime) -> NDArray[np.float64]:
    """In seconds since 1970, ascending: more in the evening, and on Friday and Saturday."""
    last = ends_at.replace(hour=0, minute=0, second=0, microsecond=0)
    back = range(YEARS * 365 + 1, 1, -1)
    days = np.array([(last - timedelta(days=number)).timestamp() for number in back])
    weekdays = (days // 86_400 + 3).astype(int) % 7  # 1 January 1970 was a Thursday
    weights = WEEKDAYS[weekdays] / WEEKDAYS[weekdays].sum()
    day = chance.choice(days, calls, p=weights)
    hour = chance.choice(24, calls, p=HOURS / HOURS.sum())
    return np.sort(day + hour * 3600 + chance.random(calls) * 3600 + WEST_OF_UTC_S)


def _tail(chance: np.random.Generator, calls: int, tail: float, most: int) -> NDArray[np.float64]:
    """How often each of them rings: as many of them as make so many calls."""
    rings = np.minimum((1 - chance.random(calls)) ** (-1 / tail), most)
    enough = int(np.searchsorted(np.cumsum(rings), calls)) + 1
    return rings[: max(enough, 100)]


def _drawn(
    chance: np.random.Generator, weights: NDArray[np.float64], count: int
) -> NDArray[np.int64]:
    """Each by its weight."""
    up_to = np.cumsum(weights)
    return np.searchsorted(up_to, chance.random(count) * up_to[-1])


def _middles(gazetteer: Gazetteer) -> dict[str, tuple[float, float]]:
    """Of each zone, as its listed places lie."""
    found: dict[str, tuple[float, float]] = {}
    for zone in gazetteer.zones:
        spots = [p.position for p in gazetteer.places if p.zone == zone and p.position]
        found[zone] = (
            sum(north for north, _ in spots) / len(spots),
            sum(east for _, east in spots) / len(spots),
        )
    return found
