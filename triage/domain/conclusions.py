"""Many decisions that differ in little: parts met before are not worked out again."""

from collections import OrderedDict
from typing import TypeVar

from triage.domain.decision import (
    Availability,
    Chosen,
    Decision,
    choose,
    excluded_by,
    level_of,
    required_by,
    send,
)
from triage.domain.ruleset import RuleSet

K = TypeVar("K")
V = TypeVar("V")
MOST_KEPT = 20_000
"""Decisions, and parts of them, kept for one rule set."""


class Conclusions:
    """`conclude` for looking ahead, which asks for many decisions that differ in little.

    Each part of a decision depends on few kinds of rules, so parts met before are kept: by the
    fired rules of these kinds, for this call and the next. Nothing that is decided depends on it.
    What is alike is one object: little is kept of many calls, and little is collected.
    """

    def __init__(self, rule_set: RuleSet) -> None:
        kinds, book = rule_set.book.of_kind, rule_set.book
        self._rule_set = rule_set
        self._levels = kinds.get("level", 0)
        self._deciding = kinds.get("require", 0) | kinds.get("exclude", 0) | kinds.get("score", 0)
        self._sending = self._deciding | kinds.get("also", 0)
        self._known: OrderedDict[tuple[int, bool], tuple[Chosen, dict[str, bool]]] = OrderedDict()
        self._found: OrderedDict[tuple[int, bool, int, tuple[object, ...]], Decision] = (
            OrderedDict()
        )
        self._choices: OrderedDict[object, tuple[Chosen, dict[str, bool]]] = OrderedDict()
        self._decisions: OrderedDict[Decision, Decision] = OrderedDict()
        self._book = book

    def of(self, fired: int, asking: bool, teams: Availability) -> Decision:
        """The decision; see `conclude`."""
        key = fired & self._sending, asking, fired & self._levels, teams.key
        known = self._found.get(key)
        if known is None:
            chosen, excluded = self._chosen(fired, asking)
            level = level_of(self._rule_set, fired)
            decision = send(self._rule_set, fired, chosen, excluded, level, teams)
            known = one_of(self._decisions, decision, decision)
            keep(self._found, key, known)
        return known

    def _chosen(self, fired: int, asking: bool) -> tuple[Chosen, dict[str, bool]]:
        key = fired & self._deciding, asking
        known = self._known.get(key)
        if known is None:
            required = required_by(self._book, fired)
            excluded = excluded_by(self._book, fired, required)
            chosen = choose(self._rule_set, fired, asking, required, excluded)
            alike = chosen, tuple(excluded.items())
            known = one_of(self._choices, alike, (chosen, excluded))
            keep(self._known, key, known)
        return known


def keep(kept: OrderedDict[K, V], key: K, value: V, most: int = MOST_KEPT) -> None:
    """Remember what can be worked out again; what was kept longest makes room, one by one, so that
    no single call pays for forgetting everything."""
    if len(kept) >= most:
        kept.popitem(last=False)
    kept[key] = value


def one_of(kept: OrderedDict[K, V], key: K, value: V) -> V:
    """The value that is kept for the key, which stands for every value like it."""
    known = kept.get(key)
    if known is None:
        keep(kept, key, value)
        return value
    return known
