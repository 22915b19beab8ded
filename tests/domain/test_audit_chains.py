"""Whatever is done to a line of the audit trail, reading it again tells where."""

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from triage.domain.audit_chains import FIRST, Anchor, Break, Head, Line, Saying, Walk, said
from triage.domain.outside import Outside

HOUR = timedelta(hours=1)
BEGAN = datetime(2026, 11, 30, 12, tzinfo=UTC)
FIELDS = ("chain", "seq", "id", "at", "actor", "event", "table", "subject", "call", "details")


def seal(before: bytes, what: bytes) -> bytes:
    return hmac.digest(b"a key", before + what, "sha256")


@dataclass
class Told:
    """A line as columns, each of which somebody may change."""

    seal: bytes
    chain: int
    seq: int
    id: UUID
    at: datetime
    actor: str
    event: str
    table: str
    subject: UUID
    call: UUID | None
    details: str

    def line(self) -> Line:
        saying = Saying(
            self.id, self.at, self.actor, self.event, self.table, self.subject, self.call
        )
        body = said(self.chain, self.seq, saying, self.details)
        return Line(self.id, self.at, self.chain, self.seq, self.seal, body)


@dataclass
class Trail:
    lines: list[Told] = field(default_factory=list)
    heads: dict[int, Head] = field(default_factory=dict)
    outside: list[Anchor] = field(default_factory=list)

    def read(self) -> list[Break]:
        known = Outside(self.outside, [one for one in self.outside if one.kept is not None])
        walk = Walk(self.heads, seal, HOUR, known)
        lines = sorted(self.lines, key=lambda told: told.id)
        found = [b for told in lines for b in walk.take(told.line())]
        return [*found, *walk.end(self.heads)]


def written(seed: int, lines: int, chains: int = 3) -> Trail:
    """Some chains, as units of work that overlap write them: keys are made before the place."""
    chance, trail = Random(seed), Trail()
    for number in range(lines):
        chain = chance.randrange(chains)
        before = trail.heads.get(chain, Head(0, FIRST, None))
        at = BEGAN + timedelta(seconds=number)
        key = UUID(int=(number + chance.randrange(20)) << 64 | number)
        call = UUID(int=chance.getrandbits(128)) if chance.random() < 0.8 else None
        told = Told(
            b"",
            chain,
            before.seq + 1,
            key,
            at,
            f"account:{chance.randrange(9)}",
            chance.choice(["call.opened", "page.sent", "call.looked_at"]),
            "call",
            UUID(int=chance.getrandbits(128)),
            call,
            f'{{"team": "CIT {chance.randrange(99)}"}}',
        )
        told.seal = seal(before.seal, told.line().said)
        trail.lines.append(told)
        trail.heads[chain] = Head(told.seq, told.seal, told.id)
    return trail


def places(breaks: Iterable[Break]) -> set[tuple[int | None, int | None]]:
    return {(one.chain, one.seq) for one in breaks}


def changed(value: object, chance: Random) -> object:
    """The same in kind, with one bit of it turned."""
    if isinstance(value, int):
        return value ^ (1 << chance.randrange(8))
    if isinstance(value, datetime):
        return value + timedelta(microseconds=chance.choice([-1, 1]))
    if isinstance(value, UUID):
        return UUID(int=value.int ^ (1 << chance.randrange(128)))
    if value is None:
        return UUID(int=chance.getrandbits(128))
    data = bytearray(value if isinstance(value, bytes) else str(value).encode())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(7)
    return bytes(data) if isinstance(value, bytes) else data.decode()


def test_what_nobody_touched_is_in_order_however_its_units_of_work_overlapped() -> None:
    for seed in range(20):
        assert written(seed, 300, chains=seed % 5 + 1).read() == []


@pytest.mark.parametrize("column", [*FIELDS, "seal"])
def test_one_bit_of_any_column_of_each_of_a_thousand_lines_is_found(column: str) -> None:
    chance = Random(column)
    for trail in (written(seed, 50) for seed in range(20)):
        for told in trail.lines:
            before = getattr(told, column)
            setattr(told, column, changed(before, chance))
            assert trail.read(), told
            setattr(told, column, before)
        assert trail.read() == []


@given(seed=st.integers(0, 10_000), at=st.integers(0, 59), other=st.integers(0, 59))
@settings(max_examples=200)
def test_the_first_bad_place_is_named(seed: int, at: int, other: int) -> None:
    trail = written(seed, 60)
    told = trail.lines[at]
    told.details = '{"team": "CIT 100"}'
    assert (told.chain, told.seq) in places(trail.read())
    assert len(trail.read()) == 1

    gone = written(seed, 60)
    out = gone.lines.pop(other)
    assert (out.chain, out.seq) in places(gone.read())

    swapped = written(seed, 60)
    one, two = swapped.lines[at], swapped.lines[other]
    one.details, two.details = two.details, one.details
    if one.details != two.details:
        assert {(one.chain, one.seq), (two.chain, two.seq)} <= places(swapped.read())


def anchor(told: Told, kept: Mapping[int, int] | None = None, seal: str = "1") -> Anchor:
    """Written down outside when that was the last line of its chain."""
    return Anchor(told.at, {told.chain: Head(told.seq, told.seal, told.id)}, kept, "", seal)


def replaced(trail: Trail) -> None:
    """Yesterday's copy in its place, in which other things happened since."""
    trail.outside = [Anchor(BEGAN, {**trail.heads}, None, "", "1")]
    other = written(99, 80)
    trail.lines, trail.heads = other.lines, other.heads


def cut_off(trail: Trail) -> None:
    """The last line, and the end of the chain set back to what stands before it."""
    last = trail.lines.pop()
    trail.outside = [anchor(last)]
    before = [told for told in trail.lines if told.chain == last.chain][-1]
    trail.heads[last.chain] = Head(before.seq, before.seal, before.id)


def added(trail: Trail) -> None:
    """A line of one's own behind the last one."""
    last = trail.lines[-1]
    more = Told(**{**vars(last), "seq": last.seq + 1, "id": UUID(int=last.id.int + (1 << 70))})
    trail.lines.append(more)
    trail.heads[last.chain] = Head(more.seq, more.seal, more.id)


def doubled(trail: Trail) -> None:
    last = trail.lines[-1]
    trail.lines.append(Told(**{**vars(last), "id": UUID(int=last.id.int + 1)}))


def far_behind(trail: Trail) -> None:
    """A line of one's own, so far on that none comes in between."""
    last = trail.lines[-1]
    of_own = {"seq": last.seq + 1_000, "id": UUID(int=last.id.int + 1)}
    trail.lines.append(Told(**{**vars(last), **of_own}))


def of_another_chain(trail: Trail) -> None:
    last = trail.lines[-1]
    of_own = {"chain": 99, "seq": 5, "id": UUID(int=last.id.int + 1)}
    trail.lines.append(Told(**{**vars(last), **of_own}))


@pytest.mark.parametrize("hand", [replaced, cut_off, added, doubled, far_behind, of_another_chain])
def test_what_the_owner_of_the_database_can_do_is_found(hand: Callable[[Trail], None]) -> None:
    trail = written(5, 80)
    hand(trail)
    assert trail.read()


def test_a_line_out_of_its_chain_is_found_twice_over() -> None:
    trail = written(5, 80)
    lines = [told.line() for told in sorted(trail.lines, key=lambda told: told.id)]
    late = BEGAN + HOUR + timedelta(minutes=2)
    lines[30] = lines[30]._replace(chain=None, seq=None, seal=None, at=late)
    walk = Walk(trail.heads, seal, HOUR)
    found = [*(b for line in lines for b in walk.take(line)), *walk.end(trail.heads)]
    assert [one.what for one in found] == ["unchained", "missing"]
    assert walk.unchained == 1


def test_lines_from_before_the_chains_are_counted_and_not_told() -> None:
    trail = written(5, 80)
    old = Line(UUID(int=1), BEGAN - timedelta(days=1), None, None, None, b"")
    walk = Walk(trail.heads, seal, HOUR)
    assert not [*walk.take(old)]
    assert (walk.lines, walk.unchained) == (1, 1)


def test_anchors_are_read_beside_the_lines_and_forgotten_behind_them() -> None:
    trail = written(5, 2_000)
    known = Outside(anchor(told) for told in trail.lines)
    walk, most = Walk(trail.heads, seal, HOUR, known), 0
    for told in sorted(trail.lines, key=lambda told: told.id):
        assert [*walk.take(told.line())] == []
        most = max(most, sum(map(len, known._ahead.values())))
    assert [*walk.end(trail.heads)] == []
    assert most < 60  # so far are lines of other chains ahead that were written at the same time


def test_what_was_written_down_of_lines_that_a_restored_copy_lacks_is_not_asked_for() -> None:
    """And each of several copies, one put in place after the other, has lost what came after it."""
    trail, lost = written(7, 60, chains=1), written(8, 60, chains=1)
    before = [anchor(told) for told in trail.lines[:30]]
    gone = [anchor(told) for told in lost.lines[30:50]]
    kept = [anchor(trail.lines[number], {0: 30}, seal=str(number)) for number in (40, 35)]
    after = [anchor(told) for told in trail.lines[36:]]
    trail.outside = [*before, *gone, kept[0], *gone, kept[1], *after]
    assert trail.read() == []
    trail.outside = [*before, *gone, kept[1], *after]
    assert trail.read() == []
    trail.outside = [*gone, *after]
    assert {found.what for found in trail.read()} == {"elsewhere"}
