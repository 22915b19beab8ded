"""Who looks at a call is written down. Where nothing can be written, they may look all the same:
it stands in the log then."""

from collections.abc import Callable
from datetime import timedelta

import structlog
from sqlalchemy.exc import OperationalError

from triage.context import AppContext
from triage.domain.errors import CommitInDoubt
from triage.services import openings
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

log = structlog.get_logger("triage.web")


def note(
    context: AppContext, actor: str, find: Callable[[UnitOfWork], Call], within: timedelta
) -> None:
    """Raises what `find` raises. within -- so long ago they opened it is no opening of its own."""
    with context.reading() as uow:
        call = find(uow)
        if openings.opened_within(uow, call, actor, within):
            return  # mostly: nothing is written, no writer is waited for
    try:
        context.do(actor, lambda uow: openings.note_opening(uow, context.centre, find(uow)))
    except (OperationalError, CommitInDoubt) as error:
        kind = type(error).__name__
        log.critical("a look is not written down", call=str(call.id), actor=actor, error=kind)
