""" "Who is coming?": what is true now, what the caller was told, and whether it is still true."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from triage.domain.call_reading import SIGHT_FACT
from triage.domain.errors import Refused
from triage.domain.lifecycle import CallState, DispatchState, SlotState
from triage.domain.people_of_call import ROLE_FACT, is_about_the_caller, is_where_they_go
from triage.domain.transfers import TransferState
from triage.domain.who_comes import NOT_TOLD, Answer, Comer, must_be_told_again, promise, rest_of
from triage.domain.words import msgid
from triage.services import callers, escalation_policies, promised_backs, sending, speaking_freely
from triage.services.assessments import Decision, answers_of
from triage.services.board_lines import DispatchLine
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.storage.calls import LISTED_ONES, Call
from triage.storage.told_callers import ToldCaller
from triage.storage.unit_of_work import UnitOfWork

_OVER = (DispatchState.CANCELLED, DispatchState.CLEARED)
_SPEAKS = (TransferState.COUNSELOR, TransferState.RELEASED)
_THERE = (SlotState.ON_SCENE, SlotState.TRANSPORTING)


def answer(
    uow: UnitOfWork,
    centre: Centre,
    call: Call,
    lines: Iterable[DispatchLine],
    decision: Decision | None,
) -> Answer:
    """What a dispatcher can say of this call now."""
    safe = not speaking_freely.must_not_ring(uow, call)
    lines, said = sending.still_wanted(uow, call, decision, [*lines]), _caller(uow, call)
    back, passed = _call_back(uow, centre, call, lines, decision.urgency.rank if decision else 1)
    coming = comers(centre, lines, uow.now)
    result = decision.result if decision else None
    return Answer(
        comers=coming,
        sought=any(line.state is DispatchState.UNFILLED for line in lines) or not lines,
        police_because=_why_police(centre, coming, result)[:2] if result else (),
        call_back_at=back if safe else None,
        call_back_passed=passed if safe else None,
        police_instead=result is not None and _only_they_can(coming, result),
        to_themselves=is_about_the_caller(said),
        at_the_place=is_where_they_go(said),
        can_ring=callers.can_ring(call),
        asking=call.state is CallState.ASKING and not lines,
    )


def _call_back(
    uow: UnitOfWork, centre: Centre, call: Call, lines: Sequence[DispatchLine], rank: int
) -> tuple[datetime, datetime | None]:
    """When the caller is rung back: as they were told, else counted from when somebody was last
    sent or the caller last rung, and not from when it is read; and the time that has passed without
    having been told."""
    if (promised := promised_backs.stands_until(uow, call)) is not None:
        return promised, None
    owed = {line.response for line in lines if line.reached_by == "page"} or {""}
    wait = min(escalation_policies.call_back_now(uow, centre, it, rank) for it in owed)
    ended = promised_backs.last_ended(uow, call)
    since = max(call.received_at, *(line.since for line in lines), ended or call.received_at)
    passed = max(0, (uow.now - since) // wait)
    last = since + passed * wait
    told = not passed or promised_backs.waits(uow, call)
    return last + wait, None if told else last


def _caller(uow: UnitOfWork, call: Call) -> frozenset[str]:
    """All that anybody said of who rings and where they are."""
    answers = answers_of(uow, call)
    found = [answers[fact] for fact in (ROLE_FACT, SIGHT_FACT) if fact in answers]
    return frozenset(
        said
        for answer in found
        for said in (
            [one["value"] for one in answer["values"]] if isinstance(answer, dict) else [answer]
        )
    )


def _why_police(centre: Centre, coming: Iterable[Comer], result: Mapping[str, Any]) -> list[str]:
    """Why somebody else comes as well, how soon, and what is done afterwards are no reasons for
    police. Whoever stands in for police comes for their reasons."""
    police = {one.response.id for one in coming if one.response.public_safety}
    wanted = centre.vocabulary.responses.get(result["eligible"])
    if result["response"] in police and wanted is not None and wanted.public_safety:
        police.add(wanted.id)
    rules = centre.parsed.get(result["sha256"])
    known = rules.rule if rules else {}

    def sends_them(reason: Mapping[str, Any]) -> bool:
        if reason["rule"] == "default":
            return result["eligible"] in police
        rule = known.get(reason["rule"])
        return rule is not None and not police.isdisjoint(rule.sends)

    return [
        one["because"] for one in result["because"] if one.get("decided", True) and sends_them(one)
    ]


def _only_they_can(coming: Iterable[Comer], result: Mapping[str, Any]) -> bool:
    """Do police come for somebody who cannot?"""
    police = {one.response.id for one in coming if one.response.public_safety}
    return result["response"] in police and result["response"] != result["eligible"]


def comers(centre: Centre, lines: Iterable[DispatchLine], now: datetime) -> list[Comer]:
    """Who comes or is asked for, by response, each once."""
    found: dict[str, Comer] = {}
    for line in lines:
        kind = centre.vocabulary.responses.get(line.response)
        nobody = line.state in _OVER or (line.state is DispatchState.UNFILLED and not line.coming)
        if kind is None or nobody:
            continue
        here = [one for one in line.coming if one.state in _THERE]
        whole = len(here) == len(line.coming) and not line.incomplete
        ahead = [one.eta_at for one in line.coming if one not in here and one.eta_at]
        at = min(ahead, default=None)
        there = (bool(here) and whole) or _speaks(line)
        asked = not line.coming and not there and line.state is not DispatchState.HANDED_OVER
        late = not there and not asked and at is not None and at < now
        some = bool(here) and not there
        rest = tuple(line.rest_roles)
        found[kind.id] = Comer(
            rest_of(kind, rest) if rest else kind,
            at,
            all_at=max(ahead) if at and max(ahead) > at else None,
            asked=asked,
            there=there,
            late=late,
            half=line.incomplete and bool(line.coming),
            some_there=some,
            rest=rest,
        )
    return list(found.values())


def _speaks(line: DispatchLine) -> bool:
    """Is somebody on the telephone with the caller?"""
    return line.transfer is not None and line.transfer.state in _SPEAKS


def note(
    uow: UnitOfWork, call: Call, now: Answer, *, told: bool, reason: str | None = None
) -> ToldCaller:
    """Write down that the caller was told this, or why not."""
    must_be_open(call)
    if not told and reason not in NOT_TOLD:
        raise Refused(msgid("Choose why they were not told."), "reason")
    row = uow.add(
        ToldCaller(call_id=call.id, told=told, reason=None if told else reason, gist=now.gist)
    )
    uow.audit("caller.told" if told else "caller.not_told", row, reason=row.reason or "")
    if told:
        promised_backs.told(uow, call, now.call_back_at, promise(now))
    return row


def of_call(uow: UnitOfWork, call: Call) -> Sequence[ToldCaller]:
    """The latest first."""
    return uow.session.scalars(
        select(ToldCaller)
        .where(ToldCaller.call_id == call.id)
        .order_by(ToldCaller.created_at.desc(), ToldCaller.id.desc())
    ).all()


_TOLD = (
    select(ToldCaller.call_id, ToldCaller.gist)
    .where(ToldCaller.told, ToldCaller.call_id.in_(LISTED_ONES))
    .order_by(ToldCaller.created_at, ToldCaller.id)
)


def last_told(uow: UnitOfWork, last: datetime) -> Mapping[UUID, list[Any]]:
    """What the callers of the calls on the board were last told. last -- see LISTED_ONES."""
    return dict(uow.session.execute(_TOLD, {"last": last}).all())


def is_stale(
    centre: Centre, told: Sequence[Any] | None, lines: Iterable[DispatchLine], now: datetime
) -> bool:
    """Was the caller told something that is not so any more?"""
    if told is None:
        return False
    answer_now = Answer(comers(centre, lines, now), False, (), None)
    return must_be_told_again(told, answer_now.gist)


def instants(now: Answer) -> list[datetime]:
    """The times that a script of this answer names."""
    back = [at for at in (now.call_back_at, now.call_back_passed) if at]
    said = (at for one in now.comers for at in (one.at, one.all_at) if at)
    return [*said, *back]
