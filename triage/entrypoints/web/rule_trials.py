"""A made-up case, tried under a draft and under the live rules."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from triage.context import current_context
from triage.domain.call_reading import decode_call
from triage.domain.errors import Finding, InvalidCall, Problem, Refused, RuleFileError
from triage.domain.facts import Fact
from triage.domain.words import Named, msgid
from triage.entrypoints.web.intake_form import FACT, answer_typed
from triage.entrypoints.web.languages import language
from triage.entrypoints.web.local_times import instant_in_form
from triage.entrypoints.web.recommendation import Recommendation, recommendation
from triage.services import assessments, rule_drafts
from triage.services.centre import Centre
from triage.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Case:
    """What was typed, as `triage assess` takes it, or why it is no call."""

    raw: object
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Trial:
    """What one text decides, or why it does not."""

    decision: Recommendation | None = None
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()


def case_typed() -> Case:
    """The case in the form; JSON, where there is any, goes before the fields."""
    try:
        if pasted := request.form.get("case_json", "").strip():
            return Case(decode_call(pasted))
        return Case(_case_in_fields())
    except InvalidCall as error:
        return Case({}, error.problems)
    except Refused as error:
        return Case({}, (Problem(msgid("Time of the call"), str(error)),))


def _case_in_fields() -> Mapping[str, Any]:
    centre, situation = current_context().centre, dict[str, Any]()
    answers = {
        name: answer_typed(fact, request.form.getlist(FACT + name))
        for name, fact in centre.vocabulary.facts.items()
    }
    if away := request.form.getlist("away"):
        situation["unavailable"] = dict.fromkeys(away, "none_on_shift")
    if at := instant_in_form("case_now"):
        situation["now"] = at.astimezone(centre.policy.time_zone).isoformat()
    return {
        "facts": {name: answer for name, answer in answers.items() if answer is not None},
        "narrative": request.form.get("case_narrative", ""),
        "situation": situation,
    }


def offered(fact: Fact) -> list[tuple[str, str]]:
    """What a field for this fact offers: value and label."""
    return [(answer.value, answer.label) for answer in fact.answers(language())]


def answered(facts: Iterable[Fact]) -> bool:
    """Is one of these answered in the form that was sent?"""
    return any(any(request.form.getlist(FACT + fact.name)) for fact in facts)


def teams_that_may_be_away() -> list[tuple[str, str]]:
    responses = current_context().centre.vocabulary.responses
    return [(key, Named(it.labels)) for key, it in responses.items() if it.reached_by == "page"]


def try_live(uow: UnitOfWork, centre: Centre, name: str, case: Case) -> Trial:
    """What the live version of a rule set decides."""
    return _tried(centre, case, lambda raw: assessments.preview(uow, centre, raw, name))


def try_in(uow: UnitOfWork, centre: Centre, text: str, case: Case) -> Trial:
    """What a text decides."""
    return _tried(centre, case, lambda raw: rule_drafts.try_case(uow, centre, text, raw))


def _tried(centre: Centre, case: Case, decide: Callable[[Any], Mapping[str, Any]]) -> Trial:
    if case.problems:
        return Trial(problems=case.problems)
    try:
        return Trial(recommendation(centre, decide(case.raw)))
    except RuleFileError as error:
        return Trial(findings=error.findings)
    except InvalidCall as error:
        return Trial(problems=error.problems)
