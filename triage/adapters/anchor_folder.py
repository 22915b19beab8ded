"""How far the audit trail has come, written down where the owner of the database cannot reach.

One file a month, one line a minute: JSON, and behind it a keyed hash (HMAC) of the line before and
of this one, so that none is altered or taken out unseen.
"""

import fcntl
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from triage.domain.audit_chains import Anchor, DamagedAnchors, Head, Seal

_LAST_BYTES = 65_536
"""More than two lines, however many chains there are."""


class AnchorFolder:
    """The files of one watcher, or of several of one machine."""

    def __init__(self, folder: Path, seal: Seal) -> None:
        self.folder = folder
        self._seal = seal

    def write(self, at: datetime, heads: Mapping[int, Head], *, restored: bool = False) -> None:
        """Add a line, on the disk when this returns. Raises OSError."""
        file = self.folder / f"anchors-{at:%Y-%m}.txt"
        with file.open("ab+") as open_file:
            fcntl.flock(open_file, fcntl.LOCK_EX)
            before = self._last_of(open_file) or self.last()
            after = before.seal if before else ""
            told = {
                "at": at.isoformat(),
                "after": after,
                "restored": restored,
                "heads": {
                    chain: [head.seq, head.seal.hex(), head.line and head.line.hex]
                    for chain, head in heads.items()
                },
            }
            text = json.dumps(told, separators=(",", ":"))
            open_file.write(f"{text} {self._sealed(text, after)}\n".encode())

    def last(self) -> Anchor | None:
        """The newest line. Raises OSError, DamagedAnchors."""
        for file in reversed(self._files()):
            with file.open("rb") as open_file:
                if found := self._last_of(open_file):
                    return found
        return None

    def all(self) -> Iterator[Anchor]:
        """All lines, the oldest first. Raises OSError, DamagedAnchors."""
        before: Anchor | None = None
        for file in self._files():
            with file.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    anchor = self._read(line, f"{file.name}, line {number}")
                    if before is not None and anchor.after != before.seal:
                        raise DamagedAnchors(
                            f"{file.name}, line {number}: the line before it is gone"
                        )
                    yield anchor
                    before = anchor

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("anchors-*.txt"))

    def _last_of(self, file: BinaryIO) -> Anchor | None:
        end = file.seek(0, 2)
        file.seek(max(0, end - _LAST_BYTES))
        lines = file.read().splitlines(keepends=True)
        return self._read(lines[-1], "the last line of the anchors") if lines else None

    def _read(self, line: bytes, where: str) -> Anchor:
        try:
            text, sealed = line.decode().rstrip("\n").rsplit(" ", 1)
            told = json.loads(text)
            heads = {
                int(chain): Head(seq, bytes.fromhex(its), UUID(entry) if entry else None)
                for chain, (seq, its, entry) in told["heads"].items()
            }
            at, after, restored = told["at"], told["after"], told["restored"]
        except (ValueError, KeyError, TypeError):
            raise DamagedAnchors(f"{where} is no anchor") from None
        if sealed != self._sealed(text, after):
            raise DamagedAnchors(f"{where} was altered, or is of another installation")
        return Anchor(datetime.fromisoformat(at), heads, restored, after, sealed)

    def _sealed(self, text: str, after: str) -> str:
        return self._seal(after.encode(), text.encode()).hex()
