"""Is the audit trail as it was written?"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
    told = [*anchored.values(), *now.values()]
    there = seals_of(uow.session, {head.line for head in told if head.line})
    wrong = sum(head.line is None or there.get(head.line) != head.seal for head in told)
    wrong += sum(chain not in now or now[chain].seq < head.seq for chain, head in anchored.items())
    if wrong or not uow.session.scalar(select(func.count()).select_from(AuditChain)):
        yield Finding("audit_trail", max(1, wrong), None)


def verify(
    uow: UnitOfWork, anchors: Iterable[Anchor], tell: Callable[[int], None] = lambda lines: None
) -> Verdict:
    """Read the whole trail beside live work. tell -- is told now and then how many lines were
    read."""
    verdict = Verdict()
    known = _known(anchors, verdict)
    ends_at, until = heads(uow.session), _unchained_until(uow)
    walk = Walk(ends_at, seal, until, known)
    for line in lines(uow.session):
        verdict.breaks += walk.take(line)
        if walk.lines % _TELL_EVERY == 0:
            tell(walk.lines)
    verdict.breaks += walk.end()
    verdict.lines, verdict.unchained, verdict.chains = walk.lines, walk.unchained, len(ends_at)
    return verdict


def _known(anchors: Iterable[Anchor], verdict: Verdict) -> dict[tuple[int, int], bytes]:
    known: dict[tuple[int, int], bytes] = {}
    for anchor in anchors:
        if anchor.restored:  # what came after that copy is lost, and somebody said so
            kept = anchor.heads
            known = {
                (chain, seq): its
                for (chain, seq), its in known.items()
                if chain in kept and seq <= kept[chain].seq
            }
        known.update({(chain, head.seq): head.seal for chain, head in anchor.heads.items()})
        verdict.anchors += 1
        verdict.last_anchor = anchor.at
    return known


def _unchained_until(uow: UnitOfWork) -> datetime:
    began = uow.session.scalar(select(func.min(AuditChain.began_at)))
    return uow.now if began is None else began + OTHERS_END_WITHIN


def note_restored(uow: UnitOfWork) -> None:
    """Somebody says that an older copy was put in place: the trail itself tells of it."""
    uow.audit("audit.restored", uow.session.scalars(select(Deployment)).one())
