"""That a standard text was given to whoever takes a call or a person over."""

from triage.services.sending import must_be_open
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork


def note(uow: UnitOfWork, call: Call, to: str) -> None:
    """Write it down. Raises Conflict where the call is over."""
    must_be_open(call)
    uow.audit("call.handover_text", call, to=to)
