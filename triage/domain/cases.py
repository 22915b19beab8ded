"""A call as the rules see it: each reading of it, weighed and decided."""

from collections.abc import Iterable
from typing import NamedTuple

from triage.domain.calls import CallInput
from triage.domain.decision import Decision, decide
from triage.domain.narrative import Heard
from triage.domain.readings import Reading, readings
from triage.domain.ruleset import RuleSet
from triage.domain.term_index import Tally


class Case(NamedTuple):
    """One reading of the call and what the rules make of it."""

    reading: Reading
    tally: Tally
    decision: Decision
    heard: Heard


def cases_of(rule_set: RuleSet, call: CallInput) -> tuple[Case, ...]:
    """One case for each reading of the call. Raises InvalidCall for more than 64."""
    heard, date = rule_set.heard(call), call.now[:10]
    cases = []
    for reading in readings(rule_set.vocabulary, call):
        tally = rule_set.book.weigh(reading.answers, heard, date)
        cases.append(Case(reading, tally, decide(rule_set, tally, reading.teams), heard))
    return tuple(cases)


def protection(rule_set: RuleSet, decision: Decision) -> tuple[int, int]:
    """Smaller is more protective: the more urgent level, then the earlier in precedence."""
    return decision.level.rank, rule_set.precedence[decision.response]


def most_protective(rule_set: RuleSet, decisions: Iterable[Decision]) -> Decision:
    """The first of the most protective decisions."""
    return min(decisions, key=lambda decision: protection(rule_set, decision))
