"""Calls of the past: taken in once, assessed, counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import func, select

from triage.domain.errors import TriageError
from triage.domain.imports import ImportMap, PastCall
from triage.domain.lifecycle import MessageState
from triage.services import assessments, calls, idempotency, timers
from triage.services.assessments import Decision
from triage.services.calls import NewCall
from triage.services.centre import Centre
from triage.services.idempotency import KeyReused
from triage.storage.calls import Call
from triage.storage.messages import Message
from triage.storage.timers import ClockShift, Heartbeat, Timer
from triage.storage.unit_of_work import UnitOfWork

ACTOR = "operator"


@dataclass(frozen=True)
class Outcome:
    """What became of one past call."""

    line: int
    what: Literal["imported", "already there", "refused"]
    decision: Decision | None = None
    reason: str = ""
    detail: str = ""


def record(
    uow: UnitOfWork, centre: Centre, mapping: ImportMap, batch: Sequence[PastCall]
) -> list[Outcome]:
    """Store and assess these calls as `replayed`: no pages, timers or follow-ups.

    Each call is taken or refused by itself. What was taken before is not taken again.
    """
    return [_once(uow, centre, mapping, past, paged=False) for past in batch]


def run(uow: UnitOfWork, centre: Centre, mapping: ImportMap, past: PastCall) -> Outcome:
    """Let the call come in now, with all that follows. Only where telephones are simulated."""
    return _once(uow, centre, mapping, past, paged=True)


def _once(
    uow: UnitOfWork, centre: Centre, mapping: ImportMap, past: PastCall, *, paged: bool
) -> Outcome:
    scope = f"replay:{mapping.name}:paged" if paged else f"replay:{mapping.name}"
    key = past.number or f"row:{idempotency.fingerprint(past.row)}"
    take = _let_come_in if paged else calls.record_past_call
    try:
        with uow.session.begin_nested():
            claim = idempotency.claim(uow, scope, key, past.gist)
            if claim.call_id is not None:
                return Outcome(past.line, "already there")
            call, decision = take(uow, centre, _new_call(centre, mapping, past, paged=paged))
            idempotency.answer(uow, claim, call.id, None)
            _note(uow, mapping, past, call)
    except KeyReused:
        if past.reopened:  # the same incident, with the type it had when it was opened again
            return Outcome(past.line, "already there")
        detail = f"number {past.number} was imported with another time or problem before"
        return Outcome(past.line, "refused", reason="number used twice", detail=detail)
    except TriageError as error:
        return Outcome(past.line, "refused", reason="not a call", detail=str(error))
    return Outcome(past.line, "imported", decision)


def _let_come_in(uow: UnitOfWork, centre: Centre, new: NewCall) -> tuple[Call, Decision | None]:
    call = calls.open_call(uow, centre, new)
    latest = assessments.latest(uow, call)
    return call, assessments.decision_of(latest) if latest else None


def _new_call(centre: Centre, mapping: ImportMap, past: PastCall, *, paged: bool) -> NewCall:
    known = centre.vocabulary.facts
    situation: dict[str, Any] = {
        name: value for name, value in past.answers.items() if known[name].is_situation
    }
    if not paged:
        local = past.received_at.astimezone(mapping.time_zone).replace(microsecond=0)
        situation["now"] = local.isoformat()
    return NewCall(
        facts={n: value for n, value in past.answers.items() if not known[n].is_situation},
        situation=situation,
        received_at=None if paged else past.received_at,
        external_id=past.number,
        origin="replay",
    )


def _note(uow: UnitOfWork, mapping: ImportMap, past: PastCall, call: Call) -> None:
    """Where it came from and how it ended there, in codes."""
    uow.audit(
        "call.replayed",
        call,
        map=mapping.name,
        line=past.line,
        dispositions=list(past.dispositions),
        reopened=past.reopened,
        arrived_after_s=past.arrived_after_s,
    )


# --- time moved -------------------------------------------------------------------------------


def somebody_works(uow: UnitOfWork) -> bool:
    """A worker looked for due rows within the last 10 s."""
    tick = uow.session.scalar(select(func.max(Heartbeat.at)))
    return tick is not None and uow.now - tick < timedelta(seconds=10)


def all_done(uow: UnitOfWork) -> bool:
    """Nothing waits for the worker at this instant, and it has no text in hand."""
    unsent = (MessageState.READY, MessageState.ATTEMPTING)
    texts = select(Message.id).where(Message.state.in_(unsent), Message.due_at <= uow.now)
    return not timers.anything_due(uow) and uow.session.scalar(texts.limit(1)) is None


def next_due(uow: UnitOfWork, until: datetime) -> datetime | None:
    """When the next timer is due, if that is before `until`."""
    due = select(func.min(Timer.due_at)).where(Timer.state == "waiting", Timer.due_at < until)
    return uow.session.scalar(due)


def move_clock(uow: UnitOfWork, by: timedelta) -> None:
    """Let time pass for every process on this database."""
    uow.add(ClockShift(ahead_s=by.total_seconds()))
