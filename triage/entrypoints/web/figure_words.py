"""What the figures page says of a count, and how it draws one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import log

from babel.dates import format_date

from triage.context import current_context
from triage.domain.codes import DIFFERENCES, DISPOSITIONS, OVERRIDE_SAID, VERDICTS
from triage.domain.figures import (
    FEW,
    IN_TIME,
    KEPT,
    KEPT_LATE,
    LATE,
    NO_VERDICT,
    NOT_KNOWN,
    NOT_SCORED,
    OVERDUE,
    STILL_OPEN,
    Between,
    Figure,
    Level,
    percentile,
)
from triage.domain.words import msgid
from triage.entrypoints.web.languages import language
from triage.services import escalation_policies
from triage.services.figure_reports import Point, Report
from triage.services.timeline_sentences import response_name

HALF, MOST = 0.5, 0.9
BECAME = {
    KEPT: msgid("kept in time"),
    KEPT_LATE: msgid("kept late"),
    OVERDUE: msgid("overdue"),
    "open": msgid("still to come"),
    "not_reached": msgid("not reached"),
    "refused": msgid("refused"),
    "cancelled": msgid("not needed"),
}
SAID = {str(code): sentence for code, sentence in VERDICTS.items()} | {
    NO_VERDICT: msgid("no verdict")
}
_SHORTEST_S, _LONGEST_S = 10, 6 * 3600


def month(first: date) -> str:
    """November 2026"""
    return format_date(first, "LLLL y", locale=language())


def day(one: date) -> str:
    """29 Nov 2026"""
    return format_date(one, "d MMM y", locale=language())


def response(name: str) -> str:
    if name == "ask_more":
        return msgid("Ask more first")
    return (
        msgid("Not scored") if name == NOT_SCORED else response_name(current_context().centre, name)
    )


def cause(code: str) -> str:
    return DIFFERENCES.get(code) or msgid("not known")


def ended(code: str) -> str:
    if code == STILL_OPEN:
        return msgid("Still open")
    return DISPOSITIONS.get(code) or msgid("not closed with a reason")


def reason(code: str) -> str:
    return OVERRIDE_SAID.get(code) or code


def moves(by: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Of an override: what was recommended, what was chosen, how often; the most frequent first."""
    found = sorted(by.items(), key=lambda one: (-one[1], one[0]))
    return [(*map(response, move.split(">", 1)), count) for move, count in found]  # type: ignore[misc]


@dataclass(frozen=True)
class Timed:
    """The times of one level. target_s -- None where each call has its own."""

    level: Level
    count: int
    half: Between
    most: Between
    target_s: int | None
    in_time: int
    late: int
    not_known: int

    @property
    def is_few(self) -> bool:
        return self.count < FEW

    @property
    def judged(self) -> int:
        return self.in_time + self.late


def timed(report: Report, figure: Figure, judged: Figure | None) -> list[Timed]:
    """By level, the most urgent first. judged -- the figure that says which were in time."""
    found, targets = [], _targets(figure, report.levels)
    for level in report.levels:
        steps = report.counts[figure].get(str(level), {})
        kept = report.counts[judged].get(str(level), {}) if judged else {}
        half, most = percentile(steps, HALF), percentile(steps, MOST)
        if half is None or most is None:
            continue
        known = (kept.get(which, 0) for which in (IN_TIME, LATE, NOT_KNOWN))
        found.append(Timed(level, sum(steps.values()), half, most, targets.get(level.rank), *known))
    return found


def _targets(figure: Figure, levels: Sequence[Level]) -> Mapping[int, int]:
    """By rank, in seconds, as policies and settings have it today."""
    context = current_context()
    if figure == Figure.TO_HAND_OVER:
        return {level.rank: context.centre.policy.hand_over_red_s for level in levels}
    if figure != Figure.TO_ACCEPT:
        return {}
    with context.reading() as uow:
        waits = {
            level.rank: escalation_policies.call_back_now(uow, context.centre, "", level.rank)
            for level in levels
        }
    return {rank: int(wait.total_seconds()) for rank, wait in waits.items()}


def between(it: Between) -> str:
    if it.most_s is None:
        return msgid("more than %(time)s", time=time(it.least_s))
    if not it.least_s:
        return msgid("up to %(time)s", time=time(it.most_s))
    least, most = time(it.least_s), time(it.most_s)
    number, unit = least.split()
    return msgid("%(least)s to %(most)s", least=number if most.endswith(unit) else least, most=most)


def time(seconds: int) -> str:
    """Of a step: 90 s, 45 min, 2 h."""
    if seconds <= 90:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"


def place(seconds: int | None) -> float:
    """Where on a line of 100, each half as much again as long a step on."""
    within = min(max(seconds or _LONGEST_S, _SHORTEST_S), _LONGEST_S)
    return round(100 * log(within / _SHORTEST_S) / log(_LONGEST_S / _SHORTEST_S), 1)


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def highest(course: list[Point]) -> int:
    return max([1, *(point.eligible for point in course)])
