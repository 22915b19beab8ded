"""A database restored from a copy: what was due when the copy was made is held.

It may have been done since, by the service that was lost. New calls are paged as ever; what
the copy owed is looked through by a person first and then released.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, text

from triage.storage.deployment import Deployment
from triage.storage.messages import Message
from triage.storage.timers import LEFT_TIMER, Timer
from triage.storage.unit_of_work import UnitOfWork

RESTORED = "restored"
"""Why a step or a text is held."""
_FOR_EVER = datetime(2999, 1, 1, tzinfo=UTC)
_UNSENT = text("message.state IN ('ready', 'attempting', 'unknown')")


def hold(uow: UnitOfWork) -> tuple[int, int]:
    """Nothing that was due in this copy is done by itself. Returns how many steps, texts."""
    timers = uow.session.scalars(select(Timer).where(text("timer.state = 'waiting'"))).all()
    for timer in timers:
        timer.state, timer.last_error = "parked", RESTORED
    texts = uow.session.scalars(select(Message).where(_UNSENT)).all()
    for message in texts:
        message.lease_owner, message.lease_until = RESTORED, _FOR_EVER
        message.fence += 1
    _write_down(uow, "deployment.held", len(timers), len(texts))
    return len(timers), len(texts)


def resume(uow: UnitOfWork) -> tuple[int, int]:
    """Go on with what is still held; what is too old by now is told, not sent."""
    held = select(Timer).where(LEFT_TIMER, Timer.state == "parked", Timer.last_error == RESTORED)
    timers = uow.session.scalars(held).all()
    for timer in timers:
        timer.state, timer.last_error = "waiting", None
    texts = uow.session.scalars(
        select(Message).where(_UNSENT, Message.lease_owner == RESTORED)
    ).all()
    for message in texts:
        message.lease_owner, message.lease_until = None, uow.now - timedelta(seconds=1)
    _write_down(uow, "deployment.resumed", len(timers), len(texts))
    return len(timers), len(texts)


def _write_down(uow: UnitOfWork, event: str, steps: int, texts: int) -> None:
    if (deployment := uow.session.scalar(select(Deployment))) is not None:
        uow.audit(event, deployment, steps=steps, texts=texts)
