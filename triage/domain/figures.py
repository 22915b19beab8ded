"""What is counted of the calls of one day: codes and counts, nothing that is about anybody.

Times are counted in fixed steps, so that days add up to months and percentiles can still be read:
not exactly, but between two bounds that are said.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from triage.domain.codes import NO_CALL
from triage.domain.facts import Response
from triage.domain.sent import Sending, what_was_sent

BOUNDS_S = (
    *(15, 30, 45, 60, 90, 120, 180, 240, 300, 420, 600, 900, 1200, 1800),
    *(2700, 3600, 5400, 7200, 10800, 14400),
)
"""Where steps end. From half a minute on each ends at half as much again as it begins, at most."""
LONGER = "longer"
FEW = 20
"""Of fewer a share or a percentile is mostly chance."""
STILL_OPEN = "still_open"
NOT_SCORED = "not_scored"
IN_TIME, LATE, NOT_KNOWN = "in_time", "late", "not_known"
NO_VERDICT = "none"
KEPT, KEPT_LATE, OVERDUE = "kept", "kept_late", "overdue"
_OURS = {"page", "transfer"}
"""Teams that are paged and lines that callers are handed to: what there is instead of police."""


class Figure(StrEnum):
    """What is counted; of what, and by what else."""

    CALLS = "calls"  # of: origin
    RECOMMENDED = "recommended"  # of: response
    SENT = "sent"  # of: response
    OVERRIDE = "override"  # of: reason; by: recommended>chosen
    ELIGIBLE = "eligible"  # of: response of ours
    UNSERVED = "unserved"  # of: response of ours; by: cause
    POLICE_ALONE = "police_alone"  # of: response of ours that did not come
    ENDED = "ended"  # of: disposition
    VERDICT = "verdict"  # of: response; by: verdict
    FOLLOW_UP = "follow_up"  # of: kind; by: what came of it
    TO_ACCEPT = "to_accept"  # of: level; by: step of time; likewise below
    TO_HAND_OVER = "to_hand_over"
    TO_ARRIVE = "to_arrive"
    HANDED_OVER = "handed_over"  # of: level; by: in time or not; likewise below
    ARRIVED = "arrived"


class Counted(NamedTuple):
    figure: Figure
    of: str
    by: str = ""


@dataclass(frozen=True)
class Level:
    """As it was when somebody was sent, so that figures of old rules stay readable."""

    rank: int
    label: str

    def __str__(self) -> str:
        return f"{self.rank} {self.label}"

    @classmethod
    def of(cls, written: str) -> "Level":
        rank, _, label = written.partition(" ")
        return cls(int(rank), label)


@dataclass(frozen=True)
class Owed:
    """One dispatch. handed_over_s -- until somebody had it in CAD; late -- when that took too
    long."""

    sending: Sending
    reached_by: str
    level: Level
    within_min: int
    handed_over_s: float | None = None
    late: bool = False


@dataclass(frozen=True)
class Decided:
    """The newest assessment."""

    response: str
    eligible: str
    cause: str | None


@dataclass(frozen=True)
class DayCall:
    """One call of the day. overrides -- reason, what was recommended, what was chosen; verdicts --
    response and verdict; follow_ups -- kind and what came of it."""

    received_at: datetime
    origin: str
    disposition: str | None
    closed: bool
    decided: Decided | None = None
    overrides: Sequence[tuple[str, str, str]] = ()
    owed: Sequence[Owed] = ()
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None
    verdicts: Sequence[tuple[str, str]] = ()
    follow_ups: Sequence[tuple[str, str]] = ()


def count(calls: Iterable[DayCall], responses: Mapping[str, Response]) -> Counter[Counted]:
    """All figures of these calls. What never was a call of its own counts as that alone."""
    counted: Counter[Counted] = Counter()
    for call in calls:
        counted[Counted(Figure.CALLS, call.origin)] += 1
        ended = (call.disposition or NOT_KNOWN) if call.closed else STILL_OPEN
        counted[Counted(Figure.ENDED, ended)] += 1
        if call.disposition not in NO_CALL:
            counted.update(_who(call, responses))
            counted.update(_times(call))
            counted.update(Counted(Figure.VERDICT, *one) for one in call.verdicts)
            counted.update(Counted(Figure.FOLLOW_UP, *one) for one in call.follow_ups)
    return counted


def _who(call: DayCall, responses: Mapping[str, Response]) -> Iterator[Counted]:
    """Who was recommended, who was sent, and who should have been."""
    decided = call.decided
    yield Counted(Figure.RECOMMENDED, decided.response if decided else NOT_SCORED)
    for reason, recommended, chosen in call.overrides:
        yield Counted(Figure.OVERRIDE, reason, f"{recommended}>{chosen}")
    wanted = decided.eligible if decided else NOT_SCORED
    sendings = [one.sending for one in call.owed]
    told = what_was_sent(
        wanted,
        sendings,
        {recommended for _, recommended, _ in call.overrides},
        sends_somebody=True,
        closed=call.closed,
    )
    for response in told.responses:
        yield Counted(Figure.SENT, response)
    if decided is None or not _is_ours(responses.get(wanted)):
        return
    yield Counted(Figure.ELIGIBLE, wanted)
    if wanted in told.responses:
        return
    own = decided.cause if decided.response != wanted else None
    became = [one.cause for one in sendings if one.response == wanted and one.cause]
    cause = own or (became[-1] if became else told.cause)
    yield Counted(Figure.UNSERVED, wanted, cause or NOT_KNOWN)
    came = [responses.get(one) for one in told.responses]
    if any(one and one.is_police for one in came) and not any(map(_is_ours, came)):
        yield Counted(Figure.POLICE_ALONE, wanted)


def _is_ours(kind: Response | None) -> bool:
    return kind is not None and kind.reached_by in _OURS and not kind.is_police


def _times(call: DayCall) -> Iterator[Counted]:
    """By the most urgent level at which somebody was sent; of what was written on paper only who
    was there when: how long a screen took it does not tell."""
    if not call.owed:
        return
    first = min(call.owed, key=lambda one: (one.level.rank, one.within_min))
    level = str(first.level)
    if call.accepted_at is not None and call.origin != "paper":
        yield Counted(Figure.TO_ACCEPT, level, step(call.accepted_at - call.received_at))
    for one in call.owed:
        if one.handed_over_s is not None and call.origin != "paper":
            took = timedelta(seconds=one.handed_over_s)
            yield Counted(Figure.TO_HAND_OVER, str(one.level), step(took))
            yield Counted(Figure.HANDED_OVER, str(one.level), LATE if one.late else IN_TIME)
    if call.arrived_at is not None:
        took = call.arrived_at - call.received_at
        yield Counted(Figure.TO_ARRIVE, level, step(took))
        in_time = took <= timedelta(minutes=first.within_min)
        yield Counted(Figure.ARRIVED, level, IN_TIME if in_time else LATE)
    elif call.closed and any(_goes_there(one) for one in call.owed):
        yield Counted(Figure.ARRIVED, level, NOT_KNOWN)


def _goes_there(one: Owed) -> bool:
    return one.sending.stands and one.reached_by != "transfer"


def step(took: timedelta) -> str:
    """The step that so long falls into, by its end in seconds."""
    seconds = took.total_seconds()
    return next((str(bound) for bound in BOUNDS_S if seconds <= bound), LONGER)


@dataclass(frozen=True)
class Between:
    """A time that is not known more exactly. most_s -- None: nobody knows how long."""

    least_s: int
    most_s: int | None


_BELOW = {str(end): begin for begin, end in pairwise((0, *BOUNDS_S))} | {LONGER: BOUNDS_S[-1]}
"""Where each step begins."""


def percentile(counts: Mapping[str, int], share: float) -> Between | None:
    """The time within which this share of all came about; None where there are none."""
    total = sum(counts.values())
    if not total:
        return None
    left = ceil(share * total)
    for end, begin in _BELOW.items():
        left -= counts.get(end, 0)
        if left <= 0:
            return Between(begin, None if end == LONGER else int(end))
    return None
