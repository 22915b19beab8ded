"""How far the audit trail has come, written down where the owner of the database cannot reach.

One file a month, one line a minute: JSON, and behind it a keyed hash (HMAC) of the line before and
of this one, so that none is altered or taken out unseen. A line that was broken off, by a full disk
or a power cut, is passed over: the next one says what it follows.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from triage.domain.audit_chains import Anchor, DamagedAnchors, Head, Seal

_ORDINARY = b'"kept":null'
_LAST_BYTES = 1 << 20
"""More than a hundred lines, however many chains there are."""


class AnchorFolder:
    """The files of one watcher, or of several of one machine."""

    def __init__(self, folder: Path, seal: Seal) -> None:
        self.folder = folder
        self._seal = seal

    def write(
        self, at: datetime, heads: Mapping[int, Head], *, kept: Mapping[int, int] | None = None
    ) -> None:
        """Add a line, on the disk when this returns. Raises OSError, DamagedAnchors."""
        with self._alone():
            # Never before the newest: a clock that was set back must not change the order.
            name = f"anchors-{at:%Y-%m}.txt"
            file = max([self.folder / name, *self._files()])
            before = self.last()
            after = before.seal if before else ""
            told = {
                "at": at.isoformat(),
                "after": after,
                "kept": kept,
                "heads": {
                    chain: [head.seq, head.seal.hex(), head.line and head.line.hex]
                    for chain, head in heads.items()
                },
            }
            text = json.dumps(told, separators=(",", ":"))
            line = f"{text} {self._sealed(text, after)}\n".encode()
            with file.open("ab+") as open_file:
                open_file.write(line if _is_whole(open_file) else b"\n" + line)
                open_file.flush()
                os.fsync(open_file.fileno())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other watcher writes, to whichever file."""
        with (self.folder / "anchors.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def last(self) -> Anchor | None:
        """The newest line. Raises OSError, DamagedAnchors."""
        for file in reversed(self._files()):
            with file.open("rb") as open_file:
                open_file.seek(max(0, open_file.seek(0, os.SEEK_END) - _LAST_BYTES))
                for line in reversed(open_file.read().splitlines(keepends=True)):
                    if found := self._read(line, "the last line of the anchors"):
                        return found
        return None

    def all(self) -> Iterator[Anchor]:
        """All lines, the oldest first. Raises OSError, DamagedAnchors."""
        before: str | None = None  # the oldest files may have been put away
        for file in self._files():
            with file.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    where = f"{file.name}, line {number}"
                    if (anchor := self._read(line, where)) is None:
                        continue
                    if before is not None and anchor.after != before:
                        raise DamagedAnchors(f"{where}: the line before it is gone")
                    yield anchor
                    before = anchor.seal

    def restored(self) -> Iterator[Anchor]:
        """Those at which an older copy of the database was put in place, the oldest first; without
        reading what the others say. Raises OSError, DamagedAnchors."""
        for file in self._files():
            with file.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    where = f"{file.name}, line {number}"
                    if _ORDINARY not in line and (anchor := self._read(line, where)):
                        yield anchor

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("anchors-*.txt"))

    def _read(self, line: bytes, where: str) -> Anchor | None:
        """None where it was broken off: whoever does that to a whole one breaks what follows it."""
        try:
            text, sealed = line.decode().rstrip("\n").rsplit(" ", 1)
            told = json.loads(text)
            heads = {
                int(chain): Head(seq, bytes.fromhex(its), UUID(entry) if entry else None)
                for chain, (seq, its, entry) in told["heads"].items()
            }
            at, after, kept = told["at"], told["after"], told["kept"]
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        right = self._sealed(text, after)
        if len(sealed) < len(right):
            return None
        if sealed != right:
            raise DamagedAnchors(f"{where} was altered, or is of another installation")
        known = None if kept is None else {int(chain): seq for chain, seq in kept.items()}
        return Anchor(datetime.fromisoformat(at), heads, known, after, sealed)

    def _sealed(self, text: str, after: str) -> str:
        return self._seal(after.encode(), text.encode()).hex()


def _is_whole(file: BinaryIO) -> bool:
    """Does it end where a line ends?"""
    if not file.seek(0, os.SEEK_END):
        return True
    file.seek(-1, os.SEEK_END)
    return file.read() == b"\n"
