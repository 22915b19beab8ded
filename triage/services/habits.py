"""What this centre's callers usually answer: counted once a day, so that the questions whose likely
answers change most come first. Nothing is decided by it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import defer

from triage.domain.answers import UNKNOWN
from triage.domain.contradictions import agreed
from triage.domain.errors import NotFound
from triage.domain.habits import NO_HABITS, Habits, count_answers, countable, habits_from
from triage.domain.lifecycle import CallState
from triage.services.centre import Centre
from triage.storage.calls import Answer, AssessmentRecord, Call
from triage.storage.habits import AnswerHabits
from triage.storage.sealed import CannotOpen
from triage.storage.unit_of_work import UnitOfWork

EVERY = timedelta(days=1)
MOST_CALLS = 5_000
"""The latest so many calls are counted: shares are then known to 1.5 %, and habits change."""
BATCH = 100
"""Calls read in one transaction."""
MOST_KEPT = 8
"""Counts kept in memory; one orders the questions, others are there for repeating decisions."""

_NEWEST = (
    select(AnswerHabits)
    .order_by(AnswerHabits.counted_at.desc(), AnswerHabits.id.desc())
    .options(defer(AnswerHabits.counts))
    .limit(1)
)
Reading = Callable[[], AbstractContextManager[UnitOfWork]]


@dataclass(frozen=True)
class Count:
    """A finished count. calls -- how many had an answer that counts."""

    habits: Habits
    calls: int


def current(uow: UnitOfWork, centre: Centre) -> Habits:
    """The newest count, as every assessment from now on uses it.

    NO_HABITS while the centre has it switched off or has had too few calls.
    """
    if not centre.policy.order_by_history:
        return NO_HABITS
    sha256, calls = uow.lasting("habits", _newest, of=(AnswerHabits,))
    if calls < centre.policy.history_least_calls:
        return NO_HABITS
    return of_version(uow, centre, sha256)


def _newest(uow: UnitOfWork) -> tuple[str | None, int]:
    row = newest(uow)
    return (row.sha256, row.calls) if row else (None, 0)


def newest(uow: UnitOfWork) -> AnswerHabits | None:
    """The newest count; its numbers are read only where somebody looks at them."""
    return uow.session.scalar(_NEWEST)


def of_version(uow: UnitOfWork, centre: Centre, sha256: str | None) -> Habits:
    """The count that an assessment names: with it the assessment can be repeated.

    Raises NotFound.
    """
    if sha256 is None:
        return NO_HABITS
    if sha256 not in centre.habits:
        row = uow.session.scalar(select(AnswerHabits).where(AnswerHabits.sha256 == sha256))
        if row is None:
            raise NotFound("no such count of earlier answers")
        if len(centre.habits) >= MOST_KEPT:
            centre.habits.clear()
        centre.habits[sha256] = Habits(row.counts, sha256)
    return centre.habits[sha256]


def is_due(uow: UnitOfWork, centre: Centre) -> bool:
    """Was the last count a day ago, or never?"""
    if not centre.policy.order_by_history:
        return False
    row = newest(uow)
    return row is None or row.counted_at + EVERY <= uow.now


def count(
    reading: Reading, centre: Centre, go_on: Callable[[], bool], batch: int = BATCH
) -> Count | None:
    """Count the answers of the latest calls, in short transactions that lock nothing.

    None if `go_on` said to stop.
    """
    facts = countable(centre.vocabulary)
    answered: list[Mapping[str, str]] = []
    with reading() as uow:
        calls = _latest_calls(uow)
    for start in range(0, len(calls), batch):
        if not go_on():
            return None
        with reading() as uow:
            answered += _answers(uow, centre, facts, calls[start : start + batch])
    return Count(habits_from(count_answers(answered)), len(answered))


def _latest_calls(uow: UnitOfWork) -> Sequence[UUID]:
    """Calls that are over: while one goes on, the first questions would count too much."""
    latest = select(Call.id, Call.state).order_by(Call.id.desc()).limit(MOST_CALLS)
    going_on = (CallState.ASKING, CallState.OPEN)
    return [key for key, state in uow.session.execute(latest) if state not in going_on]


def _answers(
    uow: UnitOfWork, centre: Centre, facts: Sequence[str], calls: Sequence[UUID]
) -> Iterable[Mapping[str, str]]:
    """The answers that stand, of each call that has any. Other facts are not even decrypted."""
    rows = uow.session.scalars(
        select(Answer)
        .where(Answer.call_id.in_(calls), Answer.fact.in_(facts))
        .order_by(Answer.created_at, Answer.id)
    )
    latest = {(row.call_id, row.fact): row for row in rows}
    by_call: dict[UUID, dict[str, str]] = {}
    for (call, fact), row in latest.items():
        if row.not_asked:
            continue
        value = _value(row)
        if value == UNKNOWN.value or value in centre.vocabulary.facts[fact].by_value:
            by_call.setdefault(call, {})[fact] = value
    return by_call.values()


def _value(row: Answer) -> str:
    """The answer, or "" where callers contradict each other or its key is no longer there."""
    try:
        value = agreed(json.loads(row.value or "null"))
    except CannotOpen:
        return ""
    return value if isinstance(value, str) else ""


def keep(uow: UnitOfWork, counted: Count) -> AnswerHabits:
    """Let this count order the questions from now on; forget counts that no assessment names."""
    sha256 = counted.habits.sha256
    row = uow.session.scalar(select(AnswerHabits).where(AnswerHabits.sha256 == sha256))
    if row is None:
        counts = {fact: dict(by_value) for fact, by_value in counted.habits.counts.items()}
        row = uow.add(
            AnswerHabits(sha256=sha256, counted_at=uow.now, calls=counted.calls, counts=counts)
        )
    row.counted_at, row.calls = uow.now, counted.calls
    uow.audit("habits.counted", row, calls=counted.calls, sha256=sha256[:12])
    named = exists().where(AssessmentRecord.habits_sha256 == AnswerHabits.sha256)
    # An assessment that began before this moment may still be about to name the one before.
    long_ago = AnswerHabits.counted_at < uow.now - 2 * EVERY
    uow.session.execute(delete(AnswerHabits).where(long_ago, ~named))
    return row
