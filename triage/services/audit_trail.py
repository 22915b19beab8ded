"""Is the audit trail as it was written?"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import func, select

from triage.domain.audit_chains import Anchor, Break, Head, Walk
from triage.domain.findings import Finding
from triage.storage.audit import AuditChain
from triage.storage.audit_chains import heads, lines, seal, seals_of
from triage.storage.deployment import Deployment
from triage.storage.unit_of_work import UnitOfWork

OTHERS_END_WITHIN = timedelta(hours=1)
"""After an upgrade processes of the release before may go on, which write lines without a chain."""
_TELL_EVERY = 200_000
_AT_ONCE = 1_000


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


def _not_there(uow: UnitOfWork, told: Collection[Head]) -> int:
    there = seals_of(uow.session, {head.line for head in told if head.line})
    return sum(head.line is None or there.get(head.line) != head.seal for head in told)


def verify(
    uow: UnitOfWork, anchors: Iterable[Anchor], tell: Callable[[int], None] = lambda lines: None
) -> Verdict:
    """Read the whole trail beside live work. tell -- is told now and then how many lines were
    read."""
    verdict = Verdict()
    known = _known(anchors, verdict)
    ends_at = heads(uow.session)
    walk = Walk(ends_at, seal, OTHERS_END_WITHIN, known)
    for line in lines(uow.session):
        verdict.breaks += walk.take(line)
        if walk.lines % _TELL_EVERY == 0:
            tell(walk.lines)
    verdict.breaks += walk.end(heads(uow.session))
    verdict.lines, verdict.unchained, verdict.chains = walk.lines, walk.unchained, len(ends_at)
    return verdict


def _known(anchors: Iterable[Anchor], verdict: Verdict) -> dict[tuple[int, int], bytes]:
    known: dict[tuple[int, int], bytes] = {}
    for anchor in anchors:
        if (kept := anchor.kept) is not None:  # what came after that copy is lost
            known = {
                (chain, seq): its
                for (chain, seq), its in known.items()
                if seq <= kept.get(chain, 0)
            }
        known.update({(chain, head.seq): head.seal for chain, head in anchor.heads.items()})
        verdict.anchors += 1
        verdict.last_anchor = anchor.at
    return known


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


def note_restored(uow: UnitOfWork) -> None:
    """Somebody says that an older copy was put in place: the trail itself tells of it."""
    uow.audit("audit.restored", uow.session.scalars(select(Deployment)).one())
