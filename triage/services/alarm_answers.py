"""An alarm that rings: what is said, and what a key does. A machine takes no alarm."""

from triage.domain import alarms as words
from triage.domain.spoken import Said
from triage.domain.words import listed
from triage.services import alarms, other_numbers
from triage.services.centre import Centre
from triage.storage.messages import Message
from triage.storage.safety import Alarm
from triage.storage.unit_of_work import UnitOfWork

THROUGH = "voice"


def picked_up(uow: UnitOfWork, message: Message) -> Said:
    """A person took the call; a machine takes no alarm."""
    if _of(uow, message).taken_at is not None:
        return Said(words.VOICE_TAKEN_BEFORE)
    return Said(message.body or "", asks=True, goodbye=words.VOICE_GOODBYE)


def pressed(uow: UnitOfWork, centre: Centre, message: Message, digits: str) -> Said:
    alarm = _of(uow, message)
    by = f"responder:{message.responder_id}" if message.responder_id else "desk"
    if alarm.taken_at is not None:  # the network brings a key again where it missed our answer
        theirs = (alarm.taken_through, alarm.taken_by) == (THROUGH, by)
        return Said(words.VOICE_TAKEN if theirs else words.VOICE_TAKEN_BEFORE)
    if digits != "1":
        again = listed(" ", [words.VOICE_NOT_UNDERSTOOD, message.body or ""])
        return Said(again, asks=True, goodbye=words.VOICE_GOODBYE)
    if message.responder_id is None:
        other_numbers.desk_answered(uow, message)
    alarms.take(uow, centre, alarm, THROUGH, by)
    return Said(words.VOICE_TAKEN)


def _of(uow: UnitOfWork, message: Message) -> Alarm:
    if message.alarm_id is None:
        raise ValueError("this rings for no alarm")
    return uow.get(Alarm, message.alarm_id)
