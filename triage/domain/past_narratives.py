"""What callers said in past calls, searched for the words that rules look for.

A term is searched once; later calls are searched for the known terms when somebody next asks.
"""

from collections.abc import Iterable

from triage.domain.bitmaps import WORD, Bitmap, nobody, of_rows
from triage.domain.narrative import Listener, fold


class Narratives:
    """The folded texts, and for each term searched so far the calls that contain it."""

    def __init__(self) -> None:
        self._rows: list[int] = []
        self._texts: list[str] = []
        self._folded = 0
        """So many of the texts have been folded."""
        self._found: dict[str, Bitmap] = {}
        """Calls by term."""
        self._searched: dict[str, int] = {}
        """By term, so many of the texts have been searched for it."""

    def add(self, row: int, narrative: str) -> None:
        self._rows.append(row)
        self._texts.append(narrative)

    def search(self, terms: Iterable[str]) -> None:
        """Make sure that every text has been searched for these terms."""
        behind: dict[int, list[str]] = {}
        for term in dict.fromkeys(terms):
            if (done := self._searched.get(term, 0)) < len(self._texts):
                behind.setdefault(done, []).append(term)
        for done, wanted in behind.items():
            self._search(wanted, done)

    def containing(self, term: str, rows: int) -> Bitmap:
        """The calls in which the term was said."""
        if self._searched.get(term, 0) < len(self._texts):
            self.search([term])
        return _grown(self._found.get(term), rows)

    def _search(self, terms: list[str], start: int) -> None:
        self._fold()
        listener = Listener(terms)
        found: dict[str, list[int]] = {}
        for row, text in zip(self._rows[start:], self._texts[start:], strict=True):
            for term in listener.hear_folded(text):
                found.setdefault(term, []).append(row)
        rows = self._rows[-1] + 1
        for term, calls in found.items():
            self._found[term] = _grown(self._found.get(term), rows) | of_rows(calls, rows)
        self._searched.update(dict.fromkeys(terms, len(self._texts)))

    def _fold(self) -> None:
        self._texts[self._folded :] = map(fold, self._texts[self._folded :])
        self._folded = len(self._texts)


def _grown(bits: Bitmap | None, rows: int) -> Bitmap:
    """The same calls in a set with room for so many; not to be changed."""
    if bits is not None and len(bits) == -(-rows // WORD):
        return bits
    grown = nobody(rows)
    if bits is not None:
        grown[: len(bits)] = bits
    return grown
