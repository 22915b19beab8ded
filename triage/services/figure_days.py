"""The calls of one day as values that can be counted: found by the day, and all that is about
them by their keys, so that it takes no longer in the tenth year than in the first."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from triage.domain.figures import (
    KEPT,
    KEPT_LATE,
    NO_VERDICT,
    OVERDUE,
    DayCall,
    Decided,
    Level,
    Owed,
)
from triage.domain.lifecycle import CallState, FollowUpState, PageState, SlotState
from triage.domain.sent import Sending
from triage.domain.wall_clock import bounds_of
from triage.services.centre import Centre
from triage.storage.audit import AuditEntry
from triage.storage.calls import CLOSED_CALL, OPEN_CALL, AssessmentRecord, Call, Override
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.follow_ups import FollowUp, FollowUpAttempt
from triage.storage.unit_of_work import UnitOfWork

AT_ONCE = 500
"""Calls of which the rest is asked for together."""
_ACCEPTED = ("page.accepted", "slot.assigned")
_ON_PAPER = "paper.went"
_ARRIVED = "slot.on_scene"
Keys = Sequence[UUID]


def of_day(uow: UnitOfWork, centre: Centre, day: date) -> Iterator[DayCall]:
    """Those that came in on this day, as they stand now."""
    begins, ends = bounds_of(centre.policy.time_zone, day)
    calls: list[Any] = []
    for state in (CLOSED_CALL, OPEN_CALL):
        came_in = select(
            Call.id, Call.received_at, Call.origin, Call.state, Call.disposition
        ).where(state, Call.received_at >= begins, Call.received_at < ends)
        calls += uow.session.execute(came_in).all()
    for start in range(0, len(calls), AT_ONCE):
        yield from _whole(uow, calls[start : start + AT_ONCE])


def _whole(uow: UnitOfWork, calls: Sequence[Any]) -> Iterator[DayCall]:
    keys = [call.id for call in calls]
    decided, overrides = _decided(uow, keys), _overrides(uow, keys)
    owed, verdicts, follow_ups = _owed(uow, keys), _verdicts(uow, keys), _follow_ups(uow, keys)
    accepted_at, arrived_at = _first_times(uow, keys)
    for call in calls:
        yield DayCall(
            received_at=call.received_at,
            origin=call.origin,
            disposition=call.disposition,
            closed=call.state is CallState.CLOSED,
            decided=decided.get(call.id),
            overrides=overrides[call.id],
            owed=owed[call.id],
            accepted_at=accepted_at.get(call.id),
            arrived_at=arrived_at.get(call.id),
            verdicts=verdicts[call.id],
            follow_ups=follow_ups[call.id],
        )


def _decided(uow: UnitOfWork, keys: Keys) -> dict[UUID, Decided]:
    """By the newest assessment of each."""
    record = AssessmentRecord
    rows = uow.session.execute(
        select(record.call_id, record.response, record.eligible, record.cause)
        .where(record.call_id.in_(keys))
        .order_by(record.call_id, record.number)
    )
    return {call: Decided(response, eligible, why) for call, response, eligible, why in rows}


def _overrides(uow: UnitOfWork, keys: Keys) -> dict[UUID, list[tuple[str, str, str]]]:
    rows = uow.session.execute(
        select(Override.call_id, Override.reason, Override.recommended, Override.chosen).where(
            Override.call_id.in_(keys)
        )
    )
    found: dict[UUID, list[tuple[str, str, str]]] = defaultdict(list)
    for call, *said in rows:
        found[call].append((said[0], said[1], said[2]))
    return found


def _owed(uow: UnitOfWork, keys: Keys) -> dict[UUID, list[Owed]]:
    rows = uow.session.execute(
        select(
            *(Dispatch.call_id, Dispatch.response, Dispatch.state, Dispatch.cause, Dispatch.why),
            *(Dispatch.reached_by, Dispatch.level_rank, Dispatch.level_label, Dispatch.within_min),
            *(Dispatch.created_at, Dispatch.confirmed_at, Dispatch.late_at),
        )
        .where(Dispatch.call_id.in_(keys))
        .order_by(Dispatch.created_at, Dispatch.id)
    )
    found: dict[UUID, list[Owed]] = defaultdict(list)
    for row in rows:
        took = (row.confirmed_at - row.created_at).total_seconds() if row.confirmed_at else None
        sending = Sending(row.response, row.state, row.cause, row.why == "default_route")
        level = Level(row.level_rank, row.level_label)
        found[row.call_id].append(
            Owed(sending, row.reached_by, level, row.within_min, took, row.late_at is not None)
        )
    return found


def _first_times(uow: UnitOfWork, keys: Keys) -> tuple[dict[UUID, datetime], dict[UUID, datetime]]:
    """When a team first said yes, and when anybody was first on scene. The audit trail keeps them,
    whoever gave the place back later."""
    rows = uow.session.execute(
        select(AuditEntry.call_id, AuditEntry.event, AuditEntry.created_at, AuditEntry.details)
        .where(
            AuditEntry.call_id.in_(keys), AuditEntry.event.in_((*_ACCEPTED, _ARRIVED, _ON_PAPER))
        )
        .order_by(AuditEntry.call_id, AuditEntry.created_at)
    )
    accepted: dict[UUID, datetime] = {}
    arrived: dict[UUID, datetime] = {}
    for call, event, said_at, details in rows:
        if event in _ACCEPTED:
            accepted.setdefault(call, said_at)
            continue
        written = details.get("on_scene_at") if event == _ON_PAPER else said_at.isoformat()
        if written is not None:
            at = datetime.fromisoformat(written)
            arrived[call] = min(at, arrived.get(call, at))
    return accepted, arrived


def _verdicts(uow: UnitOfWork, keys: Keys) -> dict[UUID, list[tuple[str, str]]]:
    """Of whoever was there: what they said afterwards, or that they have said nothing."""
    rows = uow.session.execute(
        select(Dispatch.call_id, Dispatch.response, Page.verdict)
        .join(Slot, Slot.dispatch_id == Dispatch.id)
        .join(Page, Page.slot_id == Slot.id)
        .where(
            Dispatch.call_id.in_(keys),
            Page.state == PageState.ACCEPTED,
            Page.responder_id == Slot.responder_id,
            Slot.state == SlotState.CLEARED,
        )
    )
    found: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for call, response, verdict in rows:
        found[call].append((response, NO_VERDICT if verdict is None else str(verdict)))
    return found


def _follow_ups(uow: UnitOfWork, keys: Keys) -> dict[UUID, list[tuple[str, str]]]:
    follow_ups = uow.session.execute(
        select(FollowUp.call_id, FollowUp.id, FollowUp.kind, FollowUp.state, FollowUp.due_at).where(
            FollowUp.call_id.in_(keys)
        )
    ).all()
    done = select(FollowUpAttempt.follow_up_id, FollowUpAttempt.created_at).where(
        FollowUpAttempt.follow_up_id.in_([one.id for one in follow_ups]),
        FollowUpAttempt.outcome == FollowUpState.DONE.value,
    )
    done_at = {row.follow_up_id: row.created_at for row in uow.session.execute(done)}
    found: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for one in follow_ups:
        became = one.state.value
        if one.state is FollowUpState.DONE:
            became = KEPT if done_at.get(one.id, one.due_at) <= one.due_at else KEPT_LATE
        elif one.state is FollowUpState.OPEN and one.due_at < uow.now:
            became = OVERDUE
        found[one.call_id].append((one.kind, became))
    return found
