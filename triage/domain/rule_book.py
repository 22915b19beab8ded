"""A rule set arranged for deciding: rule number i is bit i of an integer.

Sets of rules (those that fired, those that require police ...) are then integers, and "does any
fired rule require police?" is one `&`. Rules are numbered by falling number of terms, as the
index needs it; `order` leads back to the order of the file.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import getitem
from typing import TYPE_CHECKING

from triage.domain.answers import Answers
from triage.domain.conditions import Test, fact_of, facts_of, tests_of
from triage.domain.narrative import Heard
from triage.domain.reason import Reason, reasons_of
from triage.domain.term_index import Tally, TermIndex
from triage.domain.terms import terms_of_rule

if TYPE_CHECKING:
    from triage.domain.calls import CallInput
    from triage.domain.ruleset import Level, Rule, RuleSet

MOST_DATES_KEPT = 64
FEW_EIGHTS = 16
"""With more times eight rules it pays to pass over those of which none is asked for."""


Sentences = list[tuple[Reason, ...]]
"""The reasons of up to eight rules side by side, by which of them are asked for (bits)."""


@dataclass(frozen=True, eq=False)
class RuleBook:
    """Masks over the rules of one set; `RuleSet.book` keeps it."""

    rules: tuple["Rule", ...]
    certain: tuple[Sentences, ...]
    """Why each rule fired when it is true, eight rules together."""
    on_unknown: tuple[Sentences, ...]
    """The same when it fired because unknown counts."""
    order: tuple[int, ...]
    """By number, the place of the rule in the file."""
    index: TermIndex
    holds: int
    asks: int
    """Rules that make a call wait for answers; a plan never does."""
    of_kind: Mapping[str, int]
    requires: Mapping[str, int]
    """By response, in precedence."""
    excludes: tuple[tuple[str, int, int], ...]
    """In precedence, a response, the rules that exclude it, and those that do so entirely."""
    companions: Mapping[str, int]
    """Rules that want a response to come as well, required or `also`, in precedence."""
    excluded_by: Mapping[str, int]
    """By response, the rules that exclude it."""
    scores: Mapping[str, tuple[int, tuple[tuple[int, int], ...]]]
    """By response, in precedence, the rules that score it, and by points those that give them."""
    thresholds: Mapping[str, int]
    """By response, in precedence; what has no threshold cannot win."""
    levels: tuple[tuple["Level", int], ...]
    """By rank, the most urgent first."""
    speaks_for: Mapping[str, int]
    """By response, the rules that require it or give it points."""
    ways: Mapping[str, tuple[tuple[int, ...], int]]
    """By response, rules that lead to it, the most direct first, and terms in the way."""
    readers: Mapping[str, int]
    """By fact, the rules that read it."""
    tests: Mapping[str, tuple[Test, ...]]
    """By fact, the tests on it, those of plans left out."""
    staffing: Mapping[str, frozenset[str]]
    """By fact that says whether teams can come, the responses of this set that it speaks of."""
    latest_min: float | None
    """The slowest target of all levels; None where one has no target."""
    dated: int
    _in_force: dict[str, int]
    mattering: OrderedDict[tuple[int, bool, tuple[object, ...]], frozenset[str]]
    """By rules that fired, whether any asks, and the teams: which exclusions matter, where known;
    see `outranked`."""

    def weigh(self, answers: Answers, heard: Heard, local_date: str) -> Tally:
        """How every rule in force stands."""
        return self.stand(self.index.state(answers, heard), local_date)

    def stand(self, state: int, local_date: str) -> Tally:
        """The same by the state of the terms."""
        tally = self.index.tally(state)
        if self.dated and local_date:
            in_force = self.in_force(local_date)
            return Tally(tally.true & in_force, tally.undecided & in_force)
        return tally

    def in_force(self, local_date: str) -> int:
        """The rules in force on a day; without a date all."""
        known = self._in_force.get(local_date)
        if known is None:
            if len(self._in_force) >= MOST_DATES_KEPT:
                self._in_force.clear()
            known = _mask(rule.in_force(local_date) for rule in self.rules)
            self._in_force[local_date] = known
        return known

    def nobody_left(self, call: "CallInput") -> Iterator[str]:
        """The facts of `staffing` of which no team can come to this call, or only later than the
        slowest level allows."""
        latest = self.latest_min
        away = {response for response, _ in call.unavailable}
        away |= {one for one, minutes in call.minutes_to if latest is not None and minutes > latest}
        return (fact for fact, responses in self.staffing.items() if responses <= away)

    def fired(self, tally: Tally) -> int:
        """The rules that fire: true ones, and undecided ones for which unknown counts."""
        return tally.true | tally.undecided & self.holds

    def asking(self, tally: Tally) -> int:
        """The rules for which the call waits."""
        return tally.undecided & self.asks

    def reasons(self, tally: Tally) -> list[Reason]:
        """Why every rule that fires does so, in no particular order."""
        fired = self._chosen(self.certain, tally.true)
        if counting := tally.undecided & self.holds:
            fired += self._chosen(self.on_unknown, counting)
        return fired

    def why(self, true: int) -> list[Reason]:
        """The reasons of these rules when they are true, in no particular order."""
        return self._chosen(self.certain, true) if true else []

    def _chosen(self, reasons: tuple[Sentences, ...], rules: int) -> list[Reason]:
        eights = rules.to_bytes(len(reasons), "little")
        if len(eights) <= FEW_EIGHTS:
            return list(chain.from_iterable(map(getitem, reasons, eights)))
        told = map(getitem, compress(reasons, eights), filter(None, eights))
        return list(chain.from_iterable(told))

    def numbers_of(self, mask: int) -> Iterable[int]:
        """The numbers of the rules of a mask, in the order of the file."""
        return sorted(numbers_in(mask), key=self.order.__getitem__)

    def rules_in(self, mask: int) -> Iterable["Rule"]:
        """The rules of a mask, in the order of the file."""
        return (self.rules[number] for number in self.numbers_of(mask))


def numbers_in(mask: int) -> Iterable[int]:
    """The numbers of the rules in a mask, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def arrange(rule_set: "RuleSet") -> RuleBook:
    """The book of a rule set. Raises TooManyAlternatives."""
    terms = [terms_of_rule(rule.when, rule.unless) for rule in rule_set.rules]
    order = sorted(range(len(terms)), key=lambda place: -len(terms[place]))
    rules = tuple(rule_set.rules[place] for place in order)
    excludes = _naming(rules, ("exclude",), rule_set.precedence)
    entirely = _mask(rule.entirely for rule in rules)
    requires = _naming(rules, ("require",), rule_set.precedence)
    scores = _scores(rules, rule_set.precedence)
    scored_by = {
        r: _sum(bits for points, bits in by if points > 0) for r, (_, by) in scores.items()
    }
    levels = sorted(rule_set.levels, key=lambda level: level.rank)
    thresholds = {response: rule_set.threshold(response) for response in scores}
    holds = _mask(rule.if_unknown == "holds" for rule in rules)
    index = TermIndex([terms[place] for place in order], rule_set.vocabulary.facts)
    return RuleBook(
        rules=rules,
        certain=_by_eight(reasons_of(rules, order, on_unknown=False)),
        on_unknown=_by_eight(reasons_of(rules, order, on_unknown=True), holds),
        order=tuple(order),
        index=index,
        holds=holds,
        asks=_mask(rule.if_unknown == "ask" and rule.kind != "plan" for rule in rules),
        of_kind={kind: _mask(r.kind == kind for r in rules) for kind in {r.kind for r in rules}},
        requires=requires,
        excludes=tuple((r, bits, bits & entirely) for r, bits in excludes.items()),
        companions=_naming(rules, ("require", "also"), rule_set.sent),
        excluded_by=excludes,
        scores=scores,
        thresholds={r: points for r, points in thresholds.items() if points is not None},
        levels=tuple((level, _mask(r.level == level.id for r in rules)) for level in levels),
        speaks_for={r: requires.get(r, 0) | scored_by.get(r, 0) for r in (*requires, *scored_by)},
        ways={r: _way(rules, index, r) for r in rule_set.precedence},
        readers=_readers(rules),
        tests=_tests(rules),
        staffing=_staffing(rule_set),
        latest_min=_latest_min(rule_set),
        dated=_mask(bool(rule.valid_from or rule.valid_until) for rule in rules),
        _in_force={},
        mattering=OrderedDict(),
    )


def _by_eight(reasons: Sequence[Reason], told: int = -1) -> tuple[Sentences, ...]:
    """Every combination made at once; of the rules `told` (bits), the others have no sentence."""
    by_eight: list[Sentences] = []
    for number, reason in enumerate(reasons):
        if number % 8 == 0:
            by_eight.append([()])
        own = (reason,) if told >> number & 1 else ()
        by_eight[-1] += [before + own for before in by_eight[-1]]
    return tuple(by_eight)


def _mask(chosen: Iterable[bool]) -> int:
    return sum(1 << number for number, one in enumerate(chosen) if one)


def _sum(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


def _naming(
    rules: tuple["Rule", ...], kinds: tuple[str, ...], responses: Iterable[str]
) -> dict[str, int]:
    """By response, the rules of these kinds that name it, where there are any."""
    found = {r: _mask(u.kind in kinds and r in u.responses for u in rules) for r in responses}
    return {response: bits for response, bits in found.items() if bits}


def _scores(
    rules: tuple["Rule", ...], precedence: Iterable[str]
) -> dict[str, tuple[int, tuple[tuple[int, int], ...]]]:
    by_response: dict[str, dict[int, int]] = {}
    for number, rule in enumerate(rules):
        for response, points in rule.points:
            same = by_response.setdefault(response, {})
            same[points] = same.get(points, 0) | 1 << number
    return {
        response: (_sum(by.values()), tuple(by.items()))
        for response in precedence
        if (by := by_response.get(response))
    }


def _way(rules: tuple["Rule", ...], index: TermIndex, response: str) -> tuple[tuple[int, ...], int]:
    """How a response comes about: its requirements, then its scores, the most points first."""
    requires = _mask(u.kind == "require" and response in u.responses for u in rules)
    points = [dict(rule.points).get(response, 0) for rule in rules]
    steps = (_mask(one == p for one in points) for p in sorted({*points}, reverse=True) if p > 0)
    against = _mask(
        (u.kind == "require" and response not in u.responses)
        or (u.kind == "exclude" and response in u.responses)
        or (u.kind == "score" and p <= 0)
        for u, p in zip(rules, points, strict=True)
    )
    return (requires, *steps), index.unfold(against)


def _readers(rules: tuple["Rule", ...]) -> dict[str, int]:
    readers: dict[str, int] = {}
    for number, rule in enumerate(rules):
        for fact in facts_of(rule.whole):
            readers[fact] = readers.get(fact, 0) | 1 << number
    return readers


def _staffing(rule_set: "RuleSet") -> dict[str, frozenset[str]]:
    known = rule_set.vocabulary.responses
    fact_of = {name: known[name].availability_fact for name in rule_set.responses if name in known}
    return {
        fact: frozenset(name for name, named in fact_of.items() if named == fact)
        for fact in fact_of.values()
        if fact
    }


def _latest_min(rule_set: "RuleSet") -> float | None:
    targets = [level.within_min for level in rule_set.levels]
    known = [target for target in targets if target is not None]
    return max(known, default=None) if len(known) == len(targets) else None


def _tests(rules: tuple["Rule", ...]) -> dict[str, tuple[Test, ...]]:
    tests: dict[str, dict[Test, None]] = {}
    for rule in rules:
        for test in tests_of(rule.whole) if rule.kind != "plan" else ():
            if fact := fact_of(test):
                tests.setdefault(fact, {})[test] = None
    return {fact: tuple(distinct) for fact, distinct in tests.items()}
