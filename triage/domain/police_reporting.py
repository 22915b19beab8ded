"""Do police come because of what is known, or because answers are missing?

Police without a clinician are a harm as well as a protection, so an assessment says when missing
answers alone bring them. To tell, the call is decided once more by what has a value: an answer of
unknown counts as not given, and a rule fires only where what is known makes it true.
"""

from dataclasses import replace

from triage.domain.answers import UNKNOWN
from triage.domain.cases import Case
from triage.domain.conditions import Condition, Every, Group, IsKnown, Mentions, OneOf
from triage.domain.decision import conclude
from triage.domain.ruleset import Rule, RuleSet


def police_because_unknown(rule_set: RuleSet, case: Case, local_date: str) -> bool:
    """Would nobody send police without a clinician but for answers that are missing?

    Yes when what is known sends somebody else, and when it leaves the default, or who stands in
    for it, while rules that could send somebody else wait for an answer.
    """
    if not is_police(rule_set, case.decision.response):
        return False
    answers, book = case.reading.answers, rule_set.book
    values = {fact: answer for fact, answer in answers.items() if answer is not UNKNOWN}
    tally = book.weigh(values, case.heard, local_date)
    known = conclude(rule_set, tally.true, book.asking(tally), case.reading.teams)
    if not is_police(rule_set, known.response):
        return True
    waiting = book.rules_in(tally.undecided) if known.route == "default" else ()
    return any(leads_elsewhere(rule_set, rule) for rule in waiting)


def is_police(rule_set: RuleSet, response: str) -> bool:
    """Is this police without a clinician?"""
    known = rule_set.vocabulary.responses.get(response)
    return known is not None and known.is_police


def leads_elsewhere(rule_set: RuleSet, rule: Rule) -> bool:
    """Could the rule send somebody other than police without a clinician?"""
    if rule.kind == "exclude":
        return any(is_police(rule_set, response) for response in rule.responses)
    sends = rule.responses if rule.kind == "require" else ()
    scores = (response for response, points in rule.points if points > 0)
    return any(not is_police(rule_set, response) for response in (*sends, *scores))


def by_values(rule: Rule) -> Rule:
    """The rule as it stands where an answer of unknown counts as not given."""
    unless = None if rule.unless is None else _by_values(rule.unless)
    return replace(rule, when=_by_values(rule.when), unless=unless)


def _by_values(condition: Condition) -> Condition:
    if isinstance(condition, Group):
        return replace(condition, parts=tuple(_by_values(part) for part in condition.parts))
    if isinstance(condition, IsKnown):
        return OneOf(condition.fact, "in", (), frozenset(), negated=condition.wanted)
    if isinstance(condition, Mentions) and condition.asks is not None:
        not_put = OneOf(condition.asks, "in", (), frozenset())
        return Every((Mentions(condition.terms), not_put))
    return condition
