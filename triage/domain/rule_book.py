"""A rule set arranged for deciding: rule number i is bit i of an integer.

Sets of rules (those that fired, those that require police ...) are then integers, and "does any
fired rule require police?" is one `&`. The tests of the rules stay trees; only what follows from
them is arranged here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from triage.domain.answers import Answers
from triage.domain.conditions import FALSE, OPEN, TRUE, Test, fact_of, facts_of, tests_of
from triage.domain.narrative import Heard

if TYPE_CHECKING:
    from triage.domain.ruleset import Level, Rule, RuleSet


class Tally(NamedTuple):
    """How the rules stand for given answers, each as a set of rules (bits)."""

    true: int
    """The condition holds."""
    unknown: int
    """Undecided, and no question still to be put can decide it."""
    open: int
    """Undecided, and a question not yet put may decide it."""


@dataclass(frozen=True, eq=False)
class RuleBook:
    """Masks over the rules of one set; `RuleSet.book` keeps it."""

    rules: tuple["Rule", ...]
    holds: int
    asks: int
    """Rules that make a call wait for answers; a plan never does."""
    of_kind: Mapping[str, int]
    requires: Mapping[str, int]
    """By response, in precedence."""
    excludes: Mapping[str, int]
    excludes_entirely: Mapping[str, int]
    companions: Mapping[str, int]
    """Rules that want a response to come as well, required or `also`, in precedence."""
    scores: tuple[tuple[int, tuple[tuple[str, int], ...]], ...]
    scored: tuple[tuple[str, int], ...]
    """Response and threshold, in precedence; what has no threshold cannot win."""
    levels: tuple[tuple["Level", int], ...]
    """By rank, the most urgent first."""
    speaks_for: Mapping[str, int]
    """By response, the rules that require it or give it points."""
    readers: Mapping[str, int]
    """By fact, the rules that read it."""
    tests: Mapping[str, tuple[Test, ...]]
    """By fact, the tests on it, those of plans left out."""

    def weigh(self, answers: Answers, heard: Heard, local_date: str) -> Tally:
        """Evaluate every rule in force."""
        true = unknown = still_open = 0
        bit = 1
        for rule in self.rules:
            truth = rule.when.truth(answers, heard)
            if truth is not FALSE and rule.in_force(local_date):
                if truth is TRUE:
                    true |= bit
                elif truth is OPEN:
                    still_open |= bit
                else:
                    unknown |= bit
            bit <<= 1
        return Tally(true, unknown, still_open)

    def fired(self, tally: Tally) -> int:
        """The rules that fire: true ones, and undecided ones for which unknown counts."""
        return tally.true | (tally.unknown | tally.open) & self.holds

    def asking(self, tally: Tally) -> int:
        """The rules for which the call waits."""
        return (tally.unknown | tally.open) & self.asks

    def rules_in(self, mask: int) -> Iterable["Rule"]:
        """The rules of a mask, in the order of the file."""
        return (self.rules[number] for number in numbers_in(mask))


def numbers_in(mask: int) -> Iterable[int]:
    """The numbers of the rules in a mask, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def arrange(rule_set: "RuleSet") -> RuleBook:
    """The book of a rule set."""
    rules = rule_set.rules

    def mask(chosen: Iterable[bool]) -> int:
        return sum(1 << number for number, one in enumerate(chosen) if one)

    def naming(kinds: tuple[str, ...], responses: Iterable[str]) -> dict[str, int]:
        masks = {r: mask(u.kind in kinds and r in u.responses for u in rules) for r in responses}
        return {response: bits for response, bits in masks.items() if bits}

    excludes = naming(("exclude",), rule_set.precedence)
    entirely = mask(rule.entirely for rule in rules)
    levels = sorted(rule_set.levels, key=lambda level: level.rank)
    scores = tuple((1 << n, rule.points) for n, rule in enumerate(rules) if rule.kind == "score")
    named = dict.fromkeys(response for _, points in scores for response, _ in points)
    scored_by = {
        r: sum(bit for bit, points in scores if any(one == r and n > 0 for one, n in points))
        for r in named
    }
    requires = naming(("require",), rule_set.precedence)
    scored = ((r, rule_set.threshold(r)) for r in rule_set.precedence if r in named)
    return RuleBook(
        rules=rules,
        holds=mask(rule.if_unknown == "holds" for rule in rules),
        asks=mask(rule.if_unknown == "ask" and rule.kind != "plan" for rule in rules),
        of_kind={kind: mask(r.kind == kind for r in rules) for kind in {r.kind for r in rules}},
        requires=requires,
        excludes=excludes,
        excludes_entirely={r: bits & entirely for r, bits in excludes.items() if bits & entirely},
        companions=naming(("require", "also"), rule_set.precedence),
        scores=scores,
        scored=tuple((r, threshold) for r, threshold in scored if threshold is not None),
        levels=tuple((level, mask(r.level == level.id for r in rules)) for level in levels),
        speaks_for={r: requires.get(r, 0) | scored_by.get(r, 0) for r in (*requires, *scored_by)},
        readers=_readers(rules),
        tests=_tests(rules),
    )


def _readers(rules: tuple["Rule", ...]) -> dict[str, int]:
    readers: dict[str, int] = {}
    for number, rule in enumerate(rules):
        for fact in facts_of(rule.when):
            readers[fact] = readers.get(fact, 0) | 1 << number
    return readers


def _tests(rules: tuple["Rule", ...]) -> dict[str, tuple[Test, ...]]:
    tests: dict[str, dict[Test, None]] = {}
    for rule in rules:
        for test in tests_of(rule.when) if rule.kind != "plan" else ():
            if fact := fact_of(test):
                tests.setdefault(fact, {})[test] = None
    return {fact: tuple(distinct) for fact, distinct in tests.items()}
