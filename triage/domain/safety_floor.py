"""What every complete rule set has to say: a person in plain danger is not left alone with a voice.

Whoever is unconscious, does not breathe, has a weapon in hand or is trying to kill themselves is
never left to a telephone line or to an unarmed team alone, whatever else was answered or not.
"""

from collections.abc import Iterator

from triage.domain.conditions import NoneOf, OneOf, Some
from triage.domain.errors import Finding
from triage.domain.possibility import Possibilities, TooMany
from triage.domain.ruleset import Rule, RuleSet

DANGERS = ("consciousness", "breathing", "weapon", "attempt_in_progress")
"""Facts whose most dangerous answer must be enough to require somebody."""


def below_the_floor(rule_set: RuleSet, possible: Possibilities) -> Iterator[Finding]:
    """An error for every danger that the requirements of a complete set leave uncovered."""
    facts = rule_set.vocabulary.facts
    for name in DANGERS if rule_set.scope == "complete" else ():
        if name not in facts or not facts[name].danger:
            continue
        worst = facts[name].danger[-1]
        present = OneOf(name, "is", (worst,), frozenset({worst}))
        requiring = [rule for rule in rule_set.rules if _brings_help(rule_set, rule)]
        # One that fires on unknown is silent only where its condition is false.
        unless = Some(tuple(rule.when for rule in requiring if rule.if_unknown != "holds"))
        silent = NoneOf(tuple(rule.when for rule in requiring if rule.if_unknown == "holds"))
        place = rule_set.place_of("rules")
        try:
            uncovered = possible.gap(unless, present, silent)
        except TooMany:
            message = f"it cannot be seen that {name}: {worst} always requires somebody"
            hint = f"a rule of its own: require: police, when: {{{name}: {worst}}}"
            yield Finding("error", place.line, place.column, message, hint)
            continue
        if uncovered is not None:
            message = f"when {name} is {worst}, no rule requires police, an ambulance or the like"
            answers = ", ".join(f"{fact} {value}" for fact, value in uncovered.items())
            hint = f"a complete set always does; not here: {answers}"
            yield Finding("error", place.line, place.column, message, hint)


def _brings_help(rule_set: RuleSet, rule: Rule) -> bool:
    """Does the rule, every day and without exception, require somebody who can act?"""
    if rule.kind != "require" or rule.valid_from or rule.valid_until or rule.unless:
        return False
    known = rule_set.vocabulary.responses
    required = [known[name] for name in rule.responses if name in known]
    return any(one.public_safety or one.reached_by == "cad" for one in required)
