"""The answers to a fact that a rule set can tell apart.

Two answers that every test of the rules treats alike lead to the same assessment, so looking ahead
needs to try only one of each kind.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, pairwise
from typing import TYPE_CHECKING

from triage.domain.answers import LEFT, UNKNOWN, Gap, Scalar, Value
from triage.domain.conditions import Includes, IsKnown, Mentions, OneOf, Test, Within

if TYPE_CHECKING:
    from triage.domain.facts import Fact

MOST_COMBINED = 8
"""Values of a multi fact whose combinations are all tried: 256 of them."""
_OTHER_CODE = "\x7f another code"
_ValueTest = OneOf | Within | Includes


@dataclass(frozen=True, slots=True)
class AnswerClass:
    """Answers that no test tells apart: `answer` stands for them, `values` lists the named ones."""

    answer: Value | Gap
    values: tuple[str, ...] = ()
    accepted_by: tuple[_ValueTest, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """What can be answered to a question, as far as a rule set can tell.

    exhaustive -- False where there were too many combinations to list all.
    """

    fact: "Fact"
    classes: tuple[AnswerClass, ...]
    exhaustive: bool = True


def options_of(fact: "Fact", tests: Sequence[Test]) -> Options:
    """The classes of answers that `tests`, all on this fact, tell apart; unknown is the last.

    Where some test tells "asked, not established" from "not asked", staying unasked is an option.
    """
    value_tests = [test for test in tests if isinstance(test, _ValueTest)]
    gaps: list[Value | Gap] = [UNKNOWN]
    if any(isinstance(test, IsKnown | Mentions) for test in tests):
        gaps.append(LEFT)
    grouped: dict[tuple[bool, tuple[_ValueTest, ...]], list[Value]] = {}
    for value in _candidates(fact, value_tests):
        accepted = tuple(test for test in value_tests if test.accepts(value))
        # From a caller who cannot see, what needs sight counts as unknown: never alike the rest.
        alike = grouped.setdefault((value in fact.sight_values, accepted), [])
        alike.append(value)
    classes = [
        AnswerClass(alike[0], tuple(v for v in alike if isinstance(v, str)), accepted)
        for (_, accepted), alike in grouped.items()
    ]
    combined = len(_named_values(value_tests)) <= MOST_COMBINED
    exhaustive = fact.type != "multi" or combined
    return Options(fact, (*classes, *(AnswerClass(gap) for gap in gaps)), exhaustive)


def options_by_fact(
    facts: Mapping[str, "Fact"], tests: Mapping[str, Sequence[Test]]
) -> dict[str, Options]:
    """The options of every question that a test reads."""
    return {
        name: options_of(facts[name], on_it)
        for name, on_it in tests.items()
        if not facts[name].is_situation
    }


def _candidates(fact: "Fact", tests: Sequence[_ValueTest]) -> Iterable[Value]:
    """Values among which every class has at least one."""
    if fact.type == "number":
        return _numbers(fact, tests)
    if fact.type == "code":
        codes = dict.fromkeys(str(one) for one in _operands(tests))
        return (*codes, _OTHER_CODE)
    if fact.type == "multi":
        return _several(fact, _named_values(tests))
    return fact.value_names


def _operands(tests: Sequence[_ValueTest]) -> Iterator[Scalar]:
    for test in tests:
        yield from test.wanted if isinstance(test, Includes) else test.operand


def _numbers(fact: "Fact", tests: Sequence[_ValueTest]) -> list[Value]:
    """Every number named, one between each two, and one beyond each end, within the bounds."""
    named = sorted({one for one in _operands(tests) if not isinstance(one, str)})
    if not named:
        return [fact.low if fact.low is not None else 0]
    between = [(a + b) / 2 for a, b in pairwise(named)]
    below = named[0] - 1 if fact.low is None else fact.low
    above = named[-1] + 1 if fact.high is None else fact.high
    inside = (n for n in (below, *named, *between, above) if _within(fact, n))
    return sorted(set(inside))


def _within(fact: "Fact", number: float) -> bool:
    return (fact.low is None or number >= fact.low) and (fact.high is None or number <= fact.high)


def _named_values(tests: Sequence[_ValueTest]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(one) for one in _operands(tests)))


def _several(fact: "Fact", named: tuple[str, ...]) -> Iterator[Value]:
    """Combinations of the named values; with too many of them none, one, two and all."""
    ordered = tuple(value for value in fact.value_names if value in named)
    sizes: Iterable[int] = range(len(ordered) + 1)
    if len(ordered) > MOST_COMBINED:
        sizes = (0, 1, 2, len(ordered))
    return chain.from_iterable(combinations(ordered, size) for size in sizes)
