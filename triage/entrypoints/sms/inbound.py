"""A text came in, whichever network brought it."""

from collections.abc import Callable

import structlog
from sqlalchemy.exc import DBAPIError

from triage.context import AppContext
from triage.domain.upright import upright
from triage.services import replies
from triage.services.received_texts import Received
from triage.storage.unit_of_work import UnitOfWork

ACTOR = "carrier"
log = structlog.get_logger("triage.sms")


def hear(context: AppContext, text: Received) -> None:
    """Act on it. Where that fails, the alarm that it raises and the text itself are kept all the
    same, in a second unit of work: a fault in what is ordinary about it must not cost the alarm."""
    text = text._replace(body=upright(text.body))
    try:
        _do(context, lambda uow: replies.receive(uow, context.centre, text))
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise  # nothing can be kept now: the network may try again
        log.error("a text is left to a person", error=type(error).__name__)
        _do(context, lambda uow: replies.leave_to_a_person(uow, context.centre, text))


def _do(context: AppContext, work: Callable[[UnitOfWork], object]) -> None:
    context.do(ACTOR, work, keyed=True, patient=True)
