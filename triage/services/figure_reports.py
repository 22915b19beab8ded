"""Figures of many days as a supervisor reads them. Only counted days are read, never calls: here or
on a standby, whose session is no unit of work."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from triage.domain.figures import Figure, Level
from triage.storage.figures import DailyFigure, RolledDay

MONTHS = 12
_TREND = (Figure.ELIGIBLE, Figure.UNSERVED, Figure.POLICE_ALONE)


@dataclass(frozen=True)
class Standing:
    """first, through -- the days from which and to which figures reach; None: there are none.
    waiting -- days up to then that are still to be counted, or counted again."""

    first: date | None
    through: date | None
    waiting: int

    @property
    def months(self) -> list[date]:
        """The first days of those there are, the latest first."""
        if self.first is None or self.through is None:
            return []
        found, month = [], self.through.replace(day=1)
        while month >= self.first.replace(day=1):
            found.append(month)
            month = (month - timedelta(days=1)).replace(day=1)
        return found


@dataclass(frozen=True)
class Span:
    """From one day to another, both included."""

    first: date
    last: date
    by_month: bool = False
    """Is its course told by months, and not by days?"""

    @classmethod
    def of_month(cls, month: date) -> "Span":
        after = (month.replace(day=1) + timedelta(days=31)).replace(day=1)
        return cls(month.replace(day=1), after - timedelta(days=1))

    @classmethod
    def of_year(cls, through: date) -> "Span":
        """The month of this day, as far as it has come, and the eleven before it."""
        month = through.year * 12 + through.month - MONTHS
        return cls(date(month // 12, month % 12 + 1, 1), through, by_month=True)


@dataclass(frozen=True)
class Point:
    """One day or month of the course."""

    first: date
    eligible: int
    unserved: int
    police_alone: int

    @property
    def served(self) -> int:
        return self.eligible - self.unserved


Rows = Sequence[tuple[str, Mapping[str, int]]]


@dataclass(frozen=True)
class Report:
    """counts -- by figure, what it is of, and by what else."""

    span: Span
    counts: Mapping[Figure, Mapping[str, Mapping[str, int]]]
    course: Sequence[Point]

    def total(self, figure: Figure) -> int:
        return sum(sum(by.values()) for by in self.counts[figure].values())

    def by_size(self, figure: Figure) -> list[tuple[str, int]]:
        """What it is of, the most frequent first."""
        sums = ((of, sum(by.values())) for of, by in self.counts[figure].items())
        return sorted(sums, key=lambda one: (-one[1], one[0]))

    def by(self, figure: Figure) -> list[tuple[str, int]]:
        """The same by what else, whatever it is of."""
        sums: dict[str, int] = defaultdict(int)
        for by in self.counts[figure].values():
            for name, count in by.items():
                sums[name] += count
        return sorted(sums.items(), key=lambda one: (-one[1], one[0]))

    def sum_of(self, figure: Figure, of: str) -> int:
        return sum(self.counts[figure].get(of, {}).values())

    @cached_property
    def levels(self) -> list[Level]:
        """Those at which a time was counted, the most urgent first."""
        timed = (Figure.TO_ACCEPT, Figure.TO_HAND_OVER, Figure.TO_ARRIVE, Figure.ARRIVED)
        found = {of for figure in timed for of in self.counts[figure]}
        return sorted(map(Level.of, found), key=lambda level: (level.rank, level.label))


def standing(session: Session) -> Standing:
    counted = RolledDay.rolled_at.is_not(None)
    days = select(func.min(RolledDay.day), func.max(RolledDay.day)).where(counted)
    first, through = session.execute(days).one()
    due = select(func.count()).select_from(RolledDay).where(RolledDay.due)
    return Standing(first, through, session.scalar(due) or 0)


def read(session: Session, span: Span) -> Report:
    """All figures of these days, added up."""
    within = DailyFigure.day >= span.first, DailyFigure.day <= span.last
    of_what = (DailyFigure.figure, DailyFigure.of, DailyFigure.by)
    counts: dict[Figure, dict[str, dict[str, int]]] = {one: defaultdict(dict) for one in Figure}
    added_up = select(*of_what, func.sum(DailyFigure.count)).where(*within).group_by(*of_what)
    for figure, of, by, count in session.execute(added_up):
        if figure in counts:  # a later release may count more
            counts[Figure(figure)][of][by] = count
    return Report(span, counts, _course(session, span))


def _course(session: Session, span: Span) -> list[Point]:
    daily = (
        select(DailyFigure.day, DailyFigure.figure, func.sum(DailyFigure.count))
        .where(
            DailyFigure.day >= span.first,
            DailyFigure.day <= span.last,
            DailyFigure.figure.in_([figure.value for figure in _TREND]),
        )
        .group_by(DailyFigure.day, DailyFigure.figure)
    )
    sums: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for day, figure, count in session.execute(daily):
        sums[day.replace(day=1) if span.by_month else day][figure] += count
    return [Point(first, *(sums[first][one.value] for one in _TREND)) for first in _points(span)]


def _points(span: Span) -> list[date]:
    days = [span.first + timedelta(days=n) for n in range((span.last - span.first).days + 1)]
    return [day for day in days if day.day == 1] if span.by_month else days
