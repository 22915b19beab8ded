"""Assessing a call: the rules decide, and what they decided from is kept."""

import json
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import aliased, defer

from triage.domain.assessment import ENGINE, Assessment, assess, assess_after_asking
from triage.domain.call_reading import NARRATIVE_LENGTH
from triage.domain.calls import CallInput
from triage.domain.habits import Habits
from triage.domain.lifecycle import CallState
from triage.domain.ruleset import RuleSet
from triage.domain.words import msgid
from triage.services import habits, rule_sets
from triage.services.centre import Centre
from triage.services.dispatches import Urgency
from triage.services.time_limit import OutOfTime, TimeLimit
from triage.storage.calls import Answer, AssessmentRecord, Call, Caller
from triage.storage.sealed import CannotOpen, passed_over
from triage.storage.unit_of_work import UnitOfWork

log = logging.getLogger(__name__)
COUNTS = ~exists().where(Caller.id == Answer.caller_id, Caller.left_for_id.is_not(None))
"""Of whoever rang about something else nothing counts here."""
_ANSWERS = (
    select(Answer)
    .where(Answer.call_id == bindparam("call_id"), COUNTS)
    .order_by(Answer.created_at, Answer.id)
)
_CALLERS = (
    select(Caller)
    .where(Caller.call_id == bindparam("call_id"))
    .order_by(Caller.created_at, Caller.id)
)


NOT_SCORED = msgid("The rules could not be applied: treat as highest.")
MOST_GISTS = 2000
_gists: dict[UUID, "Decision"] = {}


@dataclass(frozen=True)
class Decision:
    """What an assessment means for a call. `result` is the JSON of `triage assess`."""

    outcome: str
    """`decided`, `ask_more` or `not_scored`."""
    response: str
    eligible: str
    """Who would go if everybody could come."""
    also: tuple[str, ...]
    urgency: Urgency
    result: Mapping[str, Any]

    @property
    def responses(self) -> tuple[str, ...]:
        """Everybody who goes, the main response first."""
        return tuple(dict.fromkeys((self.response, *self.also)))


def answers_of(uow: UnitOfWork, call: Call) -> Mapping[str, Any]:
    """The answer that stands for each fact: the latest."""
    if (new := uow.new_under(call.id, Answer)) is not None:
        return uow.once(f"answers:{call.id}:{len(new)}", lambda _: standing(new), of=())
    return uow.once(f"answers:{call.id}", lambda uow: _answers(uow, call.id), of=(Answer, Caller))


def _answers(uow: UnitOfWork, call_id: UUID) -> dict[str, Any]:
    return standing(given(uow, call_id))


def given(uow: UnitOfWork, call_id: UUID) -> Sequence[Answer]:
    """Every answer of those whose word counts here, also what was taken back, the oldest first."""
    return uow.session.scalars(_ANSWERS, {"call_id": call_id}).all()


def standing(rows: Iterable[Answer]) -> dict[str, Any]:
    """By fact the latest of these answers."""
    latest = {row.fact: row for row in rows}
    return {
        fact: json.loads(row.value or "null") for fact, row in latest.items() if not row.not_asked
    }


def said_no(answers: Mapping[str, Any], fact: str) -> bool:
    """Is it "no", by anybody who answered? Of answers that contradict each other the careful
    one counts."""
    said = answers.get(fact)
    values = [one["value"] for one in said["values"]] if isinstance(said, dict) else [said]
    return "no" in values


def may_be_cancelled(uow: UnitOfWork, centre: Centre, call: Call) -> bool:
    """May a dispatcher do it alone? So where nothing was decided yet, and at routine level."""
    record = latest(uow, call)
    undecided = record is not None and record.outcome == "ask_more"
    return undecided or is_routine(uow, centre, call)


def is_routine(uow: UnitOfWork, centre: Centre, call: Call) -> bool:
    """Is the call of the least urgent level of its rule set? What was not scored never is."""
    record = latest(uow, call)
    if record is None or record.outcome == "not_scored":
        return False
    levels = rule_sets.live(uow, centre, call.rule_set).levels
    return bool(levels) and record.level_rank >= max(level.rank for level in levels)


def check_facts(centre: Centre, facts: Mapping[str, Any], situation: Mapping[str, Any]) -> None:
    """Raises InvalidCall listing everything that is wrong with the answers."""
    centre.vocabulary.read_call({"facts": dict(facts), "situation": dict(situation)})


def preview(
    uow: UnitOfWork, centre: Centre, raw: object, rule_set: str | None = None
) -> dict[str, Any]:
    """Assess without storing anything: what `triage assess` prints.

    Raises InvalidCall, RuleFileError where the live rules do not load, and OutOfTime.
    """
    rules = rule_sets.must_load(uow, centre, rule_set or centre.policy.rule_set)
    known = habits.current(uow, centre)
    return in_time(assess, rules, centre.vocabulary.read_call(raw), known)


def in_time(
    decide: Callable[..., Assessment], rules: RuleSet, call: CallInput, known: Habits
) -> dict[str, Any]:
    """What these rules decide. Raises OutOfTime, after a second try: the first call of a version
    makes what the others find made."""
    try:
        with TimeLimit():
            return decide(rules, call, habits=known).as_dict()
    except OutOfTime:
        with TimeLimit():
            return decide(rules, call, habits=known).as_dict()


def assess_call(
    uow: UnitOfWork, centre: Centre, call: Call, situation: Mapping[str, Any]
) -> tuple[AssessmentRecord, Decision]:
    """Assess the call as it stands now and keep the decision with all that it came from.

    Never fails: where the rules cannot be applied the call is "not scored", takes the
    default route at the highest level, and says so.
    """
    raw = {
        "facts": dict(answers_of(uow, call)),
        "narrative": told(uow, call)[:NARRATIVE_LENGTH],
        "situation": dict(situation),
    }
    rules, known = rule_sets.live(uow, centre, call.rule_set), habits.current(uow, centre)
    earlier = _earlier(uow, call)
    # There was a time for answers and it is over: asking first again would only keep back who
    # is recommended.
    was_asked = call.state is CallState.OPEN and "ask_more" in earlier
    try:
        if not rules.rules:
            raise LookupError("the rule set could not be read")
        if was_asked:
            rules.after_asking.prepare()  # which is not of this call's time
        decide = assess_after_asking if was_asked else assess
        result = in_time(decide, rules, centre.vocabulary.read_call(raw), known)
    except Exception as error:  # whatever it is, somebody must still come
        log.error("assessment failed: %s", type(error).__name__)
        result = _not_scored(rules, centre, type(error).__name__)
    decision = _decision(result)
    record = _record(uow, call, raw, decision, number=len(earlier) + 1)
    uow.audit(
        "call.assessed",
        record,
        number=record.number,
        outcome=record.outcome,
        response=record.response,
        level=record.level,
        level_label=decision.urgency.label,
        within_min=decision.urgency.within_min,
        rule_set=record.rule_set_sha256[:12],
    )
    return record, decision


def told(uow: UnitOfWork, call: Call) -> str:
    """What everybody who rang about it said, the latest first: a knife that a second caller saw
    is asked about like one of the first."""
    new = uow.new_under(call.id, Caller)
    rows = uow.session.scalars(_CALLERS, {"call_id": call.id}) if new is None else new
    said = [row.said for row in rows if row.said and row.left_for_id is None]
    return "\n".join([*reversed(said), *([call.narrative] if call.narrative else [])])


def _earlier(uow: UnitOfWork, call: Call) -> Sequence[str]:
    """The outcome of each earlier assessment of this call."""
    if (new := uow.new_under(call.id, AssessmentRecord)) is not None:
        return [record.outcome for record in new]
    outcomes = select(AssessmentRecord.outcome).where(AssessmentRecord.call_id == call.id)
    return uow.session.scalars(outcomes).all()


def _not_scored(rules: RuleSet, centre: Centre, why: str) -> dict[str, Any]:
    """The result where no rule could be applied: the default route at the highest level."""
    level = min(rules.levels, key=lambda level: level.rank)
    response = rules.default.response
    because = {
        "rule": "not-scored",
        "kind": "default",
        "because": NOT_SCORED,
        "source": why,
        "facts": {},
        "decided": True,
    }
    return {
        "outcome": "not_scored",
        "needed": response,
        "eligible": response,
        "response": response,
        "cause": None,
        "level": {
            "id": level.id,
            "rank": level.rank,
            "label": level.label,
            "within_min": level.within_min,
            "answer_within_min": level.answer_within_min,
        },
        "also": [],
        "excluded": [],
        "points": {},
        "settled": False,
        "could_become": [],
        "ask_next": [],
        "route": "default",
        "by_points": None,
        "because": [because],
        "waiting": [],
        "follow_ups": [],
        "notices": [],
        "rule_set": rules.name,
        "version": rules.version,
        "sha256": rules.sha256,
        "vocabulary_sha256": centre.vocabulary.sha256,
        "habits_sha256": None,
        "engine": ENGINE,
    }


def _decision(result: Mapping[str, Any]) -> Decision:
    level = result["level"]
    urgency = Urgency(
        level["label"], level["rank"], level["within_min"], level["answer_within_min"]
    )
    also = tuple(companion["response"] for companion in result["also"])
    response, eligible = result["response"], result["eligible"]
    return Decision(result["outcome"], response, eligible, also, urgency, result)


def _record(
    uow: UnitOfWork, call: Call, raw: Mapping[str, Any], decision: Decision, *, number: int
) -> AssessmentRecord:
    result = decision.result
    return uow.add(
        AssessmentRecord(
            call_id=call.id,
            number=number,
            rule_set=result["rule_set"],
            rule_set_sha256=result["sha256"],
            vocabulary_sha256=result["vocabulary_sha256"],
            habits_sha256=result["habits_sha256"],
            engine=result["engine"],
            outcome=result["outcome"],
            needed=result["needed"],
            eligible=result["eligible"],
            response=result["response"],
            cause=result["cause"],
            level=result["level"]["id"],
            level_rank=result["level"]["rank"],
            settled=result["settled"],
            input=json.dumps(raw, sort_keys=True, ensure_ascii=False),
            result=json.dumps(result, ensure_ascii=False),
        )
    )


def latest(uow: UnitOfWork, call: Call) -> AssessmentRecord | None:
    if (new := uow.new_under(call.id, AssessmentRecord)) is not None:
        return max(new, key=lambda record: record.number, default=None)
    return uow.session.scalar(
        select(AssessmentRecord)
        .where(AssessmentRecord.call_id == call.id)
        .order_by(AssessmentRecord.number.desc())
        .limit(1)
    )


def given_away(record: AssessmentRecord) -> dict[str, str]:
    """The responses that could not come when this was assessed, each with its coded cause."""
    situation = json.loads(record.input or "{}").get("situation", {})
    away: dict[str, str] = situation.get("unavailable", {})
    return away


def decision_of(record: AssessmentRecord) -> Decision:
    return _decision(json.loads(record.result or "{}"))


def newest_of(uow: UnitOfWork, calls: Collection[UUID]) -> dict[UUID, Decision]:
    """The newest decision of each of these calls, as `gists` has it."""
    later = aliased(AssessmentRecord)
    is_newest = ~exists().where(
        later.call_id == AssessmentRecord.call_id, later.number > AssessmentRecord.number
    )
    newest = uow.session.execute(
        select(AssessmentRecord.call_id, AssessmentRecord.id).where(
            AssessmentRecord.call_id.in_(calls), is_newest
        )
    ).all()
    found = gists(uow, [key for _, key in newest])
    return {call: found[key] for call, key in newest if key in found}


def gists(uow: UnitOfWork, records: Collection[UUID]) -> dict[UUID, Decision]:
    """The decisions of these records without their whole results. A record never changes: what
    boards show again and again is fetched, opened and read once in each process. A list goes on
    without those that cannot be decrypted."""
    found = {key: known for key in records if (known := _gists.get(key)) is not None}
    if missing := [key for key in records if key not in found]:
        if len(_gists) >= MOST_GISTS:
            _gists.clear()
        of_them = select(AssessmentRecord).where(AssessmentRecord.id.in_(missing))
        for record in uow.session.scalars(of_them.options(defer(AssessmentRecord.input_sealed))):
            try:
                found[record.id] = _gists[record.id] = replace(decision_of(record), result={})
            except CannotOpen as error:
                if not passed_over(error):
                    raise
    return found
