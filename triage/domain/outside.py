"""What was written down outside the database about each line of the audit trail, as it is read.

There are half a million anchors a year, each with the end of every chain: they are read beside the
lines, only so far ahead as the lines ask for, and forgotten behind them.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime

from triage.domain.audit_chains import Anchor


class Outside:
    """The anchors, the oldest first, read once.

    restored -- those of them at which an older copy of the database was put in place: of what was
    written down before, only what that copy has is compared (`Anchor.kept`).
    """

    def __init__(self, anchors: Iterable[Anchor] = (), restored: Iterable[Anchor] = ()) -> None:
        self.count = 0
        self.last: datetime | None = None
        self._left = iter(anchors)
        self._restored = deque(restored)
        self._furthest: dict[int, int] = {}
        self._ahead: dict[int, deque[tuple[int, bytes]]] = {}

    def seal_of(self, chain: int, seq: int) -> bytes | None:
        """What was written down of this line; None: nothing. The lines of a chain are asked for in
        their order."""
        while self._furthest.get(chain, 0) < seq and self._read():
            pass
        ahead = self._ahead.get(chain, ())
        while ahead and ahead[0][0] < seq:
            ahead.popleft()
        return ahead.popleft()[1] if ahead and ahead[0][0] == seq else None

    def ends(self) -> Mapping[int, int]:
        """How far each chain was, by all of them. Asked when no line is left."""
        while self._read():
            self._ahead.clear()
        return self._furthest

    def _read(self) -> bool:
        anchor = next(self._left, None)
        if anchor is None:
            return False
        if self._restored and self._restored[0].seal == anchor.seal:
            self._restored.popleft()
        for chain, head in anchor.heads.items():
            lost = any(head.seq > (one.kept or {}).get(chain, 0) for one in self._restored)
            if not lost and head.seq > self._furthest.get(chain, 0):
                self._furthest[chain] = head.seq
                self._ahead.setdefault(chain, deque()).append((head.seq, head.seal))
        self.count += 1
        self.last = anchor.at
        return True
