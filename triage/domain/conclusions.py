"""Many decisions that differ in little: what was met before is not worked out again."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeVar

from triage.domain.decision import Availability, Decision, conclude, points_of
from triage.domain.rule_book import RuleBook
from triage.domain.ruleset import Kind, RuleSet

K = TypeVar("K")
V = TypeVar("V")
MOST_KEPT = 20_000
"""Decisions, and what leads to them, kept for one rule set."""


class Conclusions:
    """`conclude` for looking ahead, which asks for many decisions that differ in little.

    Many rules say the same as others that fired, so decisions are kept by the few rules that tell:
    for this call and the next. Nothing that is decided depends on it. What is alike is one object:
    little is kept of many calls, and little is collected.
    """

    def __init__(self, rule_set: RuleSet) -> None:
        self._rule_set, self._book = rule_set, rule_set.book
        kinds = self._book.of_kind
        self.requiring, self.scoring = kinds.get("require", 0), kinds.get("score", 0)
        self._found: OrderedDict[tuple[int, bool, tuple[object, ...]], Decision] = OrderedDict()
        self._decisions: OrderedDict[Decision, Decision] = OrderedDict()
        self._same_points: OrderedDict[object, int] = OrderedDict()
        few: dict[Kind, Callable[[int], int]] = {
            kind: partial(_one_of_each, _saying_the_same(self._book, kind))
            for kind in ("require", "exclude", "also")
        }
        few |= {"level": self._urgent, "score": self._pointing}
        self._kinds = tuple(_Few(kinds.get(kind, 0), one) for kind, one in few.items())
        self._choosing = self._kinds[:2]

    def of(self, fired: int, asking: bool, teams: Availability) -> Decision:
        """The decision; see `conclude`."""
        telling = self.telling(fired)
        key = telling, asking, teams.key
        known = self._found.get(key)
        if known is None:
            decision = conclude(self._rule_set, telling, asking, teams)
            known = one_of(self._decisions, decision, decision)
            keep(self._found, key, known)
        return known

    def telling(self, fired: int) -> int:
        """Few rules with which all is decided as with those that fired, whichever fire besides.

        One of those that say the same, the most urgent level, points only where nobody is required.
        """
        if fired & self.requiring:
            fired &= ~self.scoring
        return _few(self._kinds, fired)

    def choosing(self, rules: int) -> int:
        """Few rules that require and exclude the same as these, and all of these that score."""
        return _few(self._choosing, rules) | rules & self.scoring

    def _urgent(self, fired: int) -> int:
        """One rule for the level that these give."""
        given = (fired & rules for _, rules in self._book.levels if fired & rules)
        return _lowest(next(given, 0))

    def _pointing(self, fired: int) -> int:
        """Those rules, of all that add up to the same points, which were met first."""
        return one_of(self._same_points, tuple(points_of(self._book, fired).items()), fired)


class _Few:
    """Of the rules of one kind few that say as much as several; what was met is kept."""

    def __init__(self, rules: int, few: Callable[[int], int]) -> None:
        self.rules, self.few = rules, few
        self.kept: OrderedDict[int, int] = OrderedDict()


def _few(kinds: Iterable[_Few], rules: int) -> int:
    found = 0
    for kind in kinds:
        here = rules & kind.rules
        few = kind.kept.get(here)
        if few is None:
            few = kind.few(here)
            keep(kind.kept, here, few)
        found |= few
    return found


def _saying_the_same(book: RuleBook, kind: Kind) -> tuple[int, ...]:
    """The rules of a kind, those together that name the same responses to the same effect."""
    alike: dict[object, int] = {}
    for number, rule in enumerate(book.rules):
        if rule.kind == kind:
            said = rule.responses, rule.entirely
            alike[said] = alike.get(said, 0) | 1 << number
    return tuple(alike.values())


def _one_of_each(alike: Iterable[int], fired: int) -> int:
    return sum([_lowest(fired & rules) for rules in alike])


def _lowest(rules: int) -> int:
    return rules & -rules


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
