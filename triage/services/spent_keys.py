"""Sessions and links that open nothing any more are forgotten; the audit trail tells of them."""

from datetime import timedelta

from sqlalchemy import or_, select

from triage.storage.page_links import PageLink
from triage.storage.people import SignIn
from triage.storage.unit_of_work import UnitOfWork

TOLD_FOR = timedelta(days=30)
"""For so long whoever comes with one is told why it opens nothing."""
AT_ONCE = 200


def forget_some(uow: UnitOfWork) -> int:
    """A few of each, the oldest first, in this transaction; returns how many: 0, none is left."""
    before = uow.now - TOLD_FOR
    forgotten = 0
    for kind in (SignIn, PageLink):
        over = or_(kind.expires_at < before, kind.ended_at < before)
        oldest = select(kind).where(over).order_by(kind.created_at).limit(AT_ONCE)
        for row in uow.session.scalars(oldest.with_for_update(skip_locked=True)):
            uow.session.delete(row)
            forgotten += 1
    return forgotten
