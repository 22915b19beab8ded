"""A number that somebody gave when they were asked again, in place of none, of one that cannot be
rung, or of one that is wrong. None is written onto a call that is closed: what was
said there may have been erased."""

from uuid import UUID

from triage.domain.errors import Conflict, Refused
from triage.domain.phone_numbers import can_be_rung, e164
from triage.domain.words import msgid
from triage.services import callers, calls, hazard_notes
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import Call, Caller, CallThirdParty
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork


def by_caller(
    uow: UnitOfWork, centre: Centre, call: Call, key: UUID, phone: str, version: int
) -> bool:
    """Write it down and assess the call: it may be known now how often they have called. The one
    that stood before is kept beside it; what was written about it as a danger goes along. Does it
    correct one that can be rung?

    version -- of the caller as they stood on the screen. Raises Refused for a number that cannot be
    rung, or stands already, Conflict where somebody else wrote one down meanwhile.
    """
    must_be_open(call)
    caller = callers.of_call(call, key)
    if caller.version != version:
        raise Conflict(msgid("the number of this caller was written down meanwhile"))
    before = caller.phone_index
    number = _write(centre, caller, phone)
    caller.phone_index = blind_index("phone", number)
    uow.audit("caller.number_corrected" if before else "caller.number_written", caller)
    if before:
        hazard_notes.correct_number(uow, call, before, number)
    calls.assess(uow, centre, call)
    return before is not None


def of_third_party(
    uow: UnitOfWork, centre: Centre, call: Call, key: UUID, phone: str, version: int
) -> bool:
    """Write it down; nothing is looked up by it. Does it correct one that can be rung? Raises as
    `by_caller`."""
    must_be_open(call)
    told = callers.third_party_of_call(call, key)
    if told.version != version:
        raise Conflict(msgid("their number was written down meanwhile"))
    corrected = can_be_rung(told.phone or "")
    _write(centre, told, phone)
    done = "corrected" if corrected else "written"
    uow.audit(f"caller.third_party_number_{done}", told)
    return corrected


def _write(centre: Centre, who: Caller | CallThirdParty, phone: str) -> str:
    """What stood before is kept beside it."""
    number = e164(phone, centre.policy.country)
    if number == who.phone:
        raise Refused(msgid("This number stands here already."), "phone")
    if who.phone:
        who.former_phones = "\n".join(filter(None, [who.phone, who.former_phones]))
    who.phone = number
    return number
