"""Sending whom the decision names, or whom a person chose instead."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from triage.domain.codes import OVERRIDE_REASONS
from triage.domain.errors import Conflict, Refused
from triage.domain.lifecycle import ON_SITE, CallState, DispatchState
from triage.domain.words import msgid
from triage.services import (
    assessments,
    dispatches,
    follow_ups,
    open_cries,
    raised,
    silent_alarms,
    situation,
    transfers,
)
from triage.services.assessments import Decision
from triage.services.board_lines import DispatchLine, is_outdone, line_of
from triage.services.centre import Centre
from triage.storage.calls import Call, Override
from triage.storage.dispatches import UNFILLED_DISPATCH, Dispatch
from triage.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Choice:
    """Another response than the recommended one, with its coded reason."""

    response: str
    reason: str
    note: str | None = None


def must_be_open(call: Call) -> None:
    if call.state not in {CallState.OPEN, CallState.ASKING}:
        raise Conflict(
            msgid("call %(reference)s is closed: nothing can be added", reference=call.reference)
            if call.state is CallState.CLOSED
            else msgid(
                "call %(reference)s is replayed: nothing can be added", reference=call.reference
            )
        )


def act_on(uow: UnitOfWork, centre: Centre, call: Call, decision: Decision, why: str) -> list[str]:
    """Send everybody the decision names who is not on this call already.

    While more answers are needed nobody is sent, and a timer takes the default route
    if they do not come; answers that do not decide it leave the first deadline standing.
    Returns the responses that were opened.
    """
    if decision.outcome == "ask_more":
        if call.state is not CallState.ASKING and not dispatches.of_call(uow, call):
            call.state = CallState.ASKING
            wait = timedelta(minutes=decision.result["ask"]["wait_min"])
            uow.set_timer("ask_deadline", call, uow.now + wait, priority=1)
        return []
    call.state = CallState.OPEN
    missing = not_sent(uow, call, decision)
    for response in missing:
        dispatches.open_dispatch(uow, centre, call, response, decision.urgency, why)
    return missing


def not_sent(uow: UnitOfWork, call: Call, decision: Decision) -> list[str]:
    """What is recommended and not on this call."""
    if decision.outcome == "ask_more":
        return []
    sent = {
        d.response for d in dispatches.of_call(uow, call) if d.state is not DispatchState.CANCELLED
    }
    return [response for response in decision.responses if response not in sent]


def no_longer_recommended(
    decision: Decision | None, lines: Iterable[DispatchLine], chosen: Collection[str]
) -> list[str]:
    """What the rules have sent and by now would not: it goes on until a person ends it.

    chosen -- what a person has decided for on this call. Who is only not free now, and whom an
    unfinished or failed assessment does not name, is recommended as before.
    """
    if decision is None or decision.outcome != "decided":
        return []
    wanted = {*decision.responses, decision.eligible, *chosen}
    found = [it.response for it in lines if it.by_rules and it.state not in dispatches.ENDED]
    return [response for response in dict.fromkeys(found) if response not in wanted]


def outdone(uow: UnitOfWork, calls: Collection[UUID]) -> set[UUID]:
    """The dispatches of these calls for which nobody is left to ask and nobody is needed by what is
    known now, while others come: see `board_lines.is_outdone`. Many calls take as few queries as
    one."""
    if not calls:
        return set()
    lines: defaultdict[UUID, dict[UUID, DispatchLine]] = defaultdict(dict)
    for row in dispatches.of_calls(uow, calls):
        lines[row.call_id][row.id] = line_of(row, uow.now)
    decisions, chosen = assessments.newest_of(uow, calls), _chosen(uow, calls)
    found = set()
    for call, by_id in lines.items():
        every = list(by_id.values())
        wanted = _wanted(every, no_longer_recommended(decisions.get(call), every, chosen[call]))
        found |= {key for key, line in by_id.items() if line not in wanted}
    return found


def still_wanted(
    uow: UnitOfWork, call: Call, decision: Decision | None, lines: Sequence[DispatchLine]
) -> list[DispatchLine]:
    """Those of its dispatches that are not `outdone`."""
    chosen = _chosen(uow, [call.id])[call.id]
    return _wanted(lines, no_longer_recommended(decision, lines, chosen))


def _wanted(lines: Sequence[DispatchLine], no_longer: Collection[str]) -> list[DispatchLine]:
    return [
        line
        for line in lines
        if line.state is not DispatchState.UNFILLED or not is_outdone(line, lines, no_longer)
    ]


def lacking(uow: UnitOfWork, calls: Collection[UUID]) -> set[UUID]:
    """Those of these calls of which `board_lines.lacks_somebody` is so."""
    if not calls:
        return set()
    quiet = outdone(uow, calls)
    unfilled = select(Dispatch.call_id, Dispatch.id).where(
        Dispatch.call_id.in_(calls), UNFILLED_DISPATCH
    )
    return {call for call, key in uow.session.execute(unfilled) if key not in quiet}


def _chosen(uow: UnitOfWork, calls: Collection[UUID]) -> Mapping[UUID, set[str]]:
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    asked = select(Override.call_id, Override.chosen).where(Override.call_id.in_(calls))
    for call, response in uow.session.execute(asked):
        found[call].add(response)
    return found


def heed(uow: UnitOfWork, centre: Centre, call: Call, decision: Decision) -> None:
    """There are new answers: a call that still asked is acted on once they decide it, and what was
    sent takes a higher level, unless it is not recommended any more."""
    if call.state is CallState.ASKING:
        act_on(uow, centre, call, decision, "assessment")
        return
    over = {DispatchState.HANDED_OVER, *dispatches.ENDED}
    lower = [
        one
        for one in dispatches.of_call(uow, call)
        if one.level_rank > decision.urgency.rank and one.state not in over
    ]
    if decision.outcome != "decided" or not lower:
        return
    lines = [line_of(one, uow.now) for one in lower]
    no_longer = no_longer_recommended(decision, lines, _chosen(uow, [call.id])[call.id])
    for dispatch in lower:
        if dispatch.response not in no_longer:
            raised.take(uow, centre, dispatch, decision.urgency)


def ask_deadline_is_over(uow: UnitOfWork, centre: Centre, call: Call) -> None:
    """The answers did not come in time: take the route that the rule set names for that."""
    if call.state is CallState.ASKING:
        take_default_route(uow, centre, call)


def take_default_route(uow: UnitOfWork, centre: Centre, call: Call) -> list[str]:
    """Send whom the rule set names for a call that is still asking, or who can come instead.

    It is assessed anew: what was true when the call came in may not be so any more.
    """
    if call.state is not CallState.ASKING:
        raise Conflict(msgid("this call is not waiting for answers"))
    call.state = CallState.OPEN
    uow.session.flush()
    known = situation.situation_now(uow, centre, call, {})
    _, decision = assessments.assess_call(uow, centre, call, known)
    follow_ups.plan(uow, centre, call, decision.result)
    uow.audit("call.default_route", call, response=decision.response)
    return act_on(uow, centre, call, decision, "default_route")


def called_off_by(uow: UnitOfWork, call: Call, response: str | None = None) -> list[Dispatch]:
    """What was sent before and is cancelled, and told so, where a person chooses this response;
    None: whichever. A team that is on scene and a unit that CAD has stay: a person ends those.
    While a silent alarm stands on it nobody is called off: whoever is forced reads their screen.
    Nor while somebody on it needs help, or does not answer: others who come are help for them."""
    if silent_alarms.stands_on(uow, call) or open_cries.stand_on(uow, call):
        return []
    record = assessments.latest(uow, call)
    wanted = {response, *(assessments.decision_of(record).also if record else ())}
    stays = {DispatchState.ON_SCENE, DispatchState.HANDED_OVER, *dispatches.ENDED}
    return [
        one
        for one in dispatches.of_call(uow, call)
        if one.response not in wanted
        and one.state not in stays
        and not any(slot.state in ON_SITE for slot in one.slots)
    ]


def send_missing(uow: UnitOfWork, centre: Centre, call: Call) -> list[str]:
    """Send what is recommended now and not yet on its way: for a call that still asks,
    the default route at once."""
    must_be_open(call)
    record = assessments.latest(uow, call)
    if record is None:
        raise Conflict(msgid("this call has not been assessed"))
    if call.state is CallState.ASKING:
        return take_default_route(uow, centre, call)
    sent = act_on(uow, centre, call, assessments.decision_of(record), "assessment")
    if sent:  # a line that did not take the caller is not owed any more
        for dispatch in transfers.without(dispatches.of_call(uow, call), sent):
            dispatches.cancel(uow, centre, dispatch, "changed_response")
    return sent


def decide_otherwise(uow: UnitOfWork, centre: Centre, call: Call, choice: Choice) -> Override:
    """Send another response instead of the recommended one. The companions go all the same."""
    must_be_open(call)
    if choice.reason not in OVERRIDE_REASONS:
        raise Refused(msgid("Choose a reason for another response."), "override_reason")
    if choice.reason == "other" and not (choice.note or "").strip():
        raise Refused(msgid("Say which other reason, in a few words."), "override_note")
    kind = centre.vocabulary.responses.get(choice.response)
    if kind is None or kind.reached_by == "record":
        raise Refused(msgid("Choose who is to be sent."), "override_response")
    record = assessments.latest(uow, call)
    if record is None:
        raise Conflict(msgid("this call has not been assessed"))
    if choice.response == record.response:
        raise Refused(msgid("This is recommended already: send it as it is."), "override_response")
    override = uow.add(
        Override(
            call_id=call.id,
            assessment_id=record.id,
            recommended=record.response,
            chosen=choice.response,
            reason=choice.reason,
            note=(choice.note or "").strip() or None,
        )
    )
    uow.audit(
        "call.overridden",
        override,
        recommended=record.response,
        chosen=choice.response,
        reason=choice.reason,
    )
    decision = assessments.decision_of(record)
    call.state = CallState.OPEN
    for dispatch in called_off_by(uow, call, choice.response):
        dispatches.cancel(uow, centre, dispatch, "changed_response")
    sent = {d.response for d in dispatches.of_call(uow, call) if d.state not in dispatches.ENDED}
    for response in dict.fromkeys((choice.response, *decision.also)):
        if response not in sent:
            dispatches.open_dispatch(uow, centre, call, response, decision.urgency, "override")
    return override
