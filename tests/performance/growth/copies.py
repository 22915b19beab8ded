"""Copies of a mould: new keys, times, people and places; what is sealed is sealed for its own row.

What stands in every copy is made once for each database: a line of PostgreSQL's COPY with gaps, a
row of SQLite with gaps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column

from tests.performance.growth.moulds import Mould
from tests.performance.growth.population import Ring
from triage.domain.sms_replies import ALPHABET
from triage.services.places import place_index
from triage.storage import models
from triage.storage.sealed import blind_index, bound_to, packed, seal_packed, unseal

SEALED = "_sealed"
NAMED_ANEW = {"provider_id", "key", "token_hash"}
"""Columns of names that are unique and mean nothing."""
OF_THE_CAD = {"cad_number", "external_id"}
SECRETS = {"secret_index", "session_index"}
OWN = {
    "call": {"location", "found", "coordinates"},
    "caller": {"phone"},
}
"""Sealed columns that each copy has of its own."""
PLACED = {"zone", "zone_source", "location_index", "found_index"}
LONG_KEPT = {
    *("call", "caller", "call_subject", "call_third_party"),
    *("dispatch", "slot", "page", "transfer"),
    *("follow_up", "visit", "alarm"),
}
"""Tables of what is left of a call when its texts, steps, trail and words are purged."""
COUNT = len(ALPHABET) ** 6
"""Of references on one day."""
Cell = str | bytes | int | None
Line = tuple[Cell, ...]


@dataclass(frozen=True)
class Dialect:
    """How one database's driver takes values fastest."""

    name: str

    def cell(self, value: Any, column: Column[Any]) -> Cell:
        """Of a value that all copies have."""
        if value is None:
            return self.nothing
        if isinstance(value, bytes):
            return self.binary(value)
        if isinstance(column.type, JSON):
            return self.text(json.dumps(value))
        if isinstance(value, str):
            return self.text(str(value))
        if self.is_copy:
            return str(value).lower() if isinstance(value, bool) else str(value)
        return value.hex if isinstance(value, UUID) else value

    @property
    def nothing(self) -> Cell:
        return "\\N" if self.is_copy else None

    @property
    def is_copy(self) -> bool:
        return self.name == "postgresql"

    def text(self, value: str) -> str:
        if not self.is_copy:
            return value
        for sign, written in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r")):
            value = value.replace(sign, written)
        return value

    def binary(self, value: bytes) -> Cell:
        return f"\\\\x{value.hex()}" if self.is_copy else value

    def time(self, at_s: float) -> str:
        written = f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S.%f}"
        return f"{written}+00" if self.is_copy else written


@dataclass(frozen=True)
class Wanted:
    """Which of a mould's rows are copied, and which of its instants these have."""

    numbers: Sequence[int]
    instants: Sequence[tuple[int, datetime]]


@dataclass
class New:
    """What one copy has of its own."""

    ring: Ring
    times: list[str]
    keys: list[str]
    """In their 32 digits."""
    dashed: list[str]
    code: str
    whole: bool

    def said(self, parts: Sequence[Part]) -> str:
        return "".join(part if isinstance(part, str) else part(self) for part in parts)


Fill = Callable[[New], Cell]
Part = str | Callable[[New], str]


def columns_of(table: str) -> Sequence[Column[Any]]:
    """In the order of a copy's cells."""
    return [*models.Base.metadata.tables[table].columns]


class Copier:
    """Makes copies of one mould."""

    def __init__(self, mould: Mould, dialect: Dialect, codes: Sequence[str]) -> None:
        self._dialect, self._codes = dialect, codes
        self._rows = [row for _, row in mould.rows]
        self.tables = [table for table, _ in mould.rows]
        call = next(row for row in self._rows if row["id"] == mould.call_id)
        self._began, self._closed = call["received_at"], call["closed_at"]
        instants = {v for row in self._rows for v in row.values() if isinstance(v, datetime)}
        self._instants = sorted(instants)
        self._born = [self._instants.index(row["created_at"]) for row in self._rows]
        self._tokens = self._tokens_of(call)
        self._split = re.compile("(" + "|".join(map(re.escape, self._tokens)) + ")")
        self._numbers = {row["id"]: number for number, row in enumerate(self._rows)}
        callers = [row["id"] for t, row in mould.rows if t == "caller"]
        self._second = set(callers[1:])
        self._plans = [
            self._plan(number, table, row) for number, (table, row) in enumerate(mould.rows)
        ]
        self._of_whole = self._wanted(range(len(self._rows)))
        self._of_purged = self._wanted([n for n, t in enumerate(self.tables) if t in LONG_KEPT])

    def _wanted(self, numbers: Sequence[int]) -> Wanted:
        found = {v for n in numbers for v in self._rows[n].values() if isinstance(v, datetime)}
        return Wanted(numbers, [(n, t) for n, t in enumerate(self._instants) if t in found])

    def _tokens_of(self, call: dict[str, Any]) -> dict[str, Callable[[New], str]]:
        """What has to be said otherwise in each copy, and what says so."""
        found: dict[str, Callable[[New], str]] = {
            call["reference"]: lambda new: reference(new.ring),
            call["code"]: lambda new: new.code,
        }
        for number, row in enumerate(self._rows):
            found[str(row["id"])] = lambda new, it=number: new.dashed[it]
            found[row["id"].hex] = lambda new, it=number: new.keys[it]
            for name in NAMED_ANEW & row.keys():
                if row[name]:
                    found.setdefault(row[name], lambda new, it=number: f"N{new.keys[it]}")
        return found

    def copy(self, ring: Ring, chance: Random, whole: bool) -> Iterator[tuple[int, Line | str]]:
        """The rows, each with its number in the mould. whole -- else they are what a purge leaves:
        of LONG_KEPT, and nothing that was sealed."""
        wanted = self._of_whole if whole else self._of_purged
        new = self._new(ring, chance, whole, wanted)
        for number in wanted.numbers:
            constant, fills = self._plans[number]
            filled = [fill(new) for _, fill in fills]
            if self._dialect.is_copy:
                yield number, constant % tuple(filled)
                continue
            row = [*constant]
            for (place, _), cell in zip(fills, filled, strict=True):
                row[place] = cell
            yield number, tuple(row)

    def _new(self, ring: Ring, chance: Random, whole: bool, wanted: Wanted) -> New:
        span = (self._closed - self._began).total_seconds() or 1.0
        slower = ring.took_s / span
        times, stamps = [""] * len(self._instants), [""] * len(self._instants)
        for number, instant in wanted.instants:
            after = (instant - self._began).total_seconds()
            at_s = ring.received_s + (after * slower if after <= span else after)
            times[number], stamps[number] = self._dialect.time(at_s), f"{int(at_s * 1000):012x}"
        digits = chance.randbytes(8 * len(wanted.numbers)).hex()
        keys, dashed = [""] * len(self._rows), [""] * len(self._rows)
        for place, number in enumerate(wanted.numbers):
            stamp, rest = stamps[self._born[number]], digits[16 * place : 16 * place + 15]
            keys[number] = f"{stamp}7{number:03x}8{rest}"
            dashed[number] = f"{stamp[:8]}-{stamp[8:]}-7{number:03x}-8{rest[:3]}-{rest[3:]}"
        code = self._codes[ring.number % len(self._codes)]
        return New(ring, times, keys, dashed, code, whole)

    def _plan(
        self, number: int, table: str, row: dict[str, Any]
    ) -> tuple[Any, list[tuple[int, Fill]]]:
        cells: list[Cell] = []
        fills: list[tuple[int, Fill]] = []
        for place, column in enumerate(columns_of(table)):
            fill = self._fill(number, table, column.name, row)
            if fill is None:
                cells.append(self._dialect.cell(row[column.name], column))
            else:
                cells.append(None)
                fills.append((place, fill))
        if not self._dialect.is_copy:
            return cells, fills
        gaps = {place for place, _ in fills}
        line = (
            "%s" if place in gaps else str(cell).replace("%", "%%")
            for place, cell in enumerate(cells)
        )
        return "\t".join(line) + "\n", fills

    def _fill(self, number: int, table: str, name: str, row: dict[str, Any]) -> Fill | None:
        """None where all copies have the same."""
        value = row[name]
        if name.endswith(SEALED):
            return self._sealed(number, table, name.removesuffix(SEALED), row)
        if own := self._own(number, table, name, row):
            return own
        if isinstance(value, datetime):
            at = self._instants.index(value)
            return lambda new: new.times[at]
        return self._key(value) if isinstance(value, UUID) else self._worded(value)

    def _own(self, number: int, table: str, name: str, row: dict[str, Any]) -> Fill | None:
        """What is drawn for each copy, or the same in all though not in the mould."""
        second = row["id"] in self._second
        if table == "call" and name in PLACED:
            return lambda new: self._placed(name, new)
        if table == "caller" and name == "phone_index":
            return lambda new: self._phone_index(new, second)
        if table == "timer" and name == "state":
            return lambda new: "done"
        if name in OF_THE_CAD and row[name]:
            return lambda new: cad_number(new.ring)
        if name in SECRETS and row[name]:
            return lambda new: self._dialect.binary(bytes.fromhex(new.keys[number]))
        return None

    def _key(self, value: UUID) -> Fill | None:
        number = self._numbers.get(value)
        if number is None:
            return None
        if self._dialect.is_copy:
            return lambda new: new.dashed[number]
        return lambda new: new.keys[number]

    def _worded(self, value: Any) -> Fill | None:
        if value is None or isinstance(value, (bytes, int, float)):
            return None
        text = str(value) if isinstance(value, str) else json.dumps(value)
        parts = self._parts(text)
        if len(parts) == 1:
            return None
        written = [self._dialect.text(p) if isinstance(p, str) else p for p in parts]
        return lambda new: new.said(written)

    def _parts(self, text: str) -> list[Part]:
        return [self._tokens.get(part, part) for part in self._split.split(text)]

    def _sealed(self, number: int, table: str, name: str, row: dict[str, Any]) -> Fill | None:
        nothing = self._dialect.nothing
        if name in OWN.get(table, ()):
            second = row["id"] in self._second

            def own(new: New) -> Cell:
                text = _own(name, new, second) if new.whole else None
                return nothing if text is None else self._seal(table, name, number, new, text)

            return own
        value = row[f"{name}{SEALED}"]
        if value is None:
            return None
        text = unseal(value, table=table, column=name, row=row["id"])
        parts, whole = self._parts(text), packed(text)

        def fill(new: New) -> Cell:
            if not new.whole:
                return nothing
            form, content = whole if len(parts) == 1 else packed(new.said(parts))
            place = bound_to(table, name, new.dashed[number])
            return self._dialect.binary(seal_packed(form, content, place))

        return fill

    def _seal(self, table: str, name: str, number: int, new: New, text: str) -> Cell:
        place = bound_to(table, name, new.dashed[number])
        return self._dialect.binary(seal_packed(*packed(text), place))

    def _placed(self, name: str, new: New) -> Cell:
        nothing = self._dialect.nothing
        place = new.ring.place
        if name == "zone":
            return place.zone
        if name == "zone_source":
            return "gazetteer" if place.listed else "hand"
        if name == "found_index" and not place.listed:
            return nothing
        index = place_index(place.said)
        return nothing if index is None else self._dialect.binary(index)

    def _phone_index(self, new: New, second: bool) -> Cell:
        phone = new.ring.second_phone if second else new.ring.phone
        if phone is None:
            return self._dialect.nothing
        return self._dialect.binary(blind_index("phone", phone))


def _own(name: str, new: New, second: bool) -> str | None:
    place = new.ring.place
    if name == "phone":
        return new.ring.second_phone if second else new.ring.phone
    if name == "location":
        return place.said
    if name == "found":
        return place.said if place.listed else None
    return json.dumps(place.position) if place.listed or new.ring.located else None


def reference(ring: Ring) -> str:
    """No two of a history are alike."""
    rest, signs = ring.number * 48_271 % COUNT, ""
    for _ in range(6):
        rest, sign = divmod(rest, len(ALPHABET))
        signs += ALPHABET[sign]
    day = datetime.fromtimestamp(ring.received_s, UTC) - timedelta(hours=5)
    return f"{day:%y%m%d}-{signs}"


def cad_number(ring: Ring) -> str:
    return f"{datetime.fromtimestamp(ring.received_s, UTC):%y}-{ring.number:06}"
