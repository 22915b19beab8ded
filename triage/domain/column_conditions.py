"""Conditions judged over all past calls at once.

What `Condition.truth` says of one call is said here of each: a pair of sets, the calls for which
the condition is true and those for which it is not false (true or undecided). Where no call is
undecided both are the same object, and only one of them is worked out.
"""

from collections.abc import Callable

from triage.domain.bitmaps import Bitmap, add_up, at_least, everyone, intersection, nobody, union
from triage.domain.conditions import (
    AtLeast,
    Condition,
    Every,
    Includes,
    IsKnown,
    Mentions,
    NoneOf,
    OneOf,
    Some,
    Test,
    Within,
    tests_of,
)
from triage.domain.history import History, Judged
from triage.domain.past_answers import NumberColumn
from triage.domain.ruleset import Rule


def terms_in(rules: tuple[Rule, ...]) -> tuple[str, ...]:
    """The words that these rules look for in a narrative."""
    tests = (test for rule in rules for test in tests_of(rule.whole))
    found = (term for test in tests if isinstance(test, Mentions) for term in test.terms)
    return tuple(dict.fromkeys(found))


def judge_rule(history: History, rule: Rule) -> Judged:
    """The calls for which the rule is true, and those for which it is not false.

    Known already for a rule that is new only in what follows from it.
    """
    key = (rule.when, rule.unless, rule.valid_from, rule.valid_until)
    judged = history.judged.get(key)
    if judged is None:
        true, maybe = judge(history, rule.when)
        if rule.unless is not None:
            others = ~judge(history, rule.unless)[0]
            true, maybe = _both([(true, maybe)], lambda sets: sets[0] & others)
        if rule.valid_from or rule.valid_until:
            in_force = ~_out_of_force(history, rule)
            true, maybe = true & in_force, maybe & in_force
        judged = history.judged[key] = true, maybe
    return judged


def judge(history: History, condition: Condition) -> Judged:
    """The calls for which the condition is true, and those for which it is not false."""
    if isinstance(condition, Every):
        return _every(history, condition.parts)
    if isinstance(condition, Some):
        return _some(history, condition.parts)
    if isinstance(condition, NoneOf):
        true, maybe = _some(history, condition.parts)
        never = ~maybe
        return never, never if true is maybe else ~true
    if isinstance(condition, AtLeast):
        judged = [judge(history, part) for part in condition.parts]
        return _both(judged, lambda sets: _count(condition.n, sets, history.rows))
    judged_test = history.judged.get(condition)
    if judged_test is None:
        judged_test = history.judged[condition] = _judge_test(history, condition)
    return judged_test


def _every(history: History, parts: tuple[Condition, ...]) -> Judged:
    judged = [judge(history, part) for part in parts]
    return _both(judged, lambda sets: intersection(sets, history.rows))


def _some(history: History, parts: tuple[Condition, ...]) -> Judged:
    judged = [judge(history, part) for part in parts]
    return _both(judged, lambda sets: union(sets, history.rows))


def _both(judged: list[Judged], combined: Callable[[list[Bitmap]], Bitmap]) -> Judged:
    true = combined([certain for certain, _ in judged])
    if all(certain is possible for certain, possible in judged):
        return true, true
    return true, combined([possible for _, possible in judged])


def _count(n: int, sets: list[Bitmap], rows: int) -> Bitmap:
    return at_least(n, add_up(((1, bits) for bits in sets), rows), rows)


def _judge_test(history: History, test: Test) -> Judged:
    rows = history.rows
    if isinstance(test, Mentions):
        return _judge_mentions(history, test)
    column = history.column(test.fact)
    if column is None:
        return nobody(rows), everyone(rows)  # never asked, so always open
    if isinstance(test, IsKnown):
        asked, known = column.asked(rows), column.known(rows)
        true = known if test.wanted else asked & ~known
        return true, true | ~asked
    if isinstance(test, OneOf):
        true = union(column.among(test.accepted, rows), rows)
    elif isinstance(test, Includes):
        true = union(column.among(test.wanted, rows), rows)
    else:
        true = _within(history, test)
    known = column.known(rows)
    if isinstance(test, OneOf) and test.negated:
        true = known & ~true
    return true, true if column.all_known(rows) else true | ~known


def _within(history: History, test: Within) -> Bitmap:
    column = history.column(test.fact)
    if isinstance(column, NumberColumn):
        return column.within(test.low, test.high, history.rows)
    return nobody(history.rows)


def _judge_mentions(history: History, test: Mentions) -> Judged:
    rows = history.rows
    found = union((history.narratives.containing(term, rows) for term in test.terms), rows)
    if test.asks is None:
        return found, found
    column = history.column(test.asks)
    return nobody(rows), found if column is None else found & ~column.asked(rows)


def _out_of_force(history: History, rule: Rule) -> Bitmap:
    """The calls of days on which the rule does not hold; a call without a day is of none."""

    def outside(day: str) -> bool:
        return not rule.in_force(day)

    key = ("outside", rule.valid_from, rule.valid_until)
    return history.dates.where(key, history.rows, outside)
