"""Which of the rules that fired decided, and which are only true as well.

A rule can fire and change nothing: points where somebody is required, fewer points than another
response has, a less urgent level, an exclusion of somebody who would not have come. Told beside
the others it reads like a contradiction, so it is told apart.
"""

from collections.abc import Mapping, Sequence

from triage.domain.cases import Case
from triage.domain.conclusions import keep
from triage.domain.decision import Decision, choose, excluded_by, level_of, required_by, send
from triage.domain.reason import Reason
from triage.domain.ruleset import Rule, RuleSet

MOST_MATTERING = 2_000
"""Sets of fired rules of which it is kept which exclusions matter; most answers fire no rule."""


def told_apart(
    rule_set: RuleSet, case: Case, told: Sequence[Reason]
) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """The reasons that decided, those for who answers first, and those that were outranked."""
    ids, answers = deciding(rule_set, case), case.decision.eligible

    def is_for_the_answer(reason: Reason) -> bool:
        return reason.kind in ("ask", "default") or (
            reason.kind in ("require", "score") and answers in reason.responses
        )

    # What the set says besides its rules is said because it decided.
    decided = [one for one in told if one.rule in ids or one.rule not in rule_set.rule]
    outranked = tuple(one for one in told if one.rule not in ids and one.rule in rule_set.rule)
    decided.sort(key=is_for_the_answer, reverse=True)
    return tuple(decided), outranked


def deciding(rule_set: RuleSet, case: Case) -> frozenset[str]:
    """The ids of the fired rules without which something would be, or be done, otherwise: who
    answers, who comes along, how soon, and what happens afterwards.

    The requirements that are met, the points of the response that points chose, the exclusions
    without which somebody else would answer or come along, companions who come, every rule for the
    level that stands, and all plans.
    """
    book, decision = rule_set.book, case.decision
    fired = book.fired(case.tally)
    mattering = _mattering(rule_set, case)
    rules = book.rules_in(fired)
    return frozenset(rule.id for rule in rules if _decides(rule, decision, mattering))


def _decides(rule: Rule, decision: Decision, mattering: frozenset[str]) -> bool:
    if rule.kind == "require":
        met = {decision.eligible, decision.response, *decision.also}
        return not met.isdisjoint(rule.responses)
    if rule.kind == "score":
        return decision.route == "score" and dict(rule.points).get(decision.eligible, 0) != 0
    if rule.kind == "exclude":
        return not mattering.isdisjoint(rule.responses)
    if rule.kind == "also":
        return not set(decision.also).isdisjoint(rule.responses)
    return rule.kind == "plan" or rule.level == decision.level.id


def _mattering(rule_set: RuleSet, case: Case) -> frozenset[str]:
    """The excluded responses of which each alone, were it not excluded, would change something."""
    book, teams = rule_set.book, case.reading.teams
    fired, asking = book.fired(case.tally), book.asking(case.tally) > 0
    required = required_by(book, fired)
    excluded = excluded_by(book, fired, required)
    if not excluded:
        return frozenset()
    kept, key = book.mattering, (fired, asking, teams.key)
    known = kept.get(key)
    if known is None:
        level = level_of(rule_set, fired)

        def decided(excluded: Mapping[str, bool]) -> Decision:
            chosen = choose(rule_set, fired, asking, required, excluded)
            return send(rule_set, fired, chosen, excluded, level, teams)._replace(excluded=())

        stands = decided(excluded)
        known = frozenset(one for one in excluded if decided(_without(excluded, one)) != stands)
        keep(kept, key, known, MOST_MATTERING)
    return known


def _without(excluded: Mapping[str, bool], response: str) -> dict[str, bool]:
    return {one: whole for one, whole in excluded.items() if one != response}
