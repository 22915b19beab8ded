"""`triage replay`: a file of real calls through the service."""

import codecs
import tomllib
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import click

from triage.context import AppContext
from triage.domain.csv_rows import LINE_LENGTH, TOO_LONG, BadRow, FileRefused, read_rows
from triage.domain.import_maps import ImportMapError, read_import_map
from triage.domain.imports import (
    ImportMap,
    LeftOut,
    PastCall,
    in_order_of_time,
    read_past_call,
)
from triage.entrypoints.commands.replay_pace import Pace
from triage.entrypoints.commands.replay_tally import Tally
from triage.services import replays
from triage.settings import ROOT

MAPS = ROOT / "config" / "import_maps"
BATCH = 50
"""Calls in one transaction: a live dispatcher on the same database waits well under a second."""

_OTHER_FILES = {
    b"PK\x03\x04": "a zip or Excel file",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"%PDF": "a PDF",
    b"SQLite format": "a database",
}


@click.command(
    epilog="Example: triage replay calls.csv --map alexandria; "
    "triage replay calls.csv --map alexandria --page --speed 60 --limit 20"
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--map", "map_", required=True, metavar="MAP", help="A name in config/import_maps, or a file."
)
@click.option("--limit", type=click.IntRange(1), help="Stop after so many calls that concern us.")
@click.option(
    "--speed",
    type=click.FloatRange(0, min_open=True),
    help="Keep the calls' spacing, so many times faster: 60 makes an hour a minute.",
)
@click.option("--page", is_flag=True, help="Let the calls come in now, with simulated telephones.")
@click.option(
    "--errors",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where refused rows are listed; FILE's name with .refused.csv otherwise.",
)
@click.pass_context
def replay(
    ctx: click.Context,
    file: Path,
    map_: str,
    limit: int | None,
    speed: float | None,
    page: bool,
    errors: Path | None,
) -> None:
    """Take in a file of past calls, assess each as it was, and count what was decided.

    Stored as replayed: nobody is paged and nothing falls due. Running it again takes in only what
    is not there yet. With --page the calls come in as if they were new, and the clock of this
    database moves on by the time between them.
    """
    context: AppContext = ctx.obj.context()
    mapping = _read_map(map_, context)
    tally = Tally(errors or Path(f"{file.stem}.refused.csv"), file.name)
    pace = Pace(context, speed, moved=page)
    if page:
        pace.check()
    try:
        with _open(file, mapping.encoding) as text, tally.progress(file.stat().st_size) as bar:
            calls = islice(_calls(text, mapping, tally, bar), limit)
            if page:
                _run(context, mapping, in_order_of_time(calls), pace, tally)
            else:
                _record(context, mapping, calls, pace, tally)
    except KeyboardInterrupt:
        tally.interrupted = True
    finally:
        tally.close()
    click.echo(tally.summary())


def _record(
    context: AppContext, mapping: ImportMap, calls: Iterator[PastCall], pace: Pace, tally: Tally
) -> None:
    size = 1 if pace.speed else BATCH
    while batch := list(islice(calls, size)):
        pace.wait_for(batch[0].received_at)
        work = partial(replays.record, centre=context.centre, mapping=mapping, batch=batch)
        tally.add(context.do(replays.ACTOR, work))


def _run(
    context: AppContext, mapping: ImportMap, calls: Iterator[PastCall], pace: Pace, tally: Tally
) -> None:
    for past in calls:
        pace.wait_for(past.received_at)
        work = partial(replays.run, centre=context.centre, mapping=mapping, past=past)
        tally.add([context.do(replays.ACTOR, work)])
    pace.let_work()


def _read_map(name: str, context: AppContext) -> ImportMap:
    """Raises ImportMapError."""
    named = MAPS / f"{name}.toml"
    file = named if named.parent == MAPS and named.is_file() else Path(name)
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        known = ", ".join(sorted(one.stem for one in MAPS.glob("*.toml")))
        why = f"{file}: {error}" if file.is_file() else f"there is no {name}; there are: {known}"
        raise ImportMapError([why]) from None
    return read_import_map(raw, context.centre.vocabulary)


def _open(file: Path, encoding: str) -> TextIO:
    """The file as text, line ends as they are. Raises FileRefused for what is not text."""
    with file.open("rb") as raw:
        begins = raw.read(4096)
    for magic, kind in _OTHER_FILES.items():
        if begins.startswith(magic):
            raise FileRefused(f"this is {kind}, not CSV: save it as CSV in UTF-8")
    if b"\0" in begins.partition(b"\n")[0]:
        raise FileRefused("this is not text: there are NUL characters in its first line")
    if codecs.lookup(encoding).name == "utf-8":
        encoding = "utf-8-sig"  # the same, and a byte order mark is passed over
    return file.open(encoding=encoding, errors="surrogateescape", newline="")


def _calls(text: TextIO, mapping: ImportMap, tally: Tally, bar: Any) -> Iterator[PastCall]:
    """The calls that concern us, one after the other; all other rows are counted."""
    done = 0
    for row in read_rows(_lines(text), mapping.needed, mapping.delimiter):
        tally.rows += 1
        read = row if isinstance(row, BadRow) else read_past_call(mapping, row)
        if isinstance(read, PastCall):
            tally.note(read)
            yield read
        elif isinstance(read, LeftOut):
            tally.left_out[read.reason] += 1
        else:
            tally.refuse(read.line, read.reason, read.detail)
        if (at := text.buffer.tell()) > done:
            bar.update(at - done)
            done = at


def _lines(text: TextIO) -> Iterator[str]:
    """Lines with their ends; whatever their length, no more than 1 MB of one is held."""
    while line := text.readline(LINE_LENGTH):
        if len(line) < LINE_LENGTH:
            yield line
            continue
        while len(text.readline(LINE_LENGTH)) == LINE_LENGTH:
            pass
        yield f"{TOO_LONG}\n"
