"""Does paging work? Told from the rows, so that every process tells the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, or_, select, text

from triage.domain.findings import KINDS, Finding
from triage.services.audits import NO_WORKER_AFTER, UNSENT, last_tick
from triage.storage.messages import Message
from triage.storage.timers import LEFT_TIMER, Timer
from triage.storage.unit_of_work import UnitOfWork
from triage.storage.watching import WatchRound

UNWATCHED_AFTER = timedelta(seconds=10)
"""Two rounds of the watcher that did not come: nobody watches."""
KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Standing:
    """What is known of paging at this instant."""

    findings: Sequence[Finding]
    watched_at: datetime | None
    tick_at: datetime | None

    @property
    def passed(self) -> bool:
        return not self.findings

    @property
    def word(self) -> str:
        """For strangers: `ok`; `degraded`, which can wait or is seen to; or `down`."""
        stops = any(code not in KINDS or KINDS[code].stops_paging for code in self.codes)
        return "ok" if self.passed else "down" if stops else "degraded"

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.findings]


def keep(uow: UnitOfWork, watcher: str, took_ms: int, findings: Sequence[Finding]) -> WatchRound:
    """Write a round down; forget those of yesterday, and of a future that a clock has left."""
    gone = or_(WatchRound.created_at < uow.now - KEPT, WatchRound.created_at > uow.now)
    uow.session.execute(delete(WatchRound).where(gone))
    return uow.add(
        WatchRound(
            watcher=watcher,
            took_ms=took_ms,
            passed=not findings,
            findings=[finding.as_row() for finding in findings],
        )
    )


_NEWEST = (
    select(WatchRound)
    .where(WatchRound.created_at <= bindparam("latest"))
    .order_by(WatchRound.created_at.desc(), WatchRound.id.desc())
    .limit(1)
)


def newest(uow: UnitOfWork) -> WatchRound | None:
    """The newest round; not one of a future that a clock has left."""
    return uow.session.scalar(_NEWEST, {"latest": uow.now + UNWATCHED_AFTER})


def standing(uow: UnitOfWork) -> Standing:
    """What the newest round found, and what each process can see for itself at once: that
    no worker runs, and that nobody watches."""
    watched = newest(uow)
    tick = last_tick(uow)
    findings = [Finding(**row) for row in watched.findings] if watched else []
    if watched is None or uow.now - watched.created_at >= UNWATCHED_AFTER:
        age = _age_s(uow, watched.created_at) if watched else None
        findings = [Finding("no_watcher", 1, age)]  # what it found is of no more use
    findings = [finding for finding in findings if finding.code != "no_worker"]
    if tick is None or uow.now - tick >= NO_WORKER_AFTER:
        findings.insert(0, Finding("no_worker", 1, _age_s(uow, tick)))
    return Standing(findings, watched.created_at if watched else None, tick)


def paging_state(uow: UnitOfWork) -> dict[str, Any]:
    """For machines. Ages in seconds: of the last tick of any worker, of the last round of any
    watcher, of the oldest timer and text overdue."""
    now = standing(uow)
    waiting = text("timer.state = 'waiting'")
    timer = uow.session.scalar(
        select(func.min(Timer.due_at)).where(waiting, Timer.due_at <= uow.now)
    )
    oldest = uow.session.scalar(
        select(func.min(Message.due_at)).where(UNSENT, Message.due_at <= uow.now)
    )
    parked = and_(LEFT_TIMER, Timer.state == "parked")
    return {
        "state": now.word,
        "paging": now.passed,
        "tick_age_s": _age_s(uow, now.tick_at),
        "watched_age_s": _age_s(uow, now.watched_at),
        "oldest_timer_s": _age_s(uow, timer),
        "oldest_text_s": _age_s(uow, oldest),
        "parked_timers": uow.session.scalar(select(func.count()).select_from(Timer).where(parked))
        or 0,
        "findings": [finding.as_row() for finding in now.findings],
    }


def _age_s(uow: UnitOfWork, since: datetime | None) -> float | None:
    return None if since is None else round(max(0.0, (uow.now - since).total_seconds()), 1)
