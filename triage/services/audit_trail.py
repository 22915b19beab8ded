"""Is the audit trail as it was written?"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import func, select

from triage.domain.audit_chains import Anchor, Anchors, Break, Head, Walk
from triage.domain.findings import Finding
from triage.domain.outside import Outside
from triage.storage.audit import AuditChain, AuditEntry
from triage.storage.audit_chains import heads, lines, seal, seals_of
from triage.storage.deployment import Deployment
from triage.storage.unit_of_work import UnitOfWork

RESTORED = "audit.restored"
ANCHORS_ANEW = "audit.anchors_anew"
DECLARED = (RESTORED, ANCHORS_ANEW)
ANCHORED = "audit.anchored"
READ = "audit.read"
READ_WITHIN = timedelta(days=7)
"""It is to be read each night: a week without is told."""
ANCHORED_EVERY = timedelta(hours=1)
_ABOUT_ITSELF = select(AuditEntry.event, AuditEntry.created_at, AuditEntry.details).where(
    AuditEntry.call_id.is_(None)
)
"""By the index: lines about no call."""
OTHERS_END_WITHIN = timedelta(hours=1)
"""After an upgrade processes of the release before may go on, which write lines without a chain."""
_TELL_EVERY = 200_000
_AT_ONCE = 1_000


@dataclass(frozen=True)
class Declared:
    """by -- the name of whoever says it, and why: of whoever runs the service, never of a call."""

    by: str
    why: str


@dataclass
class Verdict:
    """What was read, and what of it is not as it was written."""

    lines: int = 0
    unchained: int = 0
    """Of them, written before there were chains: nobody can tell."""
    chains: int = 0
    anchors: int = 0
    last_anchor: datetime | None = None
    breaks: list[Break] = field(default_factory=list)


def ends(uow: UnitOfWork) -> dict[int, Head]:
    return heads(uow.session)


def look(uow: UnitOfWork, anchored: Mapping[int, Head]) -> Iterator[Finding]:
    """A finding where the ends of the chains, or what was written down outside of them, are not
    what stands in the database: lines were cut off, or an older database is in its place.

    Only a whole reading tells what was changed in the middle (`verify`)."""
    now = heads(uow.session)
    wrong = _not_there(uow, [*anchored.values(), *now.values()])
    wrong += sum(chain not in now or now[chain].seq < head.seq for chain, head in anchored.items())
    if wrong or not uow.session.scalar(select(func.count()).select_from(AuditChain)):
        yield Finding("audit_trail", max(1, wrong), None)


def fewer_anchors(uow: UnitOfWork, last: Anchor | None) -> Iterator[Finding]:
    """A finding where the trail tells of more anchors than there are: the folder was emptied, has
    older files or is another one. Not where none was ever written.

    last -- the newest that there is."""
    known = _newest(uow, ANCHORED)
    if known is not None and _lines(last.heads if last else {}) < known[1]["lines"]:
        yield Finding("anchors_gone", 1, None)


def note_anchored(uow: UnitOfWork, anchored: Mapping[int, Head]) -> None:
    """Now and then the trail itself tells how far it was written down outside."""
    known = _newest(uow, ANCHORED)
    if known is None or uow.now - known[0] >= ANCHORED_EVERY:
        _note(uow, ANCHORED, lines=_lines(anchored))


def _lines(ends: Mapping[int, Head]) -> int:
    return sum(head.seq for head in ends.values())


def _newest(uow: UnitOfWork, event: str) -> tuple[datetime, dict[str, Any]] | None:
    """When such a line about the trail itself was written last, and what it says."""
    newest = _ABOUT_ITSELF.where(AuditEntry.event == event).order_by(AuditEntry.created_at.desc())
    found = uow.session.execute(newest.limit(1)).first()
    return found and (found.created_at, found.details)


def _not_there(uow: UnitOfWork, told: Collection[Head]) -> int:
    there = seals_of(uow.session, {head.line for head in told if head.line})
    return sum(head.line is None or there.get(head.line) != head.seal for head in told)


def verify(
    uow: UnitOfWork, anchors: Anchors | None, tell: Callable[[int], None] = lambda lines: None
) -> Verdict:
    """Read the whole trail beside live work. tell -- is told now and then how many lines were
    read. Raises OSError, DamagedAnchors."""
    outside = Outside(anchors.all(), anchors.restored()) if anchors else Outside()
    verdict = Verdict()
    ends_at = heads(uow.session)
    walk = Walk(ends_at, seal, OTHERS_END_WITHIN, outside)
    for line in lines(uow.session):
        verdict.breaks += walk.take(line)
        if walk.lines % _TELL_EVERY == 0:
            tell(walk.lines)
    outside.ends()  # before the chains are looked at again: others go on to write both
    verdict.breaks += walk.end(heads(uow.session))
    verdict.lines, verdict.unchained, verdict.chains = walk.lines, walk.unchained, len(ends_at)
    verdict.anchors, verdict.last_anchor = outside.count, outside.last
    return verdict


def kept(uow: UnitOfWork, anchors: Iterable[Anchor]) -> dict[int, int]:
    """How far each chain is what was written down outside: the newest that the database has."""
    found: dict[int, int] = {}
    left = iter(anchors)
    while some := list(islice(left, _AT_ONCE)):
        for anchor in reversed(some):
            if not _not_there(uow, anchor.heads.values()):
                found = {chain: head.seq for chain, head in anchor.heads.items()}
                break
    return found


def note_read(uow: UnitOfWork, verdict: Verdict) -> None:
    """The whole trail was read, and with this result."""
    _note(uow, READ, lines=verdict.lines, wrong=len(verdict.breaks))


@dataclass(frozen=True)
class LastReading:
    """at -- when the whole trail was read last; wrong -- places that were not as written."""

    at: datetime
    lines: int
    wrong: int
    too_old: bool


def last_reading(uow: UnitOfWork) -> LastReading | None:
    """None: it never was."""
    found = _newest(uow, READ)
    if found is None:
        return None
    at, said = found
    return LastReading(at, said["lines"], said["wrong"], uow.now - at > READ_WITHIN)


def note_restored(uow: UnitOfWork, declared: Declared) -> None:
    """Somebody says that an older copy was put in place: the trail itself tells of it."""
    _note(uow, RESTORED, by=declared.by, why=declared.why)


def note_anchors_anew(uow: UnitOfWork, declared: Declared) -> None:
    """Somebody says that what was written down outside is gone, and begins anew."""
    _note(uow, ANCHORS_ANEW, by=declared.by, why=declared.why)


def _note(uow: UnitOfWork, event: str, **details: Any) -> None:
    """A line about the trail itself."""
    uow.audit(event, uow.session.scalars(select(Deployment)).one(), **details)


def declarations(uow: UnitOfWork) -> Iterator[tuple[str, datetime, Declared]]:
    """What people have said about the trail, with when, the oldest first."""
    said = _ABOUT_ITSELF.where(AuditEntry.event.in_(DECLARED)).order_by(AuditEntry.created_at)
    for event, at, details in uow.session.execute(said):
        # A release that asked for no name has written none.
        yield event, at, Declared(details.get("by", ""), details.get("why", ""))
