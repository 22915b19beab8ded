"""The rules that wait for answers, and for which."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from triage.domain.answers import Answers, Gap, Value
from triage.domain.conclusions import keep
from triage.domain.conditions import Mentions, fact_of, facts_of, tests_of, undecided_tests
from triage.domain.narrative import Heard

if TYPE_CHECKING:
    from triage.domain.ruleset import Rule, RuleSet
    from triage.domain.term_index import Tally

Given = dict[str, Value | Gap | None]
"""The answer to each fact, None where there is none."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rule whose condition is unknown and which does not fire, and the facts that would tell."""

    rule: str
    kind: str
    facts: tuple[str, ...]
    if_unknown: str

    def as_dict(self) -> dict[str, object]:
        return {
            "rule": self.rule,
            "kind": self.kind,
            "facts": list(self.facts),
            "if_unknown": self.if_unknown,
        }


class WaitingRules:
    """Tells what each rule of a set waits for.

    That depends on what the rule reads and on nothing else of a call, so what was found is kept by
    that: from one call to the next it is the same for nearly every rule.
    """

    def __init__(self, rule_set: "RuleSet") -> None:
        self._book = rule_set.book
        self._nothing: Given = dict.fromkeys(rule_set.vocabulary.facts)
        self._read = [_reader(facts_of(rule.when)) for rule in self._book.rules]
        self._words = [_words(rule) for rule in self._book.rules]
        self._known: OrderedDict[tuple[object, ...], Waiting] = OrderedDict()

    def of(self, tally: "Tally", answers: Answers, heard: Heard) -> tuple[Waiting, ...]:
        """Every undecided rule that does not fire, in the order of the file."""
        given, known, read = {**self._nothing, **answers}, self._known, self._read
        found = []
        for number in self._book.numbers_of(tally.undecided & ~self._book.holds):
            key: tuple[object, ...] = number, read[number](given)
            if heard and (words := self._words[number]):
                key = *key, heard & words
            waiting = known.get(key)
            if waiting is None:
                waiting = waits_for(self._book.rules[number], answers, heard)
                keep(known, key, waiting)
            found.append(waiting)
        return tuple(found)


def waits_for(rule: "Rule", answers: Answers, heard: Heard) -> Waiting:
    """The facts that keep an undecided rule undecided, in reading order."""
    tests = undecided_tests(rule.when, answers, heard)
    facts = tuple(dict.fromkeys(fact for test in tests if (fact := fact_of(test))))
    return Waiting(rule.id, rule.kind, facts, rule.if_unknown)


def _reader(facts: Sequence[str]) -> Callable[[Given], object]:
    return itemgetter(*facts) if facts else len


def _words(rule: "Rule") -> Heard:
    mentions = (test for test in tests_of(rule.when) if isinstance(test, Mentions))
    return frozenset(term for mention in mentions for term in mention.terms)
