"""Tries at scripted calls: which calls of a person were tries, and how they compare."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from triage.domain.codes import OVERRIDE_SAID
from triage.domain.errors import NotFound
from triage.domain.phone_numbers import e164
from triage.domain.training import Comparison, TrainingCall, compare
from triage.domain.words import msgid
from triage.services import assessments, dispatches, rule_sets
from triage.services.centre import Centre
from triage.services.timeline_sentences import response_name
from triage.storage.audit import AuditEntry
from triage.storage.calls import Call, Caller, Override
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork

MOST_TRIES = 20


@dataclass(frozen=True)
class Try:
    """A call that somebody took for a scripted one. sent -- responses as they are called."""

    call: Call
    comparison: Comparison
    sent: Sequence[str]
    took: timedelta | None
    """From the first key to whoever was sent first."""
    override: str | None
    """The coded reason, in words, where somebody else was chosen."""


def tries(uow: UnitOfWork, centre: Centre, actor: str, script: TrainingCall) -> list[Call]:
    """Calls of this person with the number of the scripted caller, the newest first."""
    index = blind_index("phone", e164(script.number, centre.policy.country))
    opened = (
        select(AuditEntry.call_id)
        .where(AuditEntry.event == "call.opened", AuditEntry.actor == actor)
        .scalar_subquery()
    )
    return list(
        uow.session.scalars(
            select(Call)
            .join(Caller, Caller.call_id == Call.id)
            .where(Caller.phone_index == index, Call.id.in_(opened))
            .order_by(Call.received_at.desc(), Call.id.desc())
            .limit(MOST_TRIES)
        ).unique()
    )


def look_at(
    uow: UnitOfWork, centre: Centre, actor: str, script: TrainingCall, reference: str
) -> Try:
    """How a try compares with the script under the live rules. Raises NotFound."""
    found = [call for call in tries(uow, centre, actor, script) if call.reference == reference]
    if not found:
        raise NotFound(msgid("no try of yours at this call"))
    call = found[0]
    rules = rule_sets.live(uow, centre, centre.policy.rule_set)
    sent = dispatches.of_call(uow, call)
    override = uow.session.scalars(
        select(Override).where(Override.call_id == call.id).order_by(Override.created_at.desc())
    ).first()
    return Try(
        call=call,
        comparison=compare(rules, script, assessments.answers_of(uow, call)),
        sent=[response_name(centre, dispatch.response) for dispatch in sent],
        took=sent[0].created_at - call.received_at if sent else None,
        override=OVERRIDE_SAID.get(override.reason) if override else None,
    )
