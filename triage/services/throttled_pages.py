"""Pages of the highest level whose text has to wait for the provider: they ring instead."""

from collections.abc import Mapping, Sequence

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import aliased

from triage.domain.escalation import HIGHEST
from triage.domain.lifecycle import MessageState, PageState
from triage.services.outbox import UNSENT
from triage.services.pages import RING
from triage.services.providers import SMS, Leave
from triage.storage.dispatches import Page
from triage.storage.messages import Message
from triage.storage.unit_of_work import UnitOfWork

_OWED = (MessageState.READY, MessageState.ATTEMPTING, MessageState.UNKNOWN)


def to_ring(uow: UnitOfWork, leaves: Mapping[str, Leave]) -> Sequence[Page]:
    """Open pages whose text has not left, or may not have, while texts have to wait, and that
    have not rung since it was owed. A text that is in somebody's hands is waited for."""
    if leaves[SMS] is Leave.ALL:
        return ()
    rung = aliased(Message)
    has_rung = exists().where(
        rung.page_id == Page.id,
        rung.kind == RING,
        or_(rung.state.in_(_OWED), rung.created_at >= Message.created_at),
    )
    return uow.session.scalars(
        select(Page)
        .join(Message, Message.page_id == Page.id)
        .where(
            UNSENT,
            Message.kind == "page",
            Message.state.in_([MessageState.READY, MessageState.UNKNOWN]),
            Message.priority <= HIGHEST,
            Page.state == PageState.OPEN,
            ~has_rung,
        )
    ).all()
