"""Making a test out of a fact, a comparison and what a rule set wrote after it."""

import re

from triage.domain.conditions import Comparison, Includes, IsKnown, OneOf, Test, Within
from triage.domain.facts import Fact
from triage.domain.hints import did_you_mean

COMPARISONS: tuple[str, ...] = (
    "is",
    "is_not",
    "in",
    "not_in",
    "at_least",
    "at_most",
    "between",
    "known",
    "includes",
)
SEVERAL = frozenset({"in", "not_in", "between", "includes"})
"""Comparisons followed by a list."""
ORDERED = frozenset({"at_least", "at_most", "between"})
_ALLOWED = {
    "multi": frozenset({"includes", "known"}),
    "code": frozenset({"is", "is_not", "in", "not_in", "known"}),
}
MEANT = {
    **dict.fromkeys((">=", ">", "gte", "ge", "gt", "more_than", "min"), "at_least"),
    **dict.fromkeys(("<=", "<", "lte", "le", "lt", "less_than", "max"), "at_most"),
    **dict.fromkeys(("=", "==", "eq", "equals", "value"), "is"),
    **dict.fromkeys(("!=", "<>", "ne", "neq", "not"), "is_not"),
    **dict.fromkeys(("one_of", "any_of", "any"), "in"),
    **dict.fromkeys(("contains", "has"), "includes"),
}
"""What comparisons are called elsewhere."""
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
_NOT_FOR_ONE_VALUE = frozenset({"includes"})


class Incomparable(Exception):
    """The comparison makes no sense for the fact. `hint` says what would."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def compare(fact: Fact, comparison: str, operand: tuple[str, ...]) -> Test:
    """The test `fact comparison operand`; operands as texts, as they stand in the file.

    Raises Incomparable.
    """
    _check(fact, comparison, operand)
    if comparison == "known":
        return IsKnown(fact.name, wanted=operand[0] == "yes")
    if fact.type == "multi":
        return Includes(fact.name, tuple(_value(fact, one) for one in operand))
    if fact.type == "number":
        return _compare_numbers(fact, comparison, tuple(_number(one) for one in operand))
    if fact.type == "code":
        accepted = frozenset[str | int | float](operand)
    else:
        accepted = _accepted_choices(fact, comparison, tuple(_value(fact, o) for o in operand))
    return OneOf(fact.name, _typed(comparison), operand, accepted, _negates(comparison))


def _check(fact: Fact, comparison: str, operand: tuple[str, ...]) -> None:
    if comparison not in COMPARISONS:
        raise Incomparable(
            f"there is no comparison {comparison}", did_you_mean(comparison, COMPARISONS)
        )
    allowed = _ALLOWED.get(fact.type, frozenset(COMPARISONS) - _NOT_FOR_ONE_VALUE)
    if comparison not in allowed:
        hint = f"{fact.type} facts have: {', '.join(sorted(allowed))}"
        raise Incomparable(f"{comparison} cannot be asked of {fact.name}", hint)
    if comparison in ORDERED and fact.type != "number" and not fact.danger:
        raise Incomparable(f"{fact.name} has no order, so {comparison} means nothing", "use in")
    if not operand:
        raise Incomparable(f"{comparison} needs at least one value")
    if comparison == "between" and len(operand) != 2:
        raise Incomparable("between needs two values, the lower and the higher")
    if comparison == "known" and operand[0] not in ("yes", "no"):
        raise Incomparable("known is yes or no")
    if len(set(operand)) < len(operand):
        raise Incomparable(f"a value stands twice after {comparison}")
    if fact.type == "code" and any(not 0 < len(one) <= fact.longest for one in operand):
        raise Incomparable(f"{fact.name} is a code of 1 to {fact.longest} characters")


def _value(fact: Fact, text: str) -> str:
    if text in fact.by_value:
        return text
    if text == "unknown":
        raise Incomparable("unknown is not a value", "write known: no, or say it in if_unknown")
    raise Incomparable(f"{fact.name} cannot be {text}", did_you_mean(text, fact.value_names))


def _number(text: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        hint = "write it in digits; for what is more or less, {at_least: 3} or {at_most: 3}"
        raise Incomparable(f"{text[:40]} is not a number", hint)
    number = float(text)
    return int(number) if number.is_integer() else number


def _accepted_choices(
    fact: Fact, comparison: str, operand: tuple[str, ...]
) -> frozenset[str | int | float]:
    if comparison not in ORDERED:
        return frozenset(operand)
    places = [fact.danger.index(value) for value in operand]
    if comparison == "at_least":
        return frozenset(fact.danger[places[0] :])
    if comparison == "at_most":
        return frozenset(fact.danger[: places[0] + 1])
    if places[0] > places[1]:
        raise Incomparable(f"{operand[0]} comes after {operand[1]}", "the less dangerous first")
    return frozenset(fact.danger[places[0] : places[1] + 1])


def _compare_numbers(fact: Fact, comparison: str, numbers: tuple[int | float, ...]) -> Test:
    name, typed = fact.name, _typed(comparison)
    if comparison == "at_least":
        return Within(name, typed, numbers, low=numbers[0])
    if comparison == "at_most":
        return Within(name, typed, numbers, high=numbers[0])
    if comparison == "between":
        if numbers[0] > numbers[1]:
            raise Incomparable(
                f"{numbers[0]} is more than {numbers[1]}",
                "the lower one first; for times over midnight, any of at_least and at_most",
            )
        return Within(name, typed, numbers, low=numbers[0], high=numbers[1])
    return OneOf(name, typed, numbers, frozenset(numbers), _negates(comparison))


def _negates(comparison: str) -> bool:
    return comparison in ("is_not", "not_in")


def _typed(comparison: str) -> Comparison:
    known: dict[str, Comparison] = {
        "is": "is",
        "is_not": "is_not",
        "in": "in",
        "not_in": "not_in",
        "at_least": "at_least",
        "at_most": "at_most",
        "between": "between",
    }
    return known[comparison]
