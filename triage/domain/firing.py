"""Static checks of single rules: whether there are calls for which they fire, and others."""

from collections.abc import Iterator
from dataclasses import replace

from triage.domain.conditions import (
    ALWAYS,
    OPEN,
    Condition,
    Group,
    IsKnown,
    Mentions,
    NoneOf,
    Some,
    facts_of,
    tests_of,
)
from triage.domain.errors import Finding, Severity
from triage.domain.possibility import Possibilities
from triage.domain.ruleset import Rule, RuleSet


def can_fire(rule_set: RuleSet, possible: Possibilities) -> Iterator[Finding]:
    """What is said of rules whose conditions no answers, or all, make true."""
    for rule in rule_set.rules:
        if possible.never(rule.when):
            waits_for = _only_waiting(rule, possible)
            if waits_for and rule.if_unknown == "ask":
                message = f"{rule.id} never fires: words only make the call wait for {waits_for}"
                yield _found("warning", rule, message, "once that was asked the rule says no more")
            elif waits_for and rule.if_unknown == "does_not_hold":
                message = f"{rule.id} can never fire: a mention that asks is never true"
                hint = "if_unknown: ask makes the call wait; prompts bring the question forward"
                yield _found("error", rule, message, hint)
            elif rule.if_unknown == "holds" and rule.when.truth({}, frozenset()) is OPEN:
                message = f"{rule.id} is never true: it fires only while something is unknown"
                yield _found("warning", rule, message)
            else:
                yield _found("error", rule, f"{rule.id} can never fire: no answers make it true")
        elif rule.unless is not None:
            yield from _stopped(rule, rule.unless, possible)
        elif not _open_ended(rule.when) and _always(rule, possible):
            message = f"{rule.id} is true for every answer"
            yield _found("warning", rule, message, "write when: always, if that is meant")


def _always(rule: Rule, possible: Possibilities) -> bool:
    """Does the rule fire whatever is answered? Unknown is an answer as well."""
    if not possible.never(NoneOf((rule.when,))):
        return False
    if rule.if_unknown == "holds":
        return True
    answered = (
        Some((IsKnown(fact, wanted=True), IsKnown(fact, wanted=False)))
        for fact in facts_of(rule.when)
    )
    return possible.follows(rule.when, *answered)


def _stopped(rule: Rule, unless: Condition, possible: Possibilities) -> Iterator[Finding]:
    """An exception that always or never applies."""
    if possible.follows(unless, rule.when):
        message = f"{rule.id} can never fire: its unless is so whenever its when is"
        yield _found("error", rule, message)
    elif rule.if_unknown == "does_not_hold" and possible.never(rule.when, unless):
        # One that counts or asks while its when is open is stopped there as well.
        message = f"the unless of {rule.id} never matters: it and its when are never so together"
        yield _found("warning", rule, message)


def _only_waiting(rule: Rule, possible: Possibilities) -> str:
    """The questions of the mentions without which the rule could be true; "" where there are none.

    Such a mention is open until its question was put, and then false.
    """
    asked = [test.asks for test in tests_of(rule.when) if isinstance(test, Mentions) and test.asks]
    if not asked or possible.never(_as_heard(rule.when)):
        return ""
    return ", ".join(dict.fromkeys(asked))


def _as_heard(condition: Condition) -> Condition:
    """The condition as if what was heard were true by itself."""
    if isinstance(condition, Mentions):
        return ALWAYS
    if isinstance(condition, Group):
        return replace(condition, parts=tuple(_as_heard(part) for part in condition.parts))
    return condition


def _open_ended(condition: Condition) -> bool:
    """Meant for every call, or dependent on words that a call may or may not contain."""
    return condition == ALWAYS or any(isinstance(test, Mentions) for test in tests_of(condition))


def _found(severity: Severity, rule: Rule, message: str, hint: str = "") -> Finding:
    return Finding(severity, rule.place.line, rule.place.column, message, hint)
