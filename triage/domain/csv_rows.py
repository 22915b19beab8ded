"""Rows of a CSV file that somebody else wrote: each is read, or refused with its line.

And the other way: cells that a spreadsheet takes for text.
"""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from triage.domain.errors import TriageError

LINE_LENGTH = 1_000_000
TOO_LONG = "\0too long"
"""What whoever reads the file hands in for a line of more than LINE_LENGTH characters."""


_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")


class FileRefused(TriageError):
    """The file as a whole is not what the import map describes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record. `line` is where it begins, counted from 1."""

    line: int
    cells: Mapping[str, str]
    """By column, without surrounding spaces."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A record that cannot be used.

    reason -- a fixed phrase, to be counted; detail -- what is wrong with this one.
    """

    line: int
    reason: str
    detail: str = ""


def read_rows(
    lines: Iterable[str], columns: Collection[str], delimiter: str = ","
) -> Iterator[Row | BadRow]:
    """Read a header and records one by one; nothing is held back or looked up ahead.

    lines -- with their line ends, undecodable bytes as lone surrogates (`surrogateescape`).
    columns -- that must be there. Others are passed through.

    Raises FileRefused before the first row, naming what is missing.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        header = [_trimmed(name) for name in next(reader, [])]
    except csv.Error as error:
        raise FileRefused(f"the first line is not a CSV header: {error}") from None
    _check_header(header, columns, delimiter)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(line, "not CSV", _where(line, reader.line_num, str(error)))
            continue
        if record:  # a blank line is no record
            yield _row(line, header, record)


def as_text(cell: str) -> str:
    """The cell, so that a spreadsheet shows it and never reckons with it.

    What another system calls a call may begin like a formula, and a formula may do anything.
    """
    return f"'{cell}" if cell.startswith(_FORMULA_BEGINS) else cell


def _row(line: int, header: list[str], record: list[str]) -> Row | BadRow:
    text = "".join(record)
    if TOO_LONG in text:
        return BadRow(line, "line too long", f"more than {LINE_LENGTH:,} characters")
    if "\0" in text:
        return BadRow(line, "NUL character")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        return BadRow(line, "wrong encoding", "bytes that are not in the map's encoding")
    if len(record) != len(header):
        return BadRow(
            line, "ragged row", f"{len(record)} cells, where the header has {len(header)}"
        )
    return Row(line, {name: _trimmed(cell) for name, cell in zip(header, record, strict=True)})


def _check_header(header: list[str], columns: Collection[str], delimiter: str) -> None:
    if not any(header):
        raise FileRefused("the file is empty: not even a header")
    twice = sorted({name for name in header if header.count(name) > 1})
    missing = [name for name in columns if name not in header]
    if twice:
        raise FileRefused(f"columns stand there twice: {', '.join(twice)}")
    if missing:
        other = next((d for d in ";\t|," if d != delimiter and d in header[0]), None)
        hint = f" (is it separated by {other!r}? the map says {delimiter!r})" if other else ""
        raise FileRefused(f"columns are missing: {', '.join(missing)}{hint}")


def _trimmed(cell: str) -> str:
    return cell.strip(" \t\u00a0\ufeff")


def _where(first: int, last: int, error: str) -> str:
    return error if last <= first else f"{error} (lines {first} to {last} are one record)"
