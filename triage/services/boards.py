"""The board: every open call, the loudest first. Reads only, the same few queries however many."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from triage.domain.lifecycle import ON_SITE, CallState, DispatchState
from triage.services import (
    arrivals,
    assessments,
    errands,
    held_calls,
    listed_calls,
    listed_dispatches,
    outbox,
    sending,
    silences,
    told_of_alarms,
    two_places,
    unasked,
    who_comes,
)
from triage.services.assessments import Decision
from triage.services.board_lines import (
    DispatchLine,
    hushed,
    lacks_somebody,
    line_of,
    nobody_is_needed,
)
from triage.services.centre import Centre
from triage.services.held_calls import Holder
from triage.services.listed_calls import ListedCall
from triage.services.told_of_alarms import Known, ToTell
from triage.storage.calls import LISTED_ONES, MOST_LISTED, AssessmentRecord, Override
from triage.storage.errands import Errand
from triage.storage.unit_of_work import UnitOfWork

OPEN = (CallState.OPEN, CallState.ASKING)


class Loudness(IntEnum):
    """How much a call needs a person now: the smallest is the loudest row."""

    NOBODY = 0
    HAND_OVER_LATE = 1
    ERRAND = 2
    RING = 3
    NOT_SENT = 4
    HAND_OVER = 5
    OVERDUE = 6
    HALF = 7
    SEEKING = 8
    ASKING = 9
    MOVING = 10
    THERE = 11
    OVER = 12


@dataclass(frozen=True)
class Row:
    """One open call."""

    call: ListedCall
    decision: Decision | None
    lines: Sequence[DispatchLine]
    target_at: datetime | None
    """When somebody is to be there, by the level."""
    arrived_at: datetime | None
    """When somebody was first there."""
    waits: bool
    """Somebody is to come, and is not there yet."""
    overdue: bool
    not_sent: Sequence[str]
    """Recommended now, and neither sent nor decided against by a person."""
    no_longer: Sequence[str]
    """Sent by the rules, and not recommended any more."""
    nobody: bool
    """Somebody is owed and nobody was asked, or everything was cancelled, for some other reason
    than that nobody is needed."""
    cancelled: bool
    """All that was begun was cancelled."""
    not_needed: bool
    """It was, because nobody is needed any more."""
    errands: Sequence[Errand]
    """What waits for a person beside that."""
    errand_is_red: bool
    held: Holder | None
    """Who at the desk has it."""
    tell_again: bool
    """Who comes, or when, is not what the caller was told."""
    left_unsafe_at: datetime | None
    """When a team last left it because it was not safe."""
    silent: bool
    """A silent alarm of it is not over."""
    to_tell: ToTell
    """Whom to tell by radio of it, or of one of somebody who is on this call too."""

    @property
    def silent_elsewhere(self) -> Collection[str]:
        """The teams that come here and whose silent alarm stands on another call."""
        return () if self.silent else sorted(hushed(self.lines))

    @cached_property
    def loudness(self) -> Loudness:
        return _loudness(self)


class _Latest(NamedTuple):
    """The newest assessment of a call."""

    id: UUID
    at: datetime
    decision: Decision | None
    """None: it cannot be decrypted."""


@dataclass(frozen=True)
class _Around:
    """What there is beside the open calls, by call."""

    latest: Mapping[UUID, _Latest]
    overrides: Mapping[UUID, Sequence[tuple[UUID, str]]]
    """Against which assessments persons have decided, and for which responses."""
    dispatched: Mapping[UUID, Sequence[DispatchLine]]
    arrived: Mapping[UUID, datetime]
    errands: Mapping[UUID, Sequence[Errand]]
    told: Mapping[UUID, Sequence[Any]]
    holders: Mapping[UUID, Holder]
    silent: Collection[UUID]
    by_radio: Known


@dataclass(frozen=True)
class Board:
    now: datetime
    rows: Sequence[Row]
    not_listed: int
    nobody_beyond: Sequence[tuple[str, str]] = ()
    """Code and reference of those among them to whom nobody comes."""
    tasks_beyond: Sequence[tuple[str, str]] = ()
    """The same of those that the desk has something red to do about."""


def _latest() -> Select[UUID, UUID, datetime]:
    one = aliased(AssessmentRecord)
    newest = (
        select(func.max(one.number))
        .where(one.call_id == AssessmentRecord.call_id)
        .scalar_subquery()
    )
    return select(AssessmentRecord.call_id, AssessmentRecord.id, AssessmentRecord.created_at).where(
        AssessmentRecord.call_id.in_(LISTED_ONES), AssessmentRecord.number == newest
    )


_LATEST = _latest()
_OVERRIDES = select(Override.call_id, Override.assessment_id, Override.chosen).where(
    Override.call_id.in_(LISTED_ONES)
)


def board(uow: UnitOfWork, centre: Centre, most: int = MOST_LISTED) -> Board:
    """What is going on now. most -- calls that are looked at, the oldest; it costs accordingly."""
    calls = listed_calls.of_board(uow, most)
    around = _around(uow, centre, calls[-1].received_at if calls else uow.now)
    rows = [_row(uow.now, centre, call, around) for call in calls]
    rows.sort(key=_loudest_first)
    not_listed = listed_calls.not_listed(uow, calls)
    if not not_listed:
        return Board(uow.now, rows, 0)
    nobody = listed_calls.nobody_beyond(uow, centre, calls)
    tasks = listed_calls.tasks_beyond(uow, calls, _late_since(uow, centre))
    return Board(uow.now, rows, not_listed, nobody, [one for one in tasks if one not in nobody])


def _late_since(uow: UnitOfWork, centre: Centre) -> datetime:
    return uow.now - timedelta(seconds=centre.policy.hand_over_red_s)


def _around(uow: UnitOfWork, centre: Centre, last: datetime) -> _Around:
    late_since = _late_since(uow, centre)
    not_left, hushed_places = outbox.not_left(uow), silences.places(uow)
    also_at = two_places.standing(uow)
    dispatched: dict[UUID, list[DispatchLine]] = {}
    overrides: dict[UUID, list[tuple[UUID, str]]] = {}
    for call_id, assessment_id, chosen in uow.session.execute(_OVERRIDES, {"last": last}):
        overrides.setdefault(call_id, []).append((assessment_id, chosen))
    dispatches = listed_dispatches.of_listed_calls(uow, last)
    for dispatch in dispatches:
        line = line_of(dispatch, late_since, not_left, hushed_places, also_at)
        dispatched.setdefault(dispatch.call_id, []).append(line)
    return _Around(
        _latest_of(uow, last),
        overrides,
        dispatched,
        arrivals.first(uow, dispatches),
        errands.of_listed_calls(uow, last),
        who_comes.last_told(uow, last),
        held_calls.of_listed_calls(uow, centre, last),
        silences.calls(uow),
        told_of_alarms.known(uow),
    )


def _latest_of(uow: UnitOfWork, last: datetime) -> dict[UUID, _Latest]:
    newest = uow.session.execute(_LATEST, {"last": last}).all()
    decisions = assessments.gists(uow, [one.id for one in newest])
    return {one.call_id: _Latest(one.id, one.created_at, decisions.get(one.id)) for one in newest}


def _loudest_first(row: Row) -> tuple[bool, Loudness, int, datetime, UUID]:
    """Whatever else stands there, a silent alarm is above it, and whom to tell of one."""
    rank = row.decision.urgency.rank if row.decision else 0
    calm = not (row.silent or row.to_tell.all)
    return calm, row.loudness, rank, row.call.received_at, row.call.id


def _row(now: datetime, centre: Centre, call: ListedCall, around: _Around) -> Row:
    latest = around.latest.get(call.id)
    dispatched = around.dispatched.get(call.id, ())
    waiting, silent = around.errands.get(call.id, ()), call.id in around.silent
    decision = latest.decision if latest else None
    lines = [line for line in dispatched if line.state is not DispatchState.CANCELLED]
    not_needed = nobody_is_needed(dispatched, latest.at if latest else None)
    overrides = around.overrides.get(call.id, ())
    overridden = latest is not None and latest.id in {one for one, _ in overrides}
    owed = _owed(centre, decision)
    target_at = None
    if decision and decision.urgency.within_min is not None:
        target_at = call.received_at + timedelta(minutes=decision.urgency.within_min)
    nobody = not lines and bool(owed) and not not_needed
    unread = latest is not None and decision is None
    not_sent = (
        [] if overridden or (unread and lines) else sorted(owed - {d.response for d in dispatched})
    )
    return Row(
        call=call,
        decision=decision,
        lines=lines,
        target_at=target_at,
        arrived_at=around.arrived.get(call.id),
        waits=awaited(lines) or nobody or bool(not_sent),
        overdue=awaited(lines) and target_at is not None and now > target_at,
        not_sent=not_sent,
        no_longer=sending.no_longer_recommended(
            decision, lines, {chosen for _, chosen in overrides}
        ),
        nobody=nobody,
        cancelled=bool(dispatched) and not lines,
        not_needed=not_needed,
        errands=waiting,
        errand_is_red=any(
            unasked.is_red(errand, now, hushed(lines), silent=silent) for errand in waiting
        ),
        held=around.holders.get(call.id),
        tell_again=not silent and who_comes.is_stale(centre, around.told.get(call.id), lines, now),
        left_unsafe_at=max(
            (one.left_unsafe_at for one in dispatched if one.left_unsafe_at), default=None
        ),
        silent=silent,
        to_tell=around.by_radio.to_tell(call.id, lines),
    )


def _owed(centre: Centre, decision: Decision | None) -> set[str]:
    """Whom the decision sends: nobody while more is asked, nor for what is only recorded."""
    if decision is None:
        return {"somebody"}
    if decision.outcome == "ask_more":
        return set()
    kinds = centre.vocabulary.responses
    return {r for r in decision.responses if r not in kinds or kinds[r].is_somebody}


def is_there(lines: Iterable[DispatchLine]) -> bool:
    """Is somebody with the person now? A unit that the CAD system has may be."""
    return any(line.state is DispatchState.ON_SCENE or _has_unit_there(line) for line in lines)


def _has_unit_there(line: DispatchLine) -> bool:
    handed_over = line.state is DispatchState.HANDED_OVER
    return handed_over and any(one.state in ON_SITE for one in line.coming)


def awaited(lines: Sequence[DispatchLine]) -> bool:
    """Is somebody to come who is not there yet? A telephone line is never there: it counts where
    nobody else was sent."""
    lines = [line for line in lines if line.reached_by != "transfer"] or lines
    arrived = {DispatchState.ON_SCENE, DispatchState.CLEARED, DispatchState.HANDED_OVER}
    return any(line.state not in arrived for line in lines)


def _loudness(row: Row) -> Loudness:
    states = {line.state for line in row.lines}
    asking = row.call.state is CallState.ASKING
    first = (
        (Loudness.ERRAND, asking and row.errand_is_red),
        (Loudness.ASKING, asking),
        (Loudness.NOBODY, row.nobody or lacks_somebody(row.lines, row.no_longer)),
        (Loudness.HAND_OVER_LATE, any(line.late for line in row.lines)),
        (Loudness.ERRAND, row.errand_is_red),
        (Loudness.RING, any(line.to_ring or line.unrelieved for line in row.lines)),
        (Loudness.NOT_SENT, bool(row.not_sent)),
        (Loudness.HAND_OVER, DispatchState.HAND_OVER in states),
        (Loudness.OVERDUE, row.overdue),
        (Loudness.HALF, DispatchState.HALF_FORMED in states),
        (Loudness.SEEKING, DispatchState.SEEKING in states),
        (Loudness.MOVING, bool(states & {DispatchState.ACCEPTED, DispatchState.EN_ROUTE})),
        (Loudness.THERE, is_there(row.lines)),
    )
    return next((loudness for loudness, applies in first if applies), Loudness.OVER)
