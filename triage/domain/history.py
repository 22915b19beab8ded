"""Past calls as columns, so that a rule set can be tried on all of them at once.

Each call is read as `readings` reads it (the situation filled in, what needs sight set aside,
conflicting answers settled) and then put down once, answer by answer. A call that can be read in
several ways is kept as it is: such calls are few, and `assess` decides them one by one.
"""

from collections.abc import Hashable, Iterator, Mapping
from datetime import date

from triage.domain.answers import UNKNOWN, Answer, Conflicting, possible_values
from triage.domain.bitmaps import Bitmap, nobody, union
from triage.domain.call_reading import FROM_NOW, NO_SIGHT, SIGHT_FACT, WEEKDAYS
from triage.domain.calls import CallInput
from triage.domain.facts import Fact, Vocabulary
from triage.domain.past_answers import CodeColumn, Column, MultiColumn, NumberColumn
from triage.domain.past_narratives import Narratives

HOURS = 24
Judged = tuple[Bitmap, Bitmap]
"""The calls for which a condition is true, and those for which it is not false."""


class History:
    """Past calls by number, 0 first, in the order in which they were added.

    judged -- what conditions were found to be; forgotten when a call is added.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.rows = 0
        self.narratives = Narratives()
        self.disputed: dict[int, CallInput] = {}
        """Calls that can be read in several ways."""
        self.short_of_teams: dict[int, CallInput] = {}
        """Calls to which some teams could not come, or late, of which rules may ask."""
        self._asked_about = {r.id for r in vocabulary.responses.values() if r.availability_fact}
        self.references: dict[int, str] = {}
        self.labels: dict[str, CodeColumn] = {}
        """For reports only: what is known about a call that no rule may read."""
        self.dates = CodeColumn(many=True)
        """Local dates, for rules that hold from one day to another."""
        self.hours = CodeColumn()
        """Hours of the week, Monday's first hour 0."""
        self.days: dict[str, int] = {}
        """The weekday of each day on which a call came in, Monday 0."""
        self._columns: dict[str, Column] = {
            name: _column(fact) for name, fact in vocabulary.facts.items()
        }
        self._plain = {
            name: (column.raw, column.codes)
            for name, column in self._columns.items()
            if isinstance(column, CodeColumn)
        }
        self._sight = tuple(self._take_note_of_sight())
        self._fill_in_the_situation()
        supplied = {fact.name for fact in vocabulary.situation}
        local_date, local_time, weekday = (
            self._columns[name] if name in supplied else None for name in FROM_NOW
        )
        self._local_time, self._local_day = local_time, (local_date, weekday)
        self._known_hours: dict[tuple[str, bool], list[tuple[CodeColumn, int]]] = {}
        self._away: dict[str, CodeColumn] = {}
        self._minutes_to: dict[str, NumberColumn] = {}
        self._judged: dict[Hashable, Judged] = {}
        self._judged_rows = 0

    def add(
        self,
        call: CallInput,
        reference: str = "",
        labels: Mapping[str, str] | None = None,
        at: str = "",
    ) -> None:
        """Put down one more call, as `Vocabulary.read_call` made it.

        reference -- what people call it.
        labels -- zone, language and the like, for reports only.
        at -- local date and time for reports, where the call itself does not say.
        """
        row = self.rows
        if call.now or at:
            self._note_time(row, call.now, at)
        self._note_answers(row, call)
        if call.narrative:
            self.narratives.add(row, call.narrative)
        for response, _ in call.unavailable:
            self._away.setdefault(response, CodeColumn()).put(row, "away")
        for response, minutes in call.minutes_to:
            self._minutes_to.setdefault(response, NumberColumn()).put(row, minutes)
        concerned = (response for response, _ in (*call.unavailable, *call.minutes_to))
        if not self._asked_about.isdisjoint(concerned):
            self.short_of_teams[row] = call
        for name, label in (labels or {}).items():
            self.labels.setdefault(name, CodeColumn(many=True)).put(row, label)
        if reference:
            self.references[row] = reference
        self.rows = row + 1

    def column(self, fact: str) -> Column | None:
        """The answers to a question; None for one that the vocabulary does not know."""
        return self._columns.get(fact)

    def away(self, response: str) -> Bitmap:
        """The calls for which no team of that response could come."""
        known = self.vocabulary.responses.get(response)
        parts = []
        if response in self._away:
            parts += self._away[response].among(["away"], self.rows)
        if known and known.availability_fact in self._columns:
            column = self._columns[known.availability_fact]
            parts += column.among(["no"], self.rows)
        return union(parts, self.rows)

    def too_late(self, response: str, within_min: int | None) -> Bitmap:
        """The calls to which that response would have come later than this."""
        column = self._minutes_to.get(response)
        if column is None or within_min is None:
            return nobody(self.rows)
        return column.above(within_min, self.rows)

    @property
    def judged(self) -> dict[Hashable, Judged]:
        """What was found of conditions on the calls there are now, to be kept by the finder."""
        if self._judged_rows != self.rows:
            self._judged, self._judged_rows = {}, self.rows
        return self._judged

    def _note_answers(self, row: int, call: CallInput) -> None:
        plain = self._plain
        for answers in (call.facts, call.situation):
            for name, answer in answers:
                try:  # nearly every answer is one of a list, and there is room
                    cells, codes = plain[name]
                    cells[row] = CodeColumn.UNKNOWN_CODE if answer is UNKNOWN else codes[answer]
                except LookupError:
                    self._note_answer(row, call, name, answer)
        sees = self._columns.get(SIGHT_FACT)
        if isinstance(sees, CodeColumn) and sees.is_at(row, NO_SIGHT):
            for column in self._sight:
                column.do_not_trust(row)

    def _note_answer(self, row: int, call: CallInput, name: str, answer: Answer) -> None:
        if isinstance(answer, Conflicting):
            possible = possible_values(answer, self.vocabulary.facts[name].danger)
            if len(possible) > 1:
                self.disputed[row] = call
            answer = possible[0]
        self._columns[name].put(row, answer)

    def _note_time(self, row: int, now: str, at: str) -> None:
        """When the call came: for rules only what the call itself says."""
        hour = (now or at)[:13]
        known = self._known_hours.get((hour, not now))
        if known is None:
            known = self._known_hours[hour, not now] = self._cells_of_hour(hour, bool(now))
        for column, code in known:
            column.put_code(row, code)
        if now and self._local_time:
            minutes = int(now[11:13]) * 60 + int(now[14:16])
            self._local_time.put(row, minutes)

    def _cells_of_hour(self, hour: str, stated: bool) -> list[tuple[CodeColumn, int]]:
        """What every call of this hour of this day has in common, column by column."""
        day = hour[:10]
        weekday = self.days[day] = date.fromisoformat(day).weekday()
        cells: list[tuple[CodeColumn, str | int]] = [(self.hours, weekday * HOURS + int(hour[11:]))]
        if stated:
            cells.append((self.dates, day))
            for column, value in zip(self._local_day, (day, WEEKDAYS[weekday]), strict=True):
                if isinstance(column, CodeColumn):
                    cells.append((column, value))
        return [(column, column.code(value)) for column, value in cells]

    def _fill_in_the_situation(self) -> None:
        for fact in self.vocabulary.situation:
            available = fact.name in self.vocabulary.availability_facts
            self._columns[fact.name].take_as("yes" if available else UNKNOWN)

    def _take_note_of_sight(self) -> Iterator[CodeColumn]:
        for fact in self.vocabulary.sight_facts:
            column = self._columns[fact.name]
            if isinstance(column, CodeColumn):
                column.need_sight(fact.sight_values)
                yield column


def _column(fact: Fact) -> Column:
    if fact.type == "number":
        return NumberColumn()
    if fact.type == "multi":
        return MultiColumn(fact.value_names)
    return CodeColumn(fact.value_names, many=fact.type == "code")
