"""Rules that another rule makes pointless: repeated, shadowed or overruled.

A rule is claimed to be pointless only where it is proved that, for every call, what was not asked
and what could not be established included, another rule fires whenever it does. Rules that make
a call wait, and words in the narrative, are given the benefit of the doubt.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from triage.domain.answers import Answers
from triage.domain.conditions import ALWAYS, FALSE, TRUE, Mentions, NoneOf, tests_of
from triage.domain.errors import Finding
from triage.domain.possibility import Possibilities
from triage.domain.ruleset import Kind, Rule, RuleSet


def overlaps(rule_set: RuleSet, possible: Possibilities) -> Iterator[Finding]:
    """A warning for every rule that another one makes pointless; one for each is enough."""
    pointless = set()
    for rule, first in _repetitions(rule_set):
        pointless.add(rule.id)
        yield _warning(rule, f"{rule.id} never matters: it repeats {first.id}")
    rivals, firing = _Rivals(rule_set), _Firing(rule_set.rules, possible)
    # Backwards, so that of two rules which fire together the later one is named.
    for rule in reversed(rule_set.rules):
        for other, message in rivals.of(rule) if rule.id not in pointless else ():
            if other is rule or other.id in pointless or not _covers_days(other, rule):
                continue
            if firing.implies(rule, other):
                pointless.add(rule.id)
                yield _warning(rule, message, f"whenever {rule.id} fires, so does {other.id}")
                break


def _warning(rule: Rule, message: str, hint: str = "") -> Finding:
    return Finding("warning", rule.place.line, rule.place.column, message, hint)


def _repetitions(rule_set: RuleSet) -> Iterator[tuple[Rule, Rule]]:
    """Rules that say what an earlier one says, with that earlier one. Points add up."""
    seen: dict[object, Rule] = {}
    for rule in rule_set.rules:
        dates = (rule.valid_from, rule.valid_until)
        effect = (rule.kind, rule.responses, rule.level, rule.plan, rule.entirely)
        first = seen.setdefault((rule.when, rule.unless, rule.if_unknown, dates, effect), rule)
        if first is not rule and rule.kind != "score":
            yield rule, first


class _Rivals:
    """By rule, those that would make it pointless if they fired whenever it does."""

    def __init__(self, rule_set: RuleSet) -> None:
        self._rank = {level.id: level.rank for level in rule_set.levels}
        self._naming: dict[tuple[Kind, str], list[Rule]] = {}
        self._of_kind: dict[Kind, list[Rule]] = {}
        for rule in rule_set.rules:
            if rule.kind == "level" and rule.level not in self._rank:
                continue  # a level that could not be read
            self._of_kind.setdefault(rule.kind, []).append(rule)
            for response in rule.responses:
                self._naming.setdefault((rule.kind, response), []).append(rule)

    def of(self, rule: Rule) -> Iterator[tuple[Rule, str]]:
        """The rules, each with what there would be to say about this one."""
        if rule.kind == "level":
            for other in self._of_kind.get("level", ()):
                if self._rank[other.level] <= self._rank.get(rule.level, 0):
                    yield other, _shadowed(rule, other, f"gives level {other.level}")
        elif rule.kind == "score":
            for other in self._of_kind.get("require", ()):
                yield other, _overruled(rule, other, "requires a response, points or not")
            scored = {response for response, points in rule.points if points}
            listed = ", ".join(sorted(scored))
            for other in self._naming_all(scored, "exclude"):
                yield other, _overruled(rule, other, f"excludes {listed}, points or not")
        elif rule.kind == "exclude":
            yield from self._of_exclusion(rule)
        elif rule.kind in ("require", "also"):
            yield from self._of_company(rule)

    def _of_exclusion(self, rule: Rule) -> Iterator[tuple[Rule, str]]:
        listed = ", ".join(rule.responses)
        for other in self._naming_all({*rule.responses}, "exclude"):
            if other.entirely or not rule.entirely:
                yield other, _shadowed(rule, other, f"excludes {listed} as well")
        if not rule.entirely:
            for other in self._naming_all({*rule.responses}, "require"):
                yield other, _overruled(rule, other, f"requires {listed} all the same")

    def _of_company(self, rule: Rule) -> Iterator[tuple[Rule, str]]:
        listed = ", ".join(rule.responses)
        for other in self._naming_all({*rule.responses}, "require"):
            yield other, _shadowed(rule, other, f"requires {listed}")
        if rule.kind == "also":
            for other in self._naming_all({*rule.responses}, "also"):
                yield other, _shadowed(rule, other, f"brings {listed} as well")
            for other in self._naming_all({*rule.responses}, "exclude"):
                if other.entirely:
                    yield other, _overruled(rule, other, f"excludes {listed} entirely")

    def _naming_all(self, wanted: Collection[str], kind: Kind) -> Iterable[Rule]:
        """Rules of a kind that name all these responses, and perhaps others."""
        naming_one = self._naming.get((kind, min(wanted, default="")), ())
        return (other for other in naming_one if set(other.responses).issuperset(wanted))


def _shadowed(rule: Rule, other: Rule, does: str) -> str:
    return f"{rule.id} is shadowed by {other.id}, which {does}"


def _overruled(rule: Rule, other: Rule, does: str) -> str:
    return f"{rule.id} never matters: {other.id} {does}"


def _covers_days(other: Rule, rule: Rule) -> bool:
    """Is `other` in force on every day on which `rule` is?"""
    first, last = other.valid_from, other.valid_until
    begins = not first or (rule.valid_from != "" and first <= rule.valid_from)
    ends = not last or (rule.valid_until != "" and rule.valid_until <= last)
    return begins and ends


class _Firing:
    """Whether one rule always fires when another does.

    Almost every pair of rules is told apart by a call found once for each of the two; only what
    passes that is proved.
    """

    def __init__(self, rules: Sequence[Rule], possible: Possibilities) -> None:
        self._possible = possible
        self._listening = {
            rule.id for rule in rules if any(isinstance(t, Mentions) for t in tests_of(rule.whole))
        }
        self._tests = {rule.id: sum(1 for _ in tests_of(rule.when)) for rule in rules}
        self._calls: dict[tuple[str, bool], Answers | None] = {}

    def implies(self, rule: Rule, other: Rule) -> bool:
        """Is it certain that `other` fires whenever `rule` does?"""
        if other.unless is not None:
            return False  # something may stop it that does not stop the rule
        if other.when == ALWAYS:
            return rule.if_unknown != "ask"
        if rule.if_unknown == "ask" or not self._listening.isdisjoint((rule.id, other.id)):
            return False
        return self._possible.afford(self._tests[other.id]) and self._proved(rule, other)

    def _proved(self, rule: Rule, other: Rule) -> bool:
        if rule.if_unknown == "holds":
            return other.if_unknown == "holds" and self._silent_together(rule, other)
        call = self._call(rule, true=True)
        if call is None:
            return False
        if other.if_unknown == "holds":
            call = {**(self._call(other, true=False) or {}), **call}
            told_apart = other.when.truth(call, frozenset()) is FALSE
            return not told_apart and self._possible.never(rule.when, NoneOf((other.when,)))
        true = other.when.truth(call, frozenset()) is TRUE
        return true and self._possible.follows(other.when, rule.when)

    def _silent_together(self, rule: Rule, other: Rule) -> bool:
        """Where unknown counts, the other must be false only when the rule itself is."""
        call = self._call(other, true=False)
        if call is None or rule.when.truth(call, frozenset()) is not FALSE:
            return False
        return self._possible.follows(NoneOf((rule.when,)), NoneOf((other.when,)))

    def _call(self, rule: Rule, *, true: bool) -> Answers | None:
        """A call for which the rule's condition is true, or false, with nothing else answered."""
        key = rule.id, true
        if key not in self._calls:
            condition = rule.when if true else NoneOf((rule.when,))
            self._calls[key] = self._possible.some_call(condition)
        return self._calls[key]
