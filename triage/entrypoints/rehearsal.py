"""Taking a call for practice, before there is one.

What a process does for the first time takes ten times as long: statements are put into SQL, rules
are prepared. Processes that are forked afterwards have it behind them, and no caller waits for it.
"""

import structlog

from triage.context import AppContext
from triage.domain.errors import Refused
from triage.services import call_record, calls
from triage.services.calls import NewCall
from triage.services.sending import Choice
from triage.storage.unit_of_work import UnitOfWork

log = structlog.get_logger("triage.rehearsal")


class _Undone(Exception):
    """Nothing of it stays."""


def rehearse(context: AppContext) -> None:
    """Take a call for each response of our own teams and undo it. Whatever goes wrong is left to
    the first real call."""
    responses = context.centre.vocabulary.responses.values()
    for name in [one.id for one in responses if one.reached_by == "page"]:
        try:
            with context.unit_of_work("rehearsal") as uow:
                _take(uow, context, name)
                raise _Undone
        except (_Undone, Refused):
            pass
        except Exception as error:
            log.warning("nothing was rehearsed", error=type(error).__name__)
            return


def _take(uow: UnitOfWork, context: AppContext, response: str) -> None:
    choice = Choice(response, "supervisor")
    new = NewCall(narrative="rehearsal", location="nowhere", origin="rehearsal", choice=choice)
    call = calls.open_call(uow, context.centre, new)
    call_record.of_call(uow, context.centre, call)
    uow.session.flush()
