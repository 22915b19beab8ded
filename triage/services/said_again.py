"""What a kept decision says of itself and beside its questions, in whatever language it is read.

A decision is kept as text, in English. The sentences are made again from what it came from, and
taken where they say the same: the decision itself stays as it was kept.
"""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from triage.domain.assessment import assess
from triage.domain.errors import TriageError
from triage.domain.ruleset import RuleSet
from triage.services import assessments, rule_sets
from triage.services.centre import Centre
from triage.storage.calls import AssessmentRecord
from triage.storage.unit_of_work import UnitOfWork

MOST = 500
_made: dict[UUID, Mapping[str, str]] = {}


def result_of(uow: UnitOfWork, centre: Centre, record: AssessmentRecord) -> dict[str, Any]:
    """The result that was kept, with sentences that can say themselves where they can be made."""
    result: dict[str, Any] = json.loads(record.result or "{}")
    known = _sentences(uow, centre, record)
    return result | {
        part: [one | {"because": known.get(one["because"], one["because"])} for one in result[part]]
        for part in ("ask_next", "because")
    }


def _sentences(uow: UnitOfWork, centre: Centre, record: AssessmentRecord) -> Mapping[str, str]:
    """By what they say in English. A record never changes: each is looked at once."""
    if (known := _made.get(record.id)) is None:
        if len(_made) >= MOST:
            _made.clear()
        known = _made[record.id] = _made_again(uow, centre, record)
    return known


def _made_again(uow: UnitOfWork, centre: Centre, record: AssessmentRecord) -> dict[str, str]:
    if record.outcome == "not_scored":  # the rules fail on this call
        return {str(assessments.NOT_SCORED): assessments.NOT_SCORED}
    try:
        version = rule_sets.version_of(uow, record.rule_set, record.rule_set_sha256)
        rules = rule_sets.of_version(centre, version).prepare()
        call = centre.vocabulary.read_call(json.loads(record.input or "{}"))
        made = [assess(deciding, call) for deciding in _deciding(rules, record)]
    except TriageError:  # the vocabulary has changed since
        made = []
    own = [one.because for again in made for one in again.because]
    asked = [one.because for again in made for one in again.outlook.ask_next]
    return {str(one): one for one in (assessments.NOT_SCORED, *own, *asked)}


def _deciding(rules: RuleSet, record: AssessmentRecord) -> tuple[RuleSet, ...]:
    """The rules as they were applied: a later assessment may have been after the time for
    answers."""
    return (rules,) if record.number == 1 else (rules, rules.after_asking)
