"""Past calls from another system's file, by a map that says what its words mean.

The map names the few columns that are read; all others, staff names and codes above all, are
passed over. What a row said at its close (how it ended) never becomes an answer: the call is
assessed from what was known when it came in.
"""

import heapq
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from triage.domain.csv_rows import BadRow, Row

_CODE = re.compile(r"[A-Z0-9]{1,12}")
_NUMBER = re.compile(r"[\x21-\x7e]{1,64}")
_EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Columns:
    """Names of the columns that mean something to us; "" where the file has none."""

    received_at: str
    problem: str
    number: str = ""
    disposition: str = ""
    reopened: str = ""
    arrived_at: str = ""

    @property
    def named(self) -> tuple[str, ...]:
        return tuple(name for name in vars(self).values() if name)


@dataclass(frozen=True)
class LeaveOut:
    """Calls that are not imported though their problem concerns us."""

    reason: str
    problems: frozenset[str]
    dispositions: frozenset[str]


@dataclass(frozen=True)
class ImportMap:
    """What the columns and words of one system's file mean."""

    name: str
    title: str
    time_zone: ZoneInfo
    columns: Columns
    answers: Mapping[str, Mapping[str, Mapping[str, str]]]
    """By column and cell: the facts that the cell states."""
    leave_out: tuple[LeaveOut, ...] = ()
    nulls: frozenset[str] = frozenset({""})
    """Cells that say nothing: words for it, and numbers such as -9999."""
    encoding: str = "utf-8"
    delimiter: str = ","

    @property
    def needed(self) -> tuple[str, ...]:
        """Columns that a file must have."""
        return tuple(dict.fromkeys((*self.columns.named, *self.answers)))

    @property
    def problems(self) -> Collection[str]:
        """The problem types that concern this service."""
        return self.answers[self.columns.problem]


@dataclass(frozen=True)
class PastCall:
    """A call as its row tells it."""

    line: int
    number: str | None
    """The other system's own number; many files leave it blank on some rows."""
    received_at: datetime
    problem: str
    answers: Mapping[str, str]
    """Facts, those of the situation among them."""
    dispositions: tuple[str, ...]
    """Codes of how it ended, in the row's order."""
    reopened: bool
    arrived_after_s: int | None
    """None where nobody arrived, or where the row says before the call."""
    arrival_out_of_order: bool
    row: str
    """All cells, for telling rows without a number apart. Not to be kept."""

    @property
    def gist(self) -> str:
        """What the assessment rests on: equal for the same call exported twice."""
        return json.dumps([self.received_at.isoformat(), self.problem, dict(self.answers)])


@dataclass(frozen=True)
class LeftOut:
    """A row that is in order and not imported. reason -- "out of scope" or one of the map's."""

    line: int
    reason: str


OUT_OF_SCOPE = "out of scope"


def read_past_call(mapping: ImportMap, row: Row) -> PastCall | LeftOut | BadRow:
    """What one row is to us."""
    columns = mapping.columns
    problem = _cell(mapping, row, columns.problem)
    if problem is None:
        return BadRow(row.line, "no problem type", f"{columns.problem} is blank")
    dispositions = _codes(_cell(mapping, row, columns.disposition))
    for rule in mapping.leave_out:
        if problem in rule.problems or rule.dispositions & {*dispositions}:
            return LeftOut(row.line, rule.reason)
    if problem not in mapping.problems:
        return LeftOut(row.line, OUT_OF_SCOPE)
    number = _cell(mapping, row, columns.number)
    if number is not None and not _NUMBER.fullmatch(number):
        return BadRow(row.line, "unusable number", f"{columns.number} is not 1 to 64 plain signs")
    received_at = _time(mapping, _cell(mapping, row, columns.received_at))
    if received_at is None:
        return BadRow(row.line, "no time", f"{columns.received_at} is no date and time")
    arrived_at = _time(mapping, _cell(mapping, row, columns.arrived_at))
    waited_s = None if arrived_at is None else int((arrived_at - received_at).total_seconds())
    backwards = waited_s is not None and waited_s < 0
    return PastCall(
        line=row.line,
        number=number,
        received_at=received_at,
        problem=problem,
        answers=_answers(mapping, row),
        dispositions=dispositions,
        reopened=_cell(mapping, row, columns.reopened) not in (None, "0", "N", "NO", "FALSE"),
        arrived_after_s=None if backwards else waited_s,
        arrival_out_of_order=backwards,
        row=json.dumps(sorted(row.cells.items())),
    )


def _cell(mapping: ImportMap, row: Row, column: str) -> str | None:
    """What stands in the column, or None where it says nothing."""
    text = row.cells[column] if column else ""
    return None if text.upper() in mapping.nulls else text


def _answers(mapping: ImportMap, row: Row) -> dict[str, str]:
    answers: dict[str, str] = {}
    for column, words in mapping.answers.items():
        answers |= words.get(_cell(mapping, row, column) or "", {})
    return answers


def _codes(cell: str | None) -> tuple[str, ...]:
    """The codes of a comma-joined list such as "CN-Cancellation,NR-No Report".

    Some systems cut the list off; what is left of a code is kept as it stands.
    """
    codes = (part.partition("-")[0].strip().upper() for part in (cell or "").split(","))
    return tuple(dict.fromkeys(code for code in codes if _CODE.fullmatch(code)))


def _time(mapping: ImportMap, cell: str | None) -> datetime | None:
    """In UTC. A wall time that came twice in autumn is the first, one that spring left out
    is an hour later."""
    try:
        moment = datetime.fromisoformat(cell or "")
        moment = moment.replace(tzinfo=moment.tzinfo or mapping.time_zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment >= _EARLIEST else None


def in_order_of_time(calls: Iterable[PastCall], window: int = 1_000) -> Iterator[PastCall]:
    """The calls sorted as far as a window of so many can: files are nearly in order."""
    waiting: list[tuple[datetime, int, PastCall]] = []
    for call in calls:
        heapq.heappush(waiting, (call.received_at, call.line, call))
        if len(waiting) > window:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]
