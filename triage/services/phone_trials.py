"""One text or call to a number that an operator types: does the provider take it, does it arrive?

It is a text like any other, so that its reports find it, but nobody tries it a second time.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from triage.domain import reach_wording
from triage.domain.delivery import failure_of
from triage.domain.errors import Refused
from triage.domain.lifecycle import MessageState
from triage.domain.phone_network import Outcome
from triage.domain.phone_numbers import e164
from triage.services import deliveries, handing_over, outbox, settling, wanted_texts
from triage.services.centre import Centre
from triage.services.handing_over import ClaimedText
from triage.storage.messages import Message
from triage.storage.sealed import blind_index
from triage.storage.teams import Responder
from triage.storage.unit_of_work import UnitOfWork

KIND = "trial"
_VALID_S = 120
_OWNER = "operator"


@dataclass(frozen=True)
class Became:
    """What is known of a trial."""

    state: MessageState
    provider_id: str | None
    why: str | None
    """In words, where it was refused or did not arrive."""


def start(uow: UnitOfWork, centre: Centre, written: str, channel: str) -> ClaimedText:
    """Into the operator's hands, not a worker's. Raises Refused where the phone gets nothing."""
    to = e164(written, centre.policy.country)
    its = select(Responder.id).where(
        Responder.phone_index == blind_index("phone", to), Responder.retired_at.is_(None)
    )
    says = reach_wording.trial_call if channel == "voice" else reach_wording.trial
    message = outbox.enqueue(
        uow,
        centre,
        kind=KIND,
        to=to,
        to_role=_OWNER,
        body=says(centre.policy.centre_name),
        priority=0,
        responder_id=uow.session.scalar(its),
        valid_s=_VALID_S,
        channel=channel,
    )
    uow.session.flush()
    if not wanted_texts.is_wanted(uow, centre, message):
        raise Refused(f"Nothing is sent there: {failure_of(message.last_error).words}.")
    uow.audit("phone.tried", message, channel=channel)
    return handing_over.first_copies(uow, centre, [message], _OWNER)[0]


def settle(uow: UnitOfWork, centre: Centre, claimed: ClaimedText, outcome: Outcome) -> None:
    settling.settle(uow, centre, claimed, outcome)
    message = uow.get(Message, claimed.id)
    if message.state is MessageState.READY:  # refused: the operator tries again, no worker
        deliveries.give_up(uow, centre, message, message.last_error or "")
    elif message.state is MessageState.UNKNOWN:  # the operator looks at the phone
        message.ring_since = message.noted_at = uow.now


def became(uow: UnitOfWork, key: UUID) -> Became:
    """key -- of the claimed text."""
    message = uow.get(Message, key)
    bad = message.state in {MessageState.FAILED, MessageState.UNDELIVERED}
    why = f"{failure_of(message.last_error).words} ({message.last_error})" if bad else None
    return Became(message.state, message.provider_id, why)
