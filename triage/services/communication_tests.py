"""Tests of everybody's telephone, weekly or by a button: who answers, and how fast."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from triage.domain import reach_wording
from triage.domain.delivery import PHONE_LOST, SILENT_ALARM, failure_of
from triage.domain.errors import Conflict, NotFound
from triage.domain.lifecycle import MessageState
from triage.domain.wall_clock import WEEKDAYS, next_weekly
from triage.domain.words import msgid
from triage.services import outbox, silences
from triage.services.centre import Centre
from triage.storage.messages import Message
from triage.storage.reach_tests import ReachRun, ReachTest
from triage.storage.teams import Responder, Team
from triage.storage.timers import Timer
from triage.storage.unit_of_work import UnitOfWork

KIND = "reach_run"
ANSWERS_COUNT_FOR = timedelta(hours=24)
TOO_LATE = timedelta(hours=3)
"""A planned test that was missed by more waits for the next week: it must wake nobody at night."""
NOT_AGAIN_FOR = timedelta(minutes=30)
MOST_RUNS = 20


@dataclass(frozen=True)
class Result:
    """Of one member in one test."""

    responder: Responder
    team: str
    answered_after_s: int | None
    why_not: str | None
    """Why there is no answer; None while there may still be one, and when there is."""
    is_spared: bool = False
    """Nothing was to be sent to them: that there is no answer says nothing of their telephone."""


@dataclass(frozen=True)
class Results:
    run: ReachRun
    members: Sequence[Result]

    @property
    def answered(self) -> int:
        return sum(one.answered_after_s is not None for one in self.members)

    @property
    def failed(self) -> int:
        return sum(one.why_not is not None and not one.is_spared for one in self.members)

    @property
    def spared(self) -> int:
        return sum(one.is_spared for one in self.members)


def stands(uow: UnitOfWork, centre: Centre) -> bool:
    """Is the next weekly test in the plan, as the settings are today?"""
    planned, due_at = next_planned(uow), _next_due(uow, centre)
    if planned is None or due_at is None:
        return planned is None and due_at is None
    return planned.due_at <= uow.now or planned.due_at == due_at  # its timer fires, or will


def plan(uow: UnitOfWork, centre: Centre) -> None:
    """See to it that it is."""
    if stands(uow, centre):
        return
    planned, due_at = next_planned(uow), _next_due(uow, centre)
    if due_at is None:
        uow.session.delete(planned)
        return
    if planned is None:
        planned = uow.add(ReachRun(due_at=due_at, by_plan=True))
    planned.due_at = due_at
    steps = select(func.count()).select_from(Timer).where(Timer.subject_id == planned.id)
    uow.set_timer(KIND, planned, due_at, step=uow.session.scalar(steps) or 0, priority=8)


def _next_due(uow: UnitOfWork, centre: Centre) -> datetime | None:
    policy = centre.policy
    if policy.test_day == "never":
        return None
    weekday, at = WEEKDAYS.index(policy.test_day), time.fromisoformat(policy.test_time)
    return next_weekly(policy.time_zone, weekday, at, uow.now)


def next_planned(uow: UnitOfWork) -> ReachRun | None:
    waiting = select(ReachRun).where(ReachRun.started_at.is_(None)).order_by(ReachRun.due_at)
    return uow.session.scalar(waiting.limit(1))


def run_is_due(uow: UnitOfWork, centre: Centre, timer: Timer) -> None:
    run = uow.session.get(ReachRun, timer.subject_id)
    if run is None or run.started_at is not None or uow.now < run.due_at:
        return
    if uow.now <= run.due_at + TOO_LATE:
        _start(uow, centre, run)
    else:
        uow.audit("reach_run.missed", run)
        uow.session.delete(run)
    uow.session.flush()
    plan(uow, centre)


def start_now(uow: UnitOfWork, centre: Centre) -> ReachRun:
    """Somebody pressed the button."""
    lately = select(ReachRun.id).where(ReachRun.started_at > uow.now - NOT_AGAIN_FOR)
    if uow.session.scalar(lately.limit(1)) is not None:
        raise Conflict(msgid("a test has just begun: wait half an hour before the next"))
    run = uow.add(ReachRun(due_at=uow.now, by_plan=False))
    _start(uow, centre, run)
    return run


def _start(uow: UnitOfWork, centre: Centre, run: ReachRun) -> None:
    """Everybody on the roster to whom a text may go gets one, on duty or not: it proves the
    number."""
    run.started_at = uow.now
    uow.session.flush()
    members = uow.session.scalars(
        select(Responder).where(Responder.retired_at.is_(None)).order_by(Responder.created_at)
    ).all()
    for member in members:
        test = uow.add(ReachTest(run_id=run.id, responder_id=member.id))
        test.not_asked = _not_asked(uow, member)
        if test.not_asked is None:
            text = outbox.enqueue(
                uow,
                centre,
                kind="test",
                to=member.phone or "",
                to_role=member.role,
                body=reach_wording.test(centre.policy.centre_name),
                priority=9,
                responder_id=member.id,
                dedupe_key=f"test:{test.id}",
            )
            uow.session.flush()
            test.message_id = text.id
    uow.audit("reach_run.started", run, members=len(members), by_plan=run.by_plan)


def _not_asked(uow: UnitOfWork, member: Responder) -> str | None:
    """Why no text may go to them."""
    if member.id in silences.silenced(uow):
        return SILENT_ALARM
    if member.phone_lost_at is not None:  # nor is its number verified any more
        return PHONE_LOST
    if member.opted_out_at is not None:
        return "opted_out"
    return None if member.verified_at else "unverified"


def answered(uow: UnitOfWork, member: Responder) -> bool:
    """They replied: to the newest test that they have not answered."""
    test = _unanswered(uow, member)
    if test is None:
        return False
    test.answered_at = uow.now
    uow.audit("reach_test.answered", test)
    return True


def is_asked(uow: UnitOfWork, member: Responder) -> bool:
    """Does a test wait for their answer?"""
    return _unanswered(uow, member) is not None


def _unanswered(uow: UnitOfWork, member: Responder) -> ReachTest | None:
    return uow.session.scalar(
        select(ReachTest)
        .join(ReachRun, ReachRun.id == ReachTest.run_id)
        .where(
            ReachTest.responder_id == member.id,
            ReachTest.message_id.is_not(None),
            ReachTest.answered_at.is_(None),
            ReachRun.started_at > uow.now - ANSWERS_COUNT_FOR,
        )
        .order_by(ReachRun.started_at.desc())
        .limit(1)
    )


def newest(uow: UnitOfWork) -> ReachRun | None:
    """The last that has begun."""
    return next(iter(_begun(uow, 1)), None)


def begun(uow: UnitOfWork, run_id: UUID) -> ReachRun:
    """Raises NotFound for one that is only planned: nobody was texted yet."""
    run = uow.get(ReachRun, run_id)
    if run.started_at is None:
        raise NotFound(msgid("this test is planned and has not begun"))
    return run


def before(uow: UnitOfWork, run: ReachRun) -> Sequence[ReachRun]:
    """Those that began before this one, the latest first, a page of them."""
    return _begun(uow, MOST_RUNS, (ReachRun.started_at < run.started_at,))


def _begun(
    uow: UnitOfWork, most: int, which: Iterable[ColumnElement[bool]] = ()
) -> Sequence[ReachRun]:
    begun = select(ReachRun).where(ReachRun.started_at.is_not(None), *which)
    return uow.session.scalars(begun.order_by(ReachRun.started_at.desc()).limit(most)).all()


def results(uow: UnitOfWork, run: ReachRun) -> Results:
    """Who failed stands first."""
    rows = uow.session.execute(
        select(ReachTest, Responder, Message, Team.name)
        .join(Responder, Responder.id == ReachTest.responder_id)
        .join(Team, Team.id == Responder.team_id)
        .outerjoin(Message, Message.id == ReachTest.message_id)
        .where(ReachTest.run_id == run.id)
        .order_by(Team.name, Responder.role, Responder.id)
        .options(joinedload(Responder.team))
    )
    found = [_result(uow, run, test, who, text, team) for test, who, text, team in rows]
    return Results(
        run, sorted(found, key=lambda one: (one.why_not is None, one.is_spared, one.team))
    )


_NOT_ASKED = {
    SILENT_ALARM: msgid("nothing was to be sent to them"),  # it stays here when that is over
    PHONE_LOST: msgid("phone lost"),
    "opted_out": msgid("texted a stop word"),
    "unverified": msgid("number not verified"),
}


def _result(
    uow: UnitOfWork,
    run: ReachRun,
    test: ReachTest,
    responder: Responder,
    text: Message | None,
    team: str,
) -> Result:
    if test.answered_at is not None and text is not None:
        asked_at = text.sent_at or text.created_at
        after_s = max(0, int((test.answered_at - asked_at).total_seconds()))
        return Result(responder, team, after_s, None)
    over = run.started_at is not None and uow.now > run.started_at + ANSWERS_COUNT_FOR
    unsent = test.not_asked if text is None else _taken_back(text)
    why_not = _NOT_ASKED.get(unsent or "") or _why_not(text, over)
    return Result(responder, team, None, why_not, is_spared=unsent == SILENT_ALARM)


def _taken_back(text: Message) -> str | None:
    """Why the text has not left, where that became known between the plan and the sending."""
    return text.last_error if text.state is MessageState.WITHDRAWN else None


def _why_not(text: Message | None, over: bool) -> str | None:
    if text is None:
        return msgid("not asked")
    if text.state in {MessageState.FAILED, MessageState.UNDELIVERED}:
        return failure_of(text.last_error).words
    if text.state in {MessageState.EXPIRED, MessageState.WITHDRAWN}:
        return msgid("the text never left")
    if not over:
        return None
    return (
        msgid("arrived, not answered")
        if text.delivered_at
        else msgid("no answer, no report of arrival")
    )


HANDLERS: dict[str, Callable[[UnitOfWork, Centre, Timer], None]] = {KIND: run_is_due}
