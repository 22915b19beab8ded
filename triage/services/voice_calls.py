"""A telephone call of ours: whom it is for decides what is said and what a key does.

It goes on in the language in which it was begun.
"""

from dataclasses import replace
from uuid import UUID

from triage.catalogue import say
from triage.domain import escalation_wording
from triage.domain.delivery import AttemptState
from triage.domain.spoken import Said
from triage.services import (
    addresses,
    alarm_answers,
    alarm_rings,
    other_numbers,
    phone_trials,
    reports,
    voice_answers,
)
from triage.services.centre import Centre
from triage.services.pages import RING
from triage.services.reports import Report
from triage.storage.attempts import Attempt
from triage.storage.messages import Message
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

OVER = Said(escalation_wording.VOICE_OVER)


def picked_up(uow: UnitOfWork, attempt_id: UUID, answered_by: str) -> Said | None:
    """Somebody took the call. None for a machine: the line is cut without a word."""
    if answered_by.startswith(("machine", "fax")):
        return None
    message = _rung(uow, attempt_id)
    return _in_its_language(message, _greeted(uow, message) if message else OVER)


def _greeted(uow: UnitOfWork, message: Message) -> Said:
    if message.kind == alarm_rings.KIND:
        return alarm_answers.picked_up(uow, message)
    if message.kind == addresses.KIND:
        return addresses.picked_up(uow, message)
    if message.kind == phone_trials.KIND:
        return Said(message.body or "")
    if message.kind == other_numbers.KIND:
        return other_numbers.picked_up(message)
    return voice_answers.picked_up(uow, message)


def pressed(
    uow: UnitOfWork,
    centre: Centre,
    attempt_id: UUID,
    digits: str,
    provider_id: str = "",
    token: str = "",
) -> Said:
    """Keys were pressed, which also shows that it rang where the provider's answer was lost.

    provider_id -- of the call; token -- the same where the same keys are brought again.
    """
    attempt = uow.session.get(Attempt, attempt_id)
    if provider_id and attempt is not None and attempt.state is not AttemptState.ACCEPTED:
        reports.hear(uow, centre, Report(provider_id, "sent", attempt_id=attempt_id))
    message = _rung(uow, attempt_id)
    told = _answered(uow, centre, message, digits, token) if message else OVER
    return _in_its_language(message, told)


def _answered(uow: UnitOfWork, centre: Centre, message: Message, digits: str, token: str) -> Said:
    if message.kind == phone_trials.KIND:
        return OVER
    if message.kind == other_numbers.KIND:
        return other_numbers.pressed(uow, message, digits)
    if message.kind == alarm_rings.KIND:
        return alarm_answers.pressed(uow, centre, message, digits)
    if message.kind == addresses.KIND:
        return addresses.pressed(uow, centre, message, digits, token)
    return voice_answers.pressed(uow, centre, message, digits)


def _in_its_language(message: Message | None, told: Said) -> Said:
    spoken = (message.language if message else None) or "en"
    text, goodbye = say(told.text, spoken), say(told.goodbye, spoken)
    return replace(told, text=text, goodbye=goodbye, language=spoken)


def _rung(uow: UnitOfWork, attempt_id: UUID) -> Message | None:
    """What this handing over rings for; nothing on a phone that is reported lost or theirs no more,
    and nothing for somebody who has left: it was on the line already when that was said."""
    attempt = uow.session.get(Attempt, attempt_id)
    message = uow.session.get(Message, attempt.message_id) if attempt else None
    rings = {RING, alarm_rings.KIND, addresses.KIND, phone_trials.KIND, other_numbers.KIND}
    if message is None or message.kind not in rings:
        return None
    member = uow.session.get(Responder, message.responder_id) if message.responder_id else None
    return message if member is None or _is_theirs(member, message) else None


def _is_theirs(member: Responder, message: Message) -> bool:
    is_here = member.retired_at is None and member.phone_lost_at is None
    return is_here and member.phone_index == message.to_index
