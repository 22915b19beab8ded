"""Is everything that must move on moving? One look at the rows, whoever wrote them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, func, or_, select, text

from triage.domain.findings import Finding
from triage.services import (
    alarm_rings,
    call_codes,
    check_ins,
    failing_rules,
    next_step_audits,
    providers,
    safety_audits,
    storms,
)
from triage.services.centre import Centre
from triage.services.disk_room import disk_room
from triage.services.environments import elsewhere
from triage.services.provider_health import provider_health
from triage.services.restored import RESTORED
from triage.storage.messages import Message
from triage.storage.timers import LEFT_TIMER, WAITING_TIMER, Heartbeat, Timer
from triage.storage.unit_of_work import LATER, UnitOfWork
from triage.storage.watching import BackupNote

NO_WORKER_AFTER = timedelta(seconds=10)
"""A worker that has not looked for due rows for this long counts as gone."""
HIGHEST = 1
"""Priority of what belongs to the most urgent level, and of alarms."""
TIMER_BOUNDS_S = {"highest": 2, "dispatch": 5, "other": 60}
"""A due step may be late by so much: by whether it is urgent, moves a dispatch, or can wait."""
TEXT_BOUNDS_S = {"highest": 5, "other": 60}
UNSENT = text("message.state IN ('ready', 'attempting', 'unknown') AND message.ring_since IS NULL")
"""As the partial index has it, word for word, or it is not used."""
_URGENT = ("ask_deadline", alarm_rings.RING, alarm_rings.LOOK, check_ins.LATE)
"""Steps of no dispatch that cannot wait."""
_MOVES = or_(Timer.dispatch_id.is_not(None), Timer.kind == storms.BUNDLE)
"""Steps that move dispatches: of one, or of several in one."""


@dataclass(frozen=True)
class Surroundings:
    """What the rows cannot tell.

    simulated -- texts go to simulated telephones, which report nothing;
    demo -- nothing in this database is worth a copy;
    environment -- ours, where texts could reach somebody.
    """

    simulated: bool
    demo: bool
    environment: str | None = None


def audit(uow: UnitOfWork, centre: Centre, around: Surroundings) -> list[Finding]:
    """Everything that is not as it should be at this instant; empty when all is well."""
    found = [
        *_worker(uow),
        *_timers_late(uow),
        *_texts_late(uow),
        *next_step_audits.audit(uow),
        *_parked(uow),
        *safety_audits.audit(uow),
        *failing_rules.audit(uow, centre),
        *provider_health(uow, simulated=around.simulated),
        *call_codes.running_out(uow),
        *disk_room(uow),
        *elsewhere(uow, around.environment),
    ]
    if not around.demo:
        found += _backup(uow, centre)
    return found


def _age_s(uow: UnitOfWork, since: datetime | None) -> float | None:
    return None if since is None else round(max(0.0, (uow.now - since).total_seconds()), 1)


def _finding(uow: UnitOfWork, code: str, counted: tuple[int, datetime | None]) -> Iterator[Finding]:
    count, oldest = counted
    if count:
        yield Finding(code, count, _age_s(uow, oldest))


_LAST_TICK = select(func.max(Heartbeat.at)).where(Heartbeat.at <= bindparam("latest"))


def last_tick(uow: UnitOfWork) -> datetime | None:
    """When a worker last looked; not what was written before a clock went back."""
    return uow.session.scalar(_LAST_TICK, {"latest": uow.now + NO_WORKER_AFTER})


def _worker(uow: UnitOfWork) -> Iterator[Finding]:
    seen = last_tick(uow)
    if seen is None or uow.now - seen >= NO_WORKER_AFTER:
        yield Finding("no_worker", 1, _age_s(uow, seen))


def _ago(uow: UnitOfWork, seconds: int) -> datetime:
    return uow.now - timedelta(seconds=seconds)


def _timers_late(uow: UnitOfWork) -> Iterator[Finding]:
    urgent = or_(
        and_(Timer.priority <= HIGHEST, Timer.due_at < _ago(uow, TIMER_BOUNDS_S["highest"])),
        and_(_MOVES, Timer.due_at < _ago(uow, TIMER_BOUNDS_S["dispatch"])),
        # It has failed and was put off, the first time by 5 s: late by now, whenever it is due.
        and_(Timer.priority <= HIGHEST, Timer.attempts > 0),
        and_(_MOVES, Timer.attempts > 1),
    )
    counts = select(func.count(), func.min(Timer.due_at)).select_from(Timer).where(WAITING_TIMER)
    row = uow.session.execute(counts.where(urgent)).one()
    yield from _finding(uow, "timers_late", (row[0], row[1]))
    rest = and_(Timer.due_at < _ago(uow, TIMER_BOUNDS_S["other"]), ~urgent)
    row = uow.session.execute(counts.where(rest)).one()
    yield from _finding(uow, "backlog", (row[0], row[1]))


def _texts_late(uow: UnitOfWork) -> Iterator[Finding]:
    late = Message.due_at < _ago(uow, TEXT_BOUNDS_S["other"])
    soon = Message.due_at < _ago(uow, TEXT_BOUNDS_S["highest"])
    if providers.waits_as_asked(uow, providers.SMS):  # pages of the highest level ring meanwhile
        soon = and_(soon, Message.channel != providers.SMS)
    urgent = or_(
        and_(Message.priority <= HIGHEST, soon),
        and_(Message.priority < LATER, late),
        # No worker can even claim it: it was put off by 5 s, and by more each time.
        and_(Message.priority <= HIGHEST, Message.failures > 0, Message.attempts == 0),
    )
    counts = (
        select(func.count(), func.min(Message.due_at))
        .select_from(Message)
        .where(UNSENT, Message.lease_owner.is_distinct_from(RESTORED))
    )
    row = uow.session.execute(counts.where(urgent)).one()
    yield from _finding(uow, "texts_late", (row[0], row[1]))
    row = uow.session.execute(counts.where(late, Message.priority >= LATER)).one()
    yield from _finding(uow, "backlog", (row[0], row[1]))


def _parked(uow: UnitOfWork) -> Iterator[Finding]:
    held = Timer.last_error.is_not_distinct_from(RESTORED)
    moves = or_(_MOVES, Timer.kind.in_(_URGENT))
    for code, which in (
        ("held", held),
        ("parked", and_(~held, moves)),
        ("parked_later", and_(~held, ~moves)),
    ):
        row = uow.session.execute(
            select(func.count(), func.min(Timer.due_at))
            .select_from(Timer)
            .where(LEFT_TIMER, Timer.state == "parked", which)
        ).one()
        yield from _finding(uow, code, (row[0], row[1]))


def _backup(uow: UnitOfWork, centre: Centre) -> Iterator[Finding]:
    most = timedelta(minutes=centre.policy.backup_max_min)
    if not most:
        return
    noted = select(func.max(BackupNote.created_at)).where(BackupNote.created_at <= uow.now)
    copied = [uow.session.scalar(noted)]  # none that a clock dated ahead of its time
    if uow.session.get_bind().dialect.name == "postgresql":
        archived = text("SELECT last_archived_time FROM pg_stat_archiver")
        copied.append(uow.session.scalar(archived))
    newest = max((at for at in copied if at is not None), default=None)
    if newest is None:
        yield Finding("backup_none", 1, None)
    elif uow.now - newest > most:
        yield Finding("backup_old", 1, _age_s(uow, newest))
