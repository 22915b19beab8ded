"""What would have been different: two rule sets over the same past calls.

Everything is a set of calls until somebody asks how many they are.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import sqrt

import numpy as np

from triage.domain.bitmaps import Bitmap, Numbers, everyone, nobody, rows_in, size, union
from triage.domain.column_decisions import Decisions
from triage.domain.falls import falls, longer
from triage.domain.history import HOURS, History
from triage.domain.past_answers import CodeColumn
from triage.domain.ruleset import ASK_MORE

WEEK = 7 * HOURS
FEW = 10
"""Of fewer calls no more is told than how many: it would be about persons, not about a rule."""


@dataclass(frozen=True)
class Move:
    """So many calls go from one response, or level, to another."""

    old: str
    new: str
    calls: int


@dataclass(frozen=True)
class Part:
    """Some of the calls: an hour, a zone, a group. police -- patrol without a clinician goes."""

    name: str
    calls: int
    moved: int
    fallen: int
    police_old: int
    police_new: int

    @property
    def is_few(self) -> bool:
        """Are these so few that no more may be told than how many?"""
        return self.calls < FEW

    @property
    def moved_between(self) -> tuple[float, float]:
        """Between which shares the moved ones lie, with 95 % certainty (Wilson)."""
        n, z = self.calls, 1.96
        share = self.moved / n
        middle, width = (
            share + z * z / (2 * n),
            z * sqrt(share * (1 - share) / n + (z / n / 2) ** 2),
        )
        scale = 1 + z * z / n
        return max(0.0, (middle - width) / scale), min(1.0, (middle + width) / scale)


@dataclass(frozen=True)
class Demand:
    """Calls to which a response goes, alone or with others.

    unserved -- calls that were its own, but no team of it could come in time.
    by_hour -- in each hour of the week, Monday's first hour first.
    """

    response: str
    old: int
    new: int
    unserved_old: int
    unserved_new: int
    by_hour_old: tuple[int, ...]
    by_hour_new: tuple[int, ...]


@dataclass(frozen=True)
class Backtest:
    """Past calls, and what the old and the new rules make of them."""

    history: History
    old: Decisions
    new: Decisions

    @property
    def calls(self) -> int:
        return self.history.rows

    @cached_property
    def moved(self) -> Bitmap:
        """The calls with another response, level or time, or with other companions."""
        kinds = self.other_response, self.other_level, self.other_time, self.other_companions
        return union(kinds, self.calls)

    @cached_property
    def other_response(self) -> Bitmap:
        return self._differing("response")

    @cached_property
    def other_level(self) -> Bitmap:
        return self._differing("level")

    @cached_property
    def other_time(self) -> Bitmap:
        """Of the same level, which has other minutes."""
        old, new = self.old, self.new
        return (longer(old, new) | longer(new, old)) & ~self.other_level

    @cached_property
    def other_companions(self) -> Bitmap:
        changed = nobody(self.calls)
        for response in {*self.old.also, *self.new.also}:
            before, after = (one.also.get(response) for one in (self.old, self.new))
            changed |= _or_nobody(before, self.calls) ^ _or_nobody(after, self.calls)
        return changed

    @cached_property
    def falls(self) -> dict[str, Bitmap]:
        """The calls that somebody should look at first, by a key of FALLS."""
        return falls(self.old, self.new)

    @cached_property
    def fallen(self) -> Bitmap:
        return union(self.falls.values(), self.calls)

    def responses(self) -> list[Move]:
        """From which response to which, the unmoved included, most calls first."""
        return self._moves("response")

    def levels(self) -> list[Move]:
        """From which level to which, the unmoved included, most calls first."""
        return self._moves("level")

    def moves_among(self, calls: Bitmap) -> list[tuple[Move, Move, int]]:
        """From which response and level to which, of these calls: most calls first."""
        found = [
            (Move(was, becomes, n), Move(before, after, n), n)
            for was, becomes, same_response in _pairs(self.old.response, self.new.response)
            if (here := same_response & calls).any()
            for before, after, same_level in _pairs(self.old.level, self.new.level)
            if (n := size(here & same_level))
        ]
        return sorted(found, key=lambda one: -one[2])

    def asked_first(self) -> tuple[int, int]:
        """Calls in which questions come first, old and new."""
        old, new = (one.response.get(ASK_MORE) for one in (self.old, self.new))
        return _size(old), _size(new)

    def police_because_unknown(self) -> tuple[int, int]:
        return size(self.old.police_because_unknown), size(self.new.police_because_unknown)

    def by_hour(self) -> list[Part]:
        """By hour of the day; calls without a time are in none."""
        hours = self.history.hours
        rows = self.calls
        return [
            self._part(f"{hour:02}", union(hours.among(range(hour, WEEK, HOURS), rows), rows))
            for hour in range(HOURS)
        ]

    def by_group(self, name: str) -> list[Part]:
        """By the answers to a question, or by a label such as the zone; unknown comes last."""
        column = self.history.labels.get(name) or self.history.column(name)
        if not isinstance(column, CodeColumn):
            return []
        values = [*column.codes]
        sets = zip(values, (column.among([one], self.calls) for one in values), strict=True)
        parts = [self._part(str(value), union(bits, self.calls)) for value, bits in sets]
        rest = everyone(self.calls) & ~column.known(self.calls)
        parts.append(self._part("not known", rest))
        return [part for part in parts if part.calls]

    def demand(self) -> list[Demand]:
        """By response, the old rules against the new, the most calls first."""
        names = dict.fromkeys(
            (*self.old.response, *self.new.response, *self.old.also, *self.new.also)
        )
        hours = self.history.hours.cells(0, self.calls)
        made = (self._demand(name, hours) for name in names if name != ASK_MORE)
        return sorted(
            (one for one in made if one.old or one.new), key=lambda one: -max(one.old, one.new)
        )

    def weeks(self) -> float:
        """How many weeks the calls cover, at least one; 0 where no call has a time."""
        if not self.history.days:
            return 0.0
        first, last = (date.fromisoformat(day(self.history.days)) for day in (min, max))
        return max(1.0, (last - first + timedelta(days=1)).days / 7)

    def _demand(self, response: str, hours: Numbers) -> Demand:
        old, new = (one.sent(response) for one in (self.old, self.new))
        return Demand(
            response,
            size(old),
            size(new),
            self._unserved(self.old, response),
            self._unserved(self.new, response),
            self._by_hour_of_week(old, hours),
            self._by_hour_of_week(new, hours),
        )

    def _by_hour_of_week(self, calls: Bitmap, hours: Numbers) -> tuple[int, ...]:
        known = self.history.hours.codes
        counted = Counter(dict(enumerate(np.bincount(hours[rows_in(calls, self.calls)]).tolist())))
        return tuple(counted[known.get(hour, -1)] for hour in range(WEEK))

    def _unserved(self, decisions: Decisions, response: str) -> int:
        eligible, going = decisions.eligible.get(response), decisions.response.get(response)
        return 0 if eligible is None else size(eligible & ~_or_nobody(going, self.calls))

    def _part(self, name: str, calls: Bitmap) -> Part:
        return Part(
            name,
            size(calls),
            size(calls & self.moved),
            size(calls & self.fallen),
            size(calls & self._police[0]),
            size(calls & self._police[1]),
        )

    @cached_property
    def _police(self) -> tuple[Bitmap, Bitmap]:
        police = [r.id for r in self.history.vocabulary.responses.values() if r.is_police]
        old, new = (
            union((one.sent(name) for name in police), self.calls) for one in (self.old, self.new)
        )
        return old, new

    def _differing(self, kind: str) -> Bitmap:
        pairs = _pairs(getattr(self.old, kind), getattr(self.new, kind))
        return union((bits for old, new, bits in pairs if old != new), self.calls)

    def _moves(self, kind: str) -> list[Move]:
        pairs = _pairs(getattr(self.old, kind), getattr(self.new, kind))
        moves = [Move(old, new, size(bits)) for old, new, bits in pairs]
        return sorted((one for one in moves if one.calls), key=lambda one: -one.calls)


def _pairs(old: dict[str, Bitmap], new: dict[str, Bitmap]) -> Iterator[tuple[str, str, Bitmap]]:
    return ((a, b, before & after) for a, before in old.items() for b, after in new.items())


def _or_nobody(calls: Bitmap | None, rows: int) -> Bitmap:
    return nobody(rows) if calls is None else calls


def _size(calls: Bitmap | None) -> int:
    return 0 if calls is None else size(calls)
