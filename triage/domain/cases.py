"""A call as the rules see it: each reading of it, weighed and decided."""

from collections.abc import Sequence
from typing import NamedTuple

from triage.domain.calls import CallInput
from triage.domain.decision import Decision, decide
from triage.domain.narrative import Heard
from triage.domain.readings import Reading, readings
from triage.domain.ruleset import RuleSet
from triage.domain.term_index import Tally


class Case(NamedTuple):
    """One reading of the call and what the rules make of it.

    state -- how the terms stand; see `term_index`.
    """

    reading: Reading
    tally: Tally
    decision: Decision
    heard: Heard
    state: int


def cases_of(rule_set: RuleSet, call: CallInput) -> tuple[Case, ...]:
    """One case for each reading of the call."""
    heard, date, book = rule_set.heard(call), call.now[:10], rule_set.book
    cases = []
    for reading in readings(rule_set, call):
        state = book.index.state(reading.answers, heard)
        tally = book.stand(state, date)
        cases.append(Case(reading, tally, decide(rule_set, tally, reading.teams), heard, state))
    return tuple(cases)


def protection(rule_set: RuleSet, decision: Decision) -> tuple[object, ...]:
    """Smaller is more protective: the more urgent level, then the earlier in precedence.

    What follows only makes sure that the order in which answers were reported decides nothing.
    """
    level, response = decision.level.rank, rule_set.precedence[decision.response]
    return level, response, decision.also, decision.excluded, decision.eligible, decision.needed


def stands(rule_set: RuleSet, decisions: Sequence[Decision]) -> Decision:
    """The decision for a call that can be read in several ways.

    The most protective one decides who answers and how soon. Whoever another reading requires, or
    wants as well, comes along: a contradiction takes nobody away.
    """
    first = min(decisions, key=lambda one: protection(rule_set, one))
    wanted = {companion for one in decisions for companion in one.wanted}
    not_again = {response for response, whole in first.excluded if whole} | {first.response}
    if first.eligible not in first.also:
        not_again.add(first.eligible)
    also = sorted(wanted - not_again, key=rule_set.precedence.__getitem__)
    return first._replace(
        also=tuple(also),
        person_must_act=any(one.person_must_act for one in decisions),
    )
