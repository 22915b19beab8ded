"""A number that somebody gave when they were asked again, in place of none, or of one that cannot
be rung. None is written onto a call that is closed: what was said there may have been erased."""

from uuid import UUID

from triage.domain.errors import Conflict
from triage.domain.phone_numbers import can_be_rung, e164
from triage.domain.words import msgid
from triage.services import callers, calls
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import Call
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork


def by_caller(uow: UnitOfWork, centre: Centre, call: Call, key: UUID, phone: str) -> None:
    """Write it down and assess the call: it may be known now how often they have called.

    Raises Refused for one that cannot be rung either, Conflict where one that can be stands.
    """
    must_be_open(call)
    caller = callers.of_call(call, key)
    if caller.phone_index is not None:
        raise Conflict(msgid("the number of this caller was written down meanwhile"))
    caller.phone = e164(phone, centre.policy.country)
    caller.phone_index = blind_index("phone", caller.phone)
    uow.audit("caller.number_written", caller)
    calls.assess(uow, centre, call)


def of_third_party(uow: UnitOfWork, centre: Centre, call: Call, key: UUID, phone: str) -> None:
    """Write it down. Raises as `by_caller`."""
    must_be_open(call)
    told = callers.third_party_of_call(call, key)
    if told.phone and can_be_rung(told.phone):
        raise Conflict(msgid("their number was written down meanwhile"))
    told.phone = e164(phone, centre.policy.country)
    uow.audit("caller.third_party_number_written", told)
