"""Does paging work? Told from the rows, so that every process tells the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, or_, select, text

from triage.domain.findings import KINDS, OF_THE_DESK, Finding
from triage.services import safety_audits
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


_RECENT = (
    select(WatchRound)
    .where(WatchRound.created_at > bindparam("since"), WatchRound.created_at <= bindparam("latest"))
    .order_by(WatchRound.created_at.desc(), WatchRound.id.desc())
)


def _recent(uow: UnitOfWork) -> list[WatchRound]:
    """The newest round of each watcher: each looks at its own folders, and what one of them lacks
    another does not see."""
    asked = {"since": uow.now - UNWATCHED_AFTER, "latest": uow.now + UNWATCHED_AFTER}
    of_each: dict[str, WatchRound] = {}
    for one in uow.session.scalars(_RECENT, asked):
        of_each.setdefault(one.watcher, one)
    return [*of_each.values()]


def standing(uow: UnitOfWork) -> Standing:
    """What the newest round of each watcher found, and what each process can see for itself at
    once: that no worker runs, and that nobody watches."""
    rounds = _recent(uow)
    watched = rounds[0] if rounds else newest(uow)
    tick = last_tick(uow)
    of_codes: dict[str, Finding] = {}
    for row in (row for one in rounds for row in one.findings):
        of_codes.setdefault(row["code"], Finding(**row))
    findings = [*of_codes.values()]
    if not rounds:
        age = _age_s(uow, watched.created_at) if watched else None
        findings = [Finding("no_watcher", 1, age)]  # what it found is of no more use
    findings = [finding for finding in findings if finding.code != "no_worker"]
    if any(finding.code in OF_THE_DESK for finding in findings):
        # Whoever has just taken an alarm is not told for some seconds more that nobody takes it.
        still = {finding.code for finding in safety_audits.audit(uow)}
        findings = [one for one in findings if one.code not in OF_THE_DESK or one.code in still]
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
