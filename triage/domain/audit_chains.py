"""The audit trail as chains: each line names the one before it, by a key outside the database.

A line has a place in one of several chains, `seq`, counted from 1 without a gap, and a seal: a
keyed hash (HMAC) of the seal before it and of all that the line says. Who alters, removes, adds or
swaps lines without the key breaks the chain there; who cuts off its end, or puts yesterday's
database in its place, is found by the seals that were written down elsewhere (`Head`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import NamedTuple, Protocol
from uuid import UUID

from triage.domain.errors import TriageError

Seal = Callable[[bytes, bytes], bytes]
"""Of the seal before and what a line says, its own seal."""
FIRST = b""
"""What stands before the first line of each chain."""
OUT_OF_ORDER = 250_000
"""Lines are read by their keys, and those of one chain follow each other but for the time that a
unit of work takes, or that a clock was set back; after so many a line does not come any more."""

TOLD = 1_000
"""Of lines without a chain, so many places at most."""


class Head(NamedTuple):
    """How far a chain has come: the place, seal and key of its last line."""

    seq: int
    seal: bytes
    line: UUID | None


class Line(NamedTuple):
    """One line as the database has it."""

    id: UUID
    at: datetime
    chain: int | None
    seq: int | None
    seal: bytes | None
    said: bytes
    """See `said`."""


class Anchor(NamedTuple):
    """How far each chain was at an instant, written down outside the database.

    kept -- an older copy of the database was put in place before, and somebody said so: up to which
    place of each chain that copy has what was written down before. None: nobody said so."""

    at: datetime
    heads: Mapping[int, Head]
    kept: Mapping[int, int] | None
    after: str
    """The seal of the anchor before."""
    seal: str


class DamagedAnchors(TriageError):
    """A line of the anchors was altered or is gone."""


class Anchors(Protocol):
    """Where anchors are kept. All raise OSError and DamagedAnchors."""

    def write(
        self, at: datetime, heads: Mapping[int, Head], *, kept: Mapping[int, int] | None = None
    ) -> None: ...
    def last(self) -> Anchor | None: ...
    def all(self) -> Iterator[Anchor]: ...
    def restored(self) -> Iterator[Anchor]: ...


class Known(Protocol):
    """What was written down elsewhere of single lines: see `outside.Outside`."""

    def seal_of(self, chain: int, seq: int) -> bytes | None: ...
    def ends(self) -> Mapping[int, int]: ...


class Saying(NamedTuple):
    """What a line says beside its details."""

    id: UUID
    at: datetime
    actor: str
    event: str
    table: str
    subject: UUID
    call: UUID | None


def said(chain: int, seq: int, saying: Saying, details: str) -> bytes:
    """All that a line says, in one way only. details -- as JSON, as the database has it."""
    line, at, actor, event, table, subject, call = saying
    keys = f"{line.hex} {subject.hex} {call.hex if call else ''}"
    time = at.astimezone(UTC).isoformat()
    # What is of any length is told with its length, so that nothing reads as something else.
    words = f"{len(actor)}:{actor} {len(event)}:{event} {len(table)}:{table}"
    return f"{chain} {seq} {keys} {time} {words} {details}".encode()


@dataclass(frozen=True)
class Break:
    """One place where the trail is not as it was written.

    what -- `altered`, `missing`, `twice`, `unchained`, `beyond`: behind the end of its chain, or
    `elsewhere`: not what was written down outside. seq and through -- the first and last of it.
    at and line -- of what stands there.
    """

    what: str
    chain: int | None
    seq: int | None
    through: int | None = None
    at: datetime | None = None
    line: UUID | None = None


@dataclass
class _Chain:
    head: Head
    """How far it must go."""
    seq: int = 0
    seal: bytes | None = FIRST
    """Of the last line read; None where that is missing."""
    early: dict[int, Line] = field(default_factory=dict)


@dataclass
class Walk:
    """All lines, in the order of their keys, one after the other."""

    heads: Mapping[int, Head]
    """As they were before the first line was read: what came later may not be seen whole."""
    seal: Seal
    others_end_within: timedelta
    """For so long after the first line of a chain others without one were written: by the release
    before."""
    known: "Known | None" = None
    """What was written down elsewhere."""
    lines: int = 0
    unchained: int = 0
    _began: datetime | None = None
    """When the first line of a chain was written. As the line says, whom nobody can alter."""
    _unchained: list[tuple[datetime, UUID]] = field(default_factory=list)
    """The newest of those without a chain."""
    _chains: dict[int, _Chain] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._chains = {chain: _Chain(head) for chain, head in self.heads.items()}

    def take(self, line: Line) -> Iterator[Break]:
        self.lines += 1
        if line.chain is None or line.seq is None:
            self.unchained += 1
            heappush(self._unchained, (line.at, line.id))
            if len(self._unchained) > TOLD:
                heappop(self._unchained)
            return
        if line.seq == 1:
            self._began = min(self._began or line.at, line.at)
        chain = self._chains.setdefault(line.chain, _Chain(Head(0, FIRST, None)))
        if line.seq <= chain.seq or line.seq in chain.early:
            yield Break("twice", line.chain, line.seq, None, line.at, line.id)
            return
        chain.early[line.seq] = line
        if len(chain.early) > OUT_OF_ORDER:
            yield from self._skip(line.chain, chain)
        yield from self._follow(chain)

    def _follow(self, chain: _Chain) -> Iterator[Break]:
        while (line := chain.early.pop(chain.seq + 1, None)) is not None:
            chain.seq += 1
            assert line.chain is not None  # noqa: S101 -- it is in one
            right = chain.seal is None or self.seal(chain.seal, line.said) == line.seal
            if not right:
                yield Break("altered", line.chain, line.seq, None, line.at, line.id)
            elif self._known(line.chain, chain.seq) not in (None, line.seal):
                yield Break("elsewhere", line.chain, line.seq, None, line.at, line.id)
            chain.seal = line.seal

    def _known(self, chain: int, seq: int) -> bytes | None:
        return self.known.seal_of(chain, seq) if self.known else None

    def _beyond(self, number: int, chain: _Chain, heads: Mapping[int, Head]) -> Iterator[Break]:
        end = max(chain.head.seq, heads[number].seq if number in heads else 0)
        for seq, line in sorted(chain.early.items()):
            if seq > end:
                yield Break("beyond", number, seq, None, line.at, line.id)

    def _late(self) -> Iterator[Break]:
        for at, key in sorted(self._unchained):
            if self._began and at > self._began + self.others_end_within:
                yield Break("unchained", None, None, None, at, key)

    def _skip(self, number: int, chain: _Chain) -> Iterator[Break]:
        """Go on behind what is missing."""
        following = min(chain.early)
        line = chain.early[following]
        yield Break("missing", number, chain.seq + 1, following - 1, line.at, line.id)
        chain.seq, chain.seal = following - 1, None

    def end(self, heads: Mapping[int, Head]) -> Iterator[Break]:
        """What is known only when all was read. heads -- as they are now."""
        yield from self._late()
        for number, chain in sorted(self._chains.items()):
            while chain.early and min(chain.early) <= chain.head.seq:
                yield from self._skip(number, chain)
                yield from self._follow(chain)
            if chain.seq < chain.head.seq:
                yield Break("missing", number, chain.seq + 1, chain.head.seq)
            elif chain.seq == chain.head.seq and (chain.seal or FIRST) != chain.head.seal:
                yield Break("altered", number, chain.seq)
            yield from self._beyond(number, chain, heads)
        for number, seq in (self.known.ends() if self.known else {}).items():
            there = self._chains.get(number)
            reached = max(there.seq if there else 0, heads[number].seq if number in heads else 0)
            if reached < seq:
                yield Break("elsewhere", number, reached + 1, seq)
