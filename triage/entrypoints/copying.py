"""Copying an SQLite database that is in use, once or for ever."""

import os
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import click

from triage.context import AppContext
from triage.services import copies

ACTOR = "operator"
_PARTIAL = ".partial"


class NotWhole(Exception):
    """The copy that was just made cannot be read."""


def copy_to(context: AppContext, to: Path) -> int:
    """Make one copy, look whether it is whole, put it on the disk, and note it.

    Returns its size in bytes. Raises NotWhole; nothing that is not whole stays at `to`.
    """
    partial = to.with_name(to.name + _PARTIAL)
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)  # nobody else reads it, not even while it grows
    try:
        with context.database.engine.connect() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(partial),))
        with closing(sqlite3.connect(f"file:{partial}?mode=ro", uri=True)) as copy:
            if not is_whole(copy):
                raise NotWhole
        _onto_the_disk(partial)
        partial.rename(to)
        _onto_the_disk(to.parent)
    finally:
        partial.unlink(missing_ok=True)
    size = to.stat().st_size
    context.do(ACTOR, lambda uow: copies.note(uow, str(to), size))
    return size


def keep_copying(context: AppContext, folder: Path, every_s: int, keep: int) -> None:
    """A copy every so often until SIGTERM or SIGINT; the newest `keep` stay.

    A copy that fails is told and tried again at the next time: the watcher tells the rest.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    while not stopping.is_set():
        try:
            with context.reading() as uow:
                name = f"triage-{uow.now:%Y%m%dT%H%M%S}Z.sqlite"
            size = copy_to(context, folder / name)
            _thin_out(folder, keep)
            click.echo(f"{name}: {size:,} bytes")
        except Exception as error:
            click.echo(f"no copy was made: {type(error).__name__}", err=True)
        stopping.wait(every_s)


def _thin_out(folder: Path, keep: int) -> None:
    """Only copies of ours; their names sort by time."""
    for left in folder.glob(f"triage-*Z.sqlite{_PARTIAL}"):
        left.unlink()
    for old in sorted(folder.glob("triage-*Z.sqlite"))[:-keep]:
        old.unlink()


def _onto_the_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_whole(copy: sqlite3.Connection) -> bool:
    try:
        return bool(copy.execute("PRAGMA integrity_check").fetchone() == ("ok",))
    except sqlite3.DatabaseError:
        return False
