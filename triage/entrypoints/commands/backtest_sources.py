"""Where the past calls of a back-test come from: a file of them, or the centre's database."""

import tomllib
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from pathlib import Path
from uuid import UUID

from triage.context import AppContext
from triage.domain.call_reading import decode_call
from triage.domain.csv_rows import BadRow, read_rows
from triage.domain.errors import InvalidCall, TriageError
from triage.domain.facts import Vocabulary
from triage.domain.import_maps import ImportMapError, read_import_map
from triage.domain.imports import ImportMap, LeftOut, PastCall, read_past_call
from triage.services import backtests
from triage.services.backtests import LABELS, Past
from triage.settings import ROOT

MAPS = ROOT / "config" / "import_maps"
MOST_BYTES = 1_000_000
"""Of one line."""
MOST_IN_LABEL = 40
"""Characters, as of a zone or a language that comes with a call."""
Advance = Callable[[int], None]
"""Told how many bytes, or calls, have been read since it was last told."""


class NotACall(TriageError):
    """One call that cannot be used; the others can."""


def from_lines(file: Path, advance: Advance) -> Iterator[Past | NotACall]:
    """One call a line, as `triage assess --lines` reads them. Empty lines count, but are none.

    Beside facts, narrative and situation a line may say the labels of its call.
    """
    with file.open("rb") as lines:
        number = 0
        while line := lines.readline(MOST_BYTES + 1):
            number += 1
            advance(len(line))
            if len(line) > MOST_BYTES:
                yield NotACall(f"line {number}: a call has at most {MOST_BYTES:,} bytes")
                while not line.endswith(b"\n") and (line := lines.readline(MOST_BYTES)):
                    advance(len(line))
            elif line.strip():
                yield _decoded(number, line)


def _decoded(number: int, line: bytes) -> Past | NotACall:
    try:
        raw = decode_call(line)
    except InvalidCall as error:
        return NotACall(f"line {number}: {error}")
    labels = {}
    if isinstance(raw, dict):
        # Whatever else it is stays where it is, and is refused with the call.
        labels = {name: raw[name] for name in LABELS if _is_label(raw.get(name))}
        raw = {name: value for name, value in raw.items() if name not in labels}
    return Past(f"line {number}", raw, labels)


def _is_label(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MOST_IN_LABEL and value.isprintable()


def from_rows(file: Path, mapping: ImportMap, advance: Advance) -> Iterator[Past | NotACall]:
    """The rows of another system's CSV that concern us, as `triage replay` reads them.

    A call that stands there twice, exported again or opened again, counts once.
    """
    seen: set[str] = set()
    encoding = "utf-8-sig" if mapping.encoding.lower() in ("utf-8", "utf8") else mapping.encoding
    done = 0
    with (
        file.open("rb") as raw,
        TextIOWrapper(raw, encoding, "surrogateescape", newline="") as text,
    ):
        lines = iter(text.readline, "")
        for row in read_rows(lines, mapping.needed, mapping.delimiter):
            read = row if isinstance(row, BadRow) else read_past_call(mapping, row)
            if isinstance(read, PastCall):
                if (key := read.number or read.row) not in seen:
                    seen.add(key)
                    yield _of_row(mapping, read)
            elif not isinstance(read, LeftOut):
                yield NotACall(f"line {read.line}: {read.reason}")
            advance((at := raw.tell()) - done)
            done = at


def _of_row(mapping: ImportMap, past: PastCall) -> Past:
    local = past.received_at.astimezone(mapping.time_zone).replace(microsecond=0)
    # What is stated under facts though it belongs to the situation is read as if it stood there.
    raw = {"facts": dict(past.answers), "situation": {"now": local.isoformat()}}
    return Past(past.number or f"line {past.line}", raw)


def read_map(name: str, vocabulary: Vocabulary) -> ImportMap:
    """A map by its name in config/import_maps, or by its file. Raises ImportMapError."""
    named = MAPS / f"{name}.toml"
    file = named if named.parent == MAPS and named.is_file() else Path(name)
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        known = ", ".join(sorted(one.stem for one in MAPS.glob("*.toml")))
        why = f"{file}: {error}" if file.is_file() else f"there is no {name}; there are: {known}"
        raise ImportMapError([why]) from None
    return read_import_map(raw, vocabulary)


def from_database(context: AppContext, advance: Advance) -> Iterator[Past | NotACall]:
    """Every call that was assessed, with the answers it had when it last was."""
    last: UUID | None = None
    while True:
        with context.reading() as uow:
            batch = backtests.after(uow, context.centre, last)
        if not batch:
            return
        yield from batch
        last = batch[-1].id
        advance(len(batch))
