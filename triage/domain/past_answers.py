"""What was answered to one question in every past call: a column of codes or numbers.

Sets of calls are made out of a column when a test first asks for them, kept packed, and grown by
the calls that came in since.
"""

from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Hashable, Iterable
from math import inf, isnan, nan
from typing import Any

import numpy as np
import numpy.typing as npt

from triage.domain.answers import UNKNOWN, Gap, Scalar, Value
from triage.domain.bitmaps import WORD, Bitmap, Flags, nobody, pack, size

Cells = npt.NDArray[Any]
_FIRST_ROOM = 1024


class Column(ABC):
    """One cell for each call; room doubles as it fills up.

    blank -- the cell of a call in which nothing was said about it.
    """

    def __init__(self, kind: str, blank: float) -> None:
        self.raw: array[Any] = array(kind)
        self._blank = blank
        self._packed: dict[Hashable, tuple[int, Bitmap]] = {}
        self._counted_rows, self._all_known = -1, False

    @abstractmethod
    def put(self, row: int, answer: Value | Gap) -> None:
        """Note the answer of this call."""

    @abstractmethod
    def take_as(self, answer: Value | Gap) -> None:
        """Where nothing is said, this is the answer. Before the first call."""

    @abstractmethod
    def asked(self, rows: int) -> Bitmap:
        """The first `rows` calls, as far as they were asked."""

    @abstractmethod
    def known(self, rows: int) -> Bitmap:
        """Those with a value."""

    @abstractmethod
    def among(self, values: Iterable[Scalar], rows: int) -> list[Bitmap]:
        """Sets of the calls with one of these values, to be united."""

    def all_known(self, rows: int) -> bool:
        """Has every call a value?"""
        if self._counted_rows != rows:
            self._counted_rows, self._all_known = rows, size(self.known(rows)) == rows
        return self._all_known

    def _set(self, row: int, cell: float) -> None:
        if row >= len(self.raw):
            self._make_room(row + 1)
        self.raw[row] = cell

    def _make_room(self, rows: int) -> None:
        missing = max(rows, 2 * len(self.raw), _FIRST_ROOM) - len(self.raw)
        self.raw.extend(array(self.raw.typecode, [self._blank]) * missing)

    def cells(self, start: int, rows: int) -> Cells:
        """A copy, because the column cannot grow while somebody looks at it."""
        if rows > len(self.raw):
            self._make_room(rows)
        return np.frombuffer(self.raw, self.raw.typecode)[start:rows].copy()

    def _set_of(self, which: Hashable, rows: int, flags: Callable[[Cells], Flags]) -> Bitmap:
        """The calls whose cell `flags` says yes to; `which` names it."""
        done, bits = self._packed.get(which) or (0, nobody(0))
        if done != rows:
            words = min(done, rows) // WORD
            rest = pack(flags(self.cells(words * WORD, rows)))
            bits = np.concatenate((bits[:words], rest))
            self._packed[which] = rows, bits
        return bits


class CodeColumn(Column):
    """One value of a list, or a code, each by a number of its own."""

    NOT_ASKED, UNKNOWN_CODE, FIRST = 0, 1, 2

    def __init__(self, values: Iterable[Hashable] = (), *, many: bool = False) -> None:
        super().__init__("i" if many else "B", self.NOT_ASKED)
        self.codes: dict[Hashable, int] = {
            value: code for code, value in enumerate(values, start=self.FIRST)
        }
        self.unseen: frozenset[int] = frozenset()
        """Codes of values that only sight can establish."""

    def take_as(self, answer: Hashable) -> None:
        self._blank = self.code(answer)

    def need_sight(self, values: Iterable[str]) -> None:
        self.unseen = frozenset(self.code(value) for value in values)

    def code(self, answer: Hashable) -> int:
        """The number that stands for this answer, a new one if need be."""
        if answer is UNKNOWN:
            return self.UNKNOWN_CODE
        code = self.codes.get(answer)
        if code is None:
            code = self.codes[answer] = len(self.codes) + self.FIRST
        return code

    def put(self, row: int, answer: Hashable) -> None:
        code = 1 if answer is UNKNOWN else self.codes.get(answer) or self.code(answer)
        cells = self.raw
        if row >= len(cells):
            self._make_room(row + 1)
        cells[row] = code

    def put_code(self, row: int, code: int) -> None:
        """As `put`, for an answer whose code is known."""
        if row >= len(self.raw):
            self._make_room(row + 1)
        self.raw[row] = code

    def is_at(self, row: int, answer: str) -> bool:
        return row < len(self.raw) and self.raw[row] == self.codes.get(answer)

    def do_not_trust(self, row: int) -> None:
        """The caller cannot see: what needs sight counts as unknown."""
        if row < len(self.raw) and self.raw[row] in self.unseen:
            self.raw[row] = self.UNKNOWN_CODE

    def asked(self, rows: int) -> Bitmap:
        return self._set_of("asked", rows, lambda cells: cells != self.NOT_ASKED)

    def known(self, rows: int) -> Bitmap:
        return self._set_of("known", rows, lambda cells: cells >= self.FIRST)

    def among(self, values: Iterable[Hashable], rows: int) -> list[Bitmap]:
        codes = (self.codes.get(value) for value in values)
        return [self._with_code(code, rows) for code in codes if code is not None]

    def where(self, which: Hashable, rows: int, accepts: Callable[[Any], bool]) -> Bitmap:
        """The calls with a value that `accepts` says yes to."""
        return self._set_of(which, rows, lambda cells: np.isin(cells, self._accepted(accepts)))

    def _with_code(self, code: int, rows: int) -> Bitmap:
        return self._set_of(code, rows, lambda cells: cells == code)

    def _accepted(self, accepts: Callable[[Any], bool]) -> list[int]:
        return [code for value, code in self.codes.items() if accepts(value)]


class NumberColumn(Column):
    """A number; not a number means not asked, infinite means unknown."""

    def __init__(self) -> None:
        super().__init__("d", nan)

    def take_as(self, answer: Value | Gap) -> None:
        self._blank = self._cell(answer)

    def _cell(self, answer: Value | Gap) -> float:
        return float(answer) if isinstance(answer, int | float) else inf

    def put(self, row: int, answer: Value | Gap) -> None:
        self._set(row, self._cell(answer))

    def asked(self, rows: int) -> Bitmap:
        if not isnan(self._blank):
            return self._set_of("asked", rows, lambda cells: np.ones(len(cells), np.bool_))
        return self._set_of("asked", rows, lambda cells: ~np.isnan(cells))

    def known(self, rows: int) -> Bitmap:
        return self._set_of("known", rows, np.isfinite)

    def among(self, values: Iterable[Scalar], rows: int) -> list[Bitmap]:
        numbers = [value for value in values if not isinstance(value, str)]
        return [self.within(number, number, rows) for number in numbers]

    def within(self, low: float, high: float, rows: int) -> Bitmap:
        """The calls with a number from `low` to `high`."""

        def flags(cells: Cells) -> Flags:
            found: Flags = (cells >= low) & (cells <= high) & np.isfinite(cells)
            return found

        return self._set_of((low, high), rows, flags)

    def above(self, number: float, rows: int) -> Bitmap:
        return self._set_of(("above", number), rows, lambda cells: cells > number)


class MultiColumn(Column):
    """Several values at once: a bit for each. Bit 0: not established; bit 1: answered."""

    NOT_ESTABLISHED, ANSWERED = 1, 2

    def __init__(self, values: Iterable[str]) -> None:
        super().__init__("Q", 0)
        self._bits = {value: 1 << place for place, value in enumerate(values, start=2)}

    def take_as(self, answer: Value | Gap) -> None:
        self._blank = self._cell(answer)

    def _cell(self, answer: Value | Gap) -> int:
        if not isinstance(answer, tuple):
            return self.NOT_ESTABLISHED
        return self.ANSWERED + sum(self._bits[value] for value in answer)

    def put(self, row: int, answer: Value | Gap) -> None:
        self._set(row, self._cell(answer))

    def asked(self, rows: int) -> Bitmap:
        return self._set_of("asked", rows, lambda cells: cells != 0)

    def known(self, rows: int) -> Bitmap:
        return self._with_bit(self.ANSWERED, rows)

    def among(self, values: Iterable[Scalar], rows: int) -> list[Bitmap]:
        bits = (self._bits.get(str(value)) for value in values)
        return [self._with_bit(bit, rows) for bit in bits if bit is not None]

    def _with_bit(self, bit: int, rows: int) -> Bitmap:
        return self._set_of(bit, rows, lambda cells: (cells & np.uint64(bit)) != 0)
