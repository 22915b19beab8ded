"""A condition as alternatives: an OR of terms, each an AND of literals.

What the index decides with. Negations are pushed down and ANDs are multiplied out; both keep the
three-valued meaning of a tree exactly (strong Kleene logic is a De Morgan algebra), as long as
nothing is simplified that is only true of two values: a term that asks for something and for its
opposite stays, because it is unknown, not false, while the answer is unknown.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import comb
from typing import NamedTuple

from triage.domain.conditions import (
    AtLeast,
    Condition,
    Every,
    Group,
    Mentions,
    NoneOf,
    Some,
    tests_of,
)

MOST_TERMS = 256
"""Alternatives of one condition."""


class Literal(NamedTuple):
    """Something that has to be true, or (not `wanted`) false.

    about -- a condition that reads one fact only, or one mention.
    unless -- enough that it is not known to be otherwise: an answer that is missing will do.
    """

    about: Condition
    wanted: bool
    unless: bool = False

    @property
    def fact(self) -> str | None:
        """The fact it reads; None for a mention."""
        return _one_fact(self.about)


Term = frozenset[Literal]


class TooManyAlternatives(Exception):
    """A condition that would be more than MOST_TERMS alternatives."""


def terms_of(condition: Condition) -> tuple[Term, ...]:
    """The alternatives of a condition, none of which implies another one, in reading order.

    Raises TooManyAlternatives.
    """
    return _terms(condition, True)


def terms_of_rule(when: Condition, unless: Condition | None) -> tuple[Term, ...]:
    """The alternatives of a condition beside something that must not be known to be so.

    Raises TooManyAlternatives.
    """
    if unless is None:
        return terms_of(when)
    # "Not known to be so" has two values, so that each part may be turned round by itself.
    lifted = [
        frozenset(literal._replace(unless=True) for literal in term)
        for term in _terms(unless, False)
    ]
    return _product([terms_of(when), tuple(lifted)])


def _one_fact(condition: Condition) -> str | None:
    """The only fact that a condition reads; None where it reads several, none, or the narrative."""
    tests = list(tests_of(condition))
    if not tests or any(isinstance(test, Mentions) for test in tests):
        return None
    facts = {test.fact for test in tests if not isinstance(test, Mentions)}
    return facts.pop() if len(facts) == 1 else None


def _terms(condition: Condition, wanted: bool) -> tuple[Term, ...]:
    if not isinstance(condition, Group) or _one_fact(condition) is not None:
        return (frozenset((Literal(condition, wanted),)),)
    if isinstance(condition, NoneOf):
        return _terms(Some(condition.parts), not wanted)
    if isinstance(condition, AtLeast):
        # "n of k" is false when k - n + 1 parts are.
        needed = condition.n if wanted else len(condition.parts) - condition.n + 1
        return _some_of([_terms(part, wanted) for part in condition.parts], needed)
    parts = _by_fact(condition)
    listed = [_terms(part, wanted) for part in parts]
    every = isinstance(condition, Every) is wanted
    return _product(listed) if every else _union(listed)


def _by_fact(condition: Every | Some) -> Sequence[Condition]:
    """The parts, those on the same fact taken together: one term instead of several."""
    together: dict[str | int, list[Condition]] = {}
    for number, part in enumerate(dict.fromkeys(condition.parts)):
        together.setdefault(_one_fact(part) or number, []).append(part)
    group = type(condition)
    return [parts[0] if len(parts) == 1 else group(tuple(parts)) for parts in together.values()]


def _some_of(listed: list[tuple[Term, ...]], needed: int) -> tuple[Term, ...]:
    """At least `needed` of the parts."""
    always: Term = frozenset()
    needed -= sum(always in terms for terms in listed)
    unsure = [terms for terms in listed if terms and always not in terms]
    if needed <= 0:
        return (always,)
    if comb(len(unsure), needed) > MOST_TERMS:
        raise TooManyAlternatives
    return _union(_product(chosen) for chosen in combinations(unsure, needed))


def _product(listed: Iterable[tuple[Term, ...]]) -> tuple[Term, ...]:
    found: tuple[Term, ...] = (frozenset(),)
    for terms in listed:
        if len(found) * len(terms) > 8 * MOST_TERMS:
            raise TooManyAlternatives
        found = _shortest(one | other for one in found for other in terms)
    return found


def _union(listed: Iterable[tuple[Term, ...]]) -> tuple[Term, ...]:
    return _shortest(term for terms in listed for term in terms)


def _shortest(terms: Iterable[Term]) -> tuple[Term, ...]:
    """The terms without those that imply another one ("a, or a and b" is a)."""
    distinct = tuple(dict.fromkeys(terms))
    if len(distinct) > 8 * MOST_TERMS:
        raise TooManyAlternatives
    if len({len(term) for term in distinct}) <= 1:
        shortest = list(distinct)
    else:
        # Only a shorter term can be implied, and what implies it is itself among the shortest.
        shortest = []
        for term in sorted(distinct, key=len):
            if len(shortest) <= MOST_TERMS and not any(other < term for other in shortest):
                shortest.append(term)
    if len(shortest) > MOST_TERMS:
        raise TooManyAlternatives
    kept = set(shortest)
    return tuple(term for term in distinct if term in kept)
