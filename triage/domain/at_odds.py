"""Answers to two questions that cannot both be true, or seldom are. They decide nothing: both are
kept, and a person finds out which is true."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Pair = Mapping[str, frozenset[str]]
"""Two facts, each with the answers that go badly with those of the other."""


def at_odds(pairs: Iterable[Pair], answered: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The facts whose answers go badly together; answered -- as a call states them."""
    for pair in pairs:
        if all(answers & _said(answered.get(fact)) for fact, answers in pair.items()):
            one, other = pair
            yield one, other


def _said(answer: Any) -> frozenset[Any]:
    """All that anybody says."""
    if isinstance(answer, dict):
        return frozenset().union(*(_said(one["value"]) for one in answer["values"]))
    return frozenset(answer if isinstance(answer, list) else [answer])
