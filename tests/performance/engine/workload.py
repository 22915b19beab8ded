"""The neutral workload: facts, rules and calls that belong to no engine.

Every engine gets the same structure in its own form. Conditions are monotone trees (all, any, at
least n) over answers and words of a narrative, because that is what all of them can express.
`Oracle` says which rules fire, plainly; no engine is timed before it agrees with it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import combinations
from typing import Literal

Answer = str | int
FactType = Literal["choice", "yes_no", "number"]
NOT_KNOWN = "unknown"
"""Asked and not established. A fact that is missing was not asked. Only ours tells them apart."""


@dataclass(frozen=True)
class Fact:
    name: str
    type: FactType
    values: tuple[str, ...] = ()
    """Of choice and yes_no."""
    low: int = 0
    high: int = 0


@dataclass(frozen=True)
class Is:
    """The answer is one of `values`."""

    fact: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Between:
    """The number lies between `low` and `high`, both included; None is no limit."""

    fact: str
    low: int | None
    high: int | None


@dataclass(frozen=True)
class Mentions:
    """The narrative contains one of `terms` as whole words."""

    terms: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """At least `n` of `parts` hold: all of them, any, or a number between."""

    n: int
    parts: tuple["Condition", ...]

    @property
    def is_all(self) -> bool:
        return self.n == len(self.parts)

    @property
    def is_any(self) -> bool:
        return self.n == 1

    @property
    def alternatives(self) -> Iterable[tuple["Condition", ...]]:
        """The group as "one of these, each entirely": for engines without "at least"."""
        return combinations(self.parts, self.n)


Test = Is | Between | Mentions
Condition = Test | Group


@dataclass(frozen=True)
class Rule:
    id: str
    when: Condition


@dataclass(frozen=True)
class Call:
    """The narrative is plain: lower-case words between single spaces, one space at each end, so
    that a search for " word " finds whole words in every engine, and none has to prepare it."""

    answers: Mapping[str, Answer]
    narrative: str


@dataclass(frozen=True)
class Workload:
    facts: tuple[Fact, ...]
    rules: tuple[Rule, ...]
    calls: tuple[Call, ...]
    shape: str = "1-4"
    """How many conditions a rule has."""
    terms: tuple[str, ...] = field(default=())
    """All words and phrases that rules look for."""

    @property
    def digest(self) -> str:
        """The same for everybody who measures the same."""
        text = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def tests_of(condition: Condition) -> Iterable[Test]:
    if isinstance(condition, Group):
        for part in condition.parts:
            yield from tests_of(part)
    else:
        yield condition


class Oracle:
    """Which rules hold for which calls: per condition an integer with one bit for each call.

    An answer that is unknown or missing satisfies nothing. Conditions are monotone, so this is
    what is true in three-valued logic as well.
    """

    def __init__(self, calls: Sequence[Call]) -> None:
        self._calls = calls
        self._known: dict[Test, int] = {}

    def mask(self, condition: Condition) -> int:
        if not isinstance(condition, Group):
            if condition not in self._known:
                held = ["01"[_holds(condition, call)] for call in reversed(self._calls)]
                self._known[condition] = int("".join(held), 2)
            return self._known[condition]
        at_least = [-1] + [0] * condition.n
        """Place n: the calls for which at least n of the parts so far hold."""
        for part in condition.parts:
            mask = self.mask(part)
            for n in range(condition.n, 0, -1):
                at_least[n] |= at_least[n - 1] & mask
        return at_least[condition.n]

    def share(self, condition: Condition) -> float:
        """Of how many of the calls the condition holds, 0 to 1."""
        return self.mask(condition).bit_count() / len(self._calls)

    def fired(self, rules: Iterable[Rule]) -> list[frozenset[str]]:
        """By call, the ids of the rules that fire."""
        masks = [(rule.id, self.mask(rule.when)) for rule in rules]
        numbers = range(len(self._calls))
        return [frozenset(id_ for id_, mask in masks if mask >> n & 1) for n in numbers]


def _holds(test: Test, call: Call) -> bool:
    if isinstance(test, Mentions):
        return any(f" {term} " in call.narrative for term in test.terms)
    answer = call.answers.get(test.fact)
    if isinstance(test, Is):
        return answer in test.values
    if not isinstance(answer, int):
        return False
    return (test.low is None or test.low <= answer) and (test.high is None or answer <= test.high)
