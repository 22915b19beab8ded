"""What the page of one call shows, and who may see it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from triage.domain.errors import NotFound
from triage.domain.lifecycle import CallState
from triage.domain.state_words import level_name
from triage.domain.timing import within
from triage.domain.words import Spoken, listed, msgid
from triage.services import (
    alarm_lists,
    assessments,
    call_record,
    check_ins,
    dangers,
    hazard_notes,
    retention,
    sending,
    silences,
    visits,
)
from triage.services.actors import names_of
from triage.services.board_lines import nobody_is_needed
from triage.services.boards import OPEN
from triage.services.call_record import CallRecord
from triage.services.centre import Centre
from triage.services.people import Person
from triage.services.timeline_sentences import fact_name, response_name
from triage.services.unsafe import withdrew_at
from triage.storage.calls import Answer, AssessmentRecord, Call, Caller, Override
from triage.storage.dispatches import Dispatch, Page, Slot
from triage.storage.preservations import Preservation
from triage.storage.safety import Alarm, CheckIn
from triage.storage.unit_of_work import UnitOfWork
from triage.storage.visits import Visit

_State = tuple[Mapping[str, Any], Mapping[str, Any]]
"""An assessment's result, and the answers it was made from."""


@dataclass(frozen=True)
class Answered:
    """The answer that stands for one fact, and what was said before it."""

    fact: str
    value: Any
    actor: str
    by: str
    at: datetime
    before: Sequence[Any]


@dataclass(frozen=True)
class Earlier:
    """One assessment, and how it differs from the one before it, in words."""

    number: int
    at: datetime
    changes: Sequence[str]


@dataclass(frozen=True)
class CallPage:
    now: datetime
    call: Call
    callers: Sequence[Caller]
    record: CallRecord
    answers: Sequence[Answered]
    assessments: Sequence[Earlier]
    seen: int
    """The number of the latest assessment: which answers a form was filled in beside."""
    overrides: Sequence[Override]
    not_sent: Sequence[str]
    not_needed: bool
    """Nobody has to come any more: the call is to be closed."""
    alarms: Sequence[Alarm]
    silent: Collection[UUID]
    """People whom a silent alarm keeps the desk from ringing, texting and reaching by radio."""
    unasked: Collection[UUID]
    """Their places on calls, and the pages that ask them."""
    hazard_notes: Sequence[hazard_notes.Shown]
    dangers: Sequence[Spoken]
    """What may be dangerous there, by the answers."""
    no_dangers: Sequence[Spoken]
    """What was asked and is said not to be there."""
    left_unsafe_at: datetime | None
    """When a team last left it because it was not safe."""
    check_ins: Mapping[UUID, CheckIn]
    """Who was asked whether all is well and has not answered, by place."""
    visits: Sequence[Visit]
    typed_at: datetime | None
    """When it was typed in, of a call from paper: its answers and decisions bear that time."""
    preservation: Preservation | None
    """Of a call that is over: why nothing of it is erased."""


def of_call(uow: UnitOfWork, centre: Centre, call: Call) -> CallPage:
    """Everything a dispatcher sees of this call."""
    record = call_record.of_call(uow, centre, call, by_name=True)
    rows = uow.session.scalars(
        select(AssessmentRecord)
        .where(AssessmentRecord.call_id == call.id)
        .order_by(AssessmentRecord.number)
    ).all()
    overrides = uow.session.scalars(
        select(Override).where(Override.call_id == call.id).order_by(Override.created_at)
    ).all()
    assessed_at = rows[-1].created_at if rows else None
    not_needed = nobody_is_needed(record.dispatches, assessed_at)
    return CallPage(
        now=uow.now,
        call=call,
        callers=list(call.callers),
        record=record,
        answers=_answers(uow, call),
        assessments=_earlier(centre, rows),
        seen=rows[-1].number if rows else 0,
        overrides=overrides,
        not_sent=[] if not_needed else _not_sent(uow, call, rows, overrides),
        not_needed=not_needed,
        alarms=alarm_lists.of_call(uow, centre, call.id),
        silent=silences.silenced(uow),
        unasked=silences.places(uow),
        hazard_notes=hazard_notes.of_call(uow, call),
        dangers=dangers.known(uow, centre, call),
        no_dangers=dangers.none_of(uow, centre, call),
        left_unsafe_at=withdrew_at(uow, call.id),
        check_ins=check_ins.open_of_call(uow, call.id),
        visits=visits.of_call(uow, call),
        typed_at=next((it.at for it in record.timeline if it.event == "paper.entered"), None),
        preservation=retention.preservation_of(uow, call) if call.state not in OPEN else None,
    )


def until(uow: UnitOfWork, centre: Centre, page: CallPage, at: datetime | None) -> CallPage:
    """The same without the teams that have had to leave since: None hides none of them."""
    if at is None:
        return page
    return replace(
        page,
        dangers=dangers.known(uow, centre, page.call, at),
        no_dangers=dangers.none_of(uow, centre, page.call, at),
        left_unsafe_at=withdrew_at(uow, page.call.id, at),
    )


def _answers(uow: UnitOfWork, call: Call) -> list[Answered]:
    rows = uow.session.scalars(
        select(Answer)
        .where(Answer.call_id == call.id, assessments.COUNTS)
        .order_by(Answer.created_at, Answer.id)
    ).all()
    names = names_of(uow, {row.given_by for row in rows})
    by_fact: dict[str, list[Answer]] = {}
    for row in rows:
        by_fact.setdefault(row.fact, []).append(row)
    return [
        Answered(
            fact,
            _value(given[-1]),
            given[-1].given_by,
            names(given[-1].given_by),
            given[-1].created_at,
            [_value(earlier) for earlier in given[:-1] if not earlier.not_asked],
        )
        for fact, given in by_fact.items()
        if not given[-1].not_asked
    ]


def answered_meanwhile(
    uow: UnitOfWork, call: Call, seen: Mapping[str, Any], given: Mapping[str, Any]
) -> list[Answered]:
    """What somebody else has answered since, otherwise than is given now."""
    return [
        one
        for one in _answers(uow, call)
        if one.fact in given
        and one.actor != uow.actor
        and one.value not in (seen.get(one.fact), given[one.fact])
    ]


def _value(answer: Answer) -> Any:
    return json.loads(answer.value or "null")


def _not_sent(
    uow: UnitOfWork,
    call: Call,
    rows: Sequence[AssessmentRecord],
    overrides: Sequence[Override],
) -> list[str]:
    """Recommended now and not sent, unless a person decided against this very assessment."""
    if not rows or call.state is not CallState.OPEN:
        return []
    if any(override.assessment_id == rows[-1].id for override in overrides):
        return []
    return sending.not_sent(uow, call, assessments.decision_of(rows[-1]))


def _earlier(centre: Centre, rows: Sequence[AssessmentRecord]) -> list[Earlier]:
    states: list[_State] = [
        (json.loads(row.result or "{}"), json.loads(row.input or "{}").get("facts", {}))
        for row in rows
    ]
    pairs = zip([None, *states], states, strict=False)
    changes = [_changes(centre, old, new) if old else [] for old, new in pairs]
    return [
        Earlier(row.number, row.created_at, told) for row, told in zip(rows, changes, strict=True)
    ]


def _changes(centre: Centre, before: _State, after: _State) -> list[str]:
    (old, old_facts), (new, new_facts) = before, after
    learned = [fact_name(centre, f) for f, v in new_facts.items() if old_facts.get(f) != v]
    told: list[str] = (
        [msgid("New answers: %(names)s.", names=listed(", ", learned))] if learned else []
    )
    if old["response"] != new["response"]:
        names = (response_name(centre, old["response"]), response_name(centre, new["response"]))
        told.append(msgid("Response: %(before)s, now %(now)s.", before=names[0], now=names[1]))
    if old["level"] != new["level"]:
        told.append(msgid("Level: %(before)s, now %(now)s.", before=_level(old), now=_level(new)))
    was, now = ({one["response"] for one in result["also"]} for result in (old, new))
    told += [
        msgid("%(name)s as well.", name=response_name(centre, one)) for one in sorted(now - was)
    ]
    told += [
        msgid("%(name)s no longer as well.", name=response_name(centre, one))
        for one in sorted(was - now)
    ]
    if len(told) == bool(learned):
        told.append(msgid("The decision stayed the same."))
    return told


def _level(result: Mapping[str, Any]) -> str:
    level = result["level"]
    minutes, name = level["within_min"], level_name(level["label"])
    return name if minutes is None else listed(", ", [name, within(minutes)])


def answers_seen(uow: UnitOfWork, call: Call, number: int) -> dict[str, Any]:
    """The answers as they stood when a form was shown, by the number of its assessment."""
    row = uow.session.scalar(
        select(AssessmentRecord).where(
            AssessmentRecord.call_id == call.id, AssessmentRecord.number == number
        )
    )
    found: dict[str, Any] = json.loads((row.input if row else None) or "{}").get("facts", {})
    return found


def latest_response(uow: UnitOfWork, call: Call) -> str | None:
    record = assessments.latest(uow, call)
    return record.response if record else None


def pages_of(uow: UnitOfWork, call: Call, person: Person) -> list[Page]:
    """The pages by which this person was asked to come, the newest first."""
    pages = uow.session.scalars(
        select(Page)
        .join(Slot, Slot.id == Page.slot_id)
        .join(Dispatch, Dispatch.id == Slot.dispatch_id)
        .where(Dispatch.call_id == call.id)
        .options(joinedload(Page.team), joinedload(Page.responder))
        .order_by(Page.created_at.desc(), Page.id.desc())
    )
    return [page for page in pages if page.responder.account_id == person.account_id]


def newest_with_code(uow: UnitOfWork, code: str) -> Call:
    """Codes are used again once a call is closed: the newest is meant. Raises NotFound."""
    wanted = code.strip().upper()
    call = None
    if wanted.isascii() and wanted.isalnum() and len(wanted) <= 8:
        call = uow.session.scalar(
            select(Call).where(Call.code == wanted).order_by(Call.received_at.desc()).limit(1)
        )
    if call is None:
        raise NotFound(msgid("no call with the code %(code)s", code=code[:8]))
    return call
