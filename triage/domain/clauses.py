"""One test as a clause: "a weapon is in hand", "last contact is at least 3 hours"."""

from collections.abc import Sequence

from triage.domain.answers import Scalar
from triage.domain.conditions import Includes, IsKnown, Mentions, OneOf, Within
from triage.domain.facts import Fact

MOST_NAMED = 12


def say_test(fact: Fact, test: OneOf | Within | Includes | IsKnown) -> str:
    """The clause for a test on this fact."""
    match test:
        case IsKnown(wanted=wanted):
            return f"{fact.called()} is {'known' if wanted else 'not known'}"
        case Includes(wanted=wanted):
            return say_values(fact, wanted)
        case Within(comparison=comparison, operand=operand):
            return f"{fact.called()} is {_range(fact, comparison, operand)}"
        case OneOf(negated=True, operand=operand):
            named = " nor ".join(_value(fact, one) for one in operand)
            neither = "neither " if len(operand) > 1 else "not "
            return f"{fact.called()} is known and {neither}{named}"
        case OneOf(comparison=comparison, operand=operand):
            return _one_of(fact, comparison, operand, test)
    raise TypeError(test)


def say_mention(test: Mentions) -> str:
    named = ", ".join(f"“{term}”" for term in test.terms[:MOST_NAMED])
    more = len(test.terms) - MOST_NAMED
    return f"the narrative says {named}{f' or {more} other words' if more > 0 else ''}"


def _one_of(fact: Fact, comparison: str, operand: tuple[Scalar, ...], test: OneOf) -> str:
    if comparison in ("at_least", "at_most", "between"):
        listed = [value for value in fact.value_names if value in test.accepted]
        return say_values(fact, listed)
    if fact.type in ("number", "code"):
        return f"{fact.called()} is {_either([_value(fact, one) for one in operand])}"
    return say_values(fact, [str(one) for one in operand])


def say_values(fact: Fact, values: Sequence[str], most: int = 99) -> str:
    """The values as one clause: "problem is drunk or on drugs or person down".

    most -- how many to name; the rest are counted.
    """
    named = values[:most] if len(values) > most + 1 else values
    clauses = [phrase.say() for value in named if (phrase := fact.by_value[value].phrase)]
    plain = [value for value in named if fact.by_value[value].phrase is None]
    if plain:
        rest = [_value(fact, value) for value in plain[1:]]
        clauses.append(_either([fact.phrase(plain[0]), *rest]))
    if len(named) < len(values):
        clauses.append(f"{len(values) - len(named)} other answers")
    return _either(clauses)


def _either(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} or {parts[-1]}"


def _range(fact: Fact, comparison: str, operand: tuple[Scalar, ...]) -> str:
    unit = f" {fact.unit}" if fact.unit else ""
    if comparison == "between":
        return f"between {operand[0]} and {operand[1]}{unit}"
    return f"{comparison.replace('_', ' ')} {operand[0]}{unit}"


def _value(fact: Fact, value: Scalar) -> str:
    known = fact.by_value.get(str(value))
    if known is not None:
        label = known.label.say()
        return label[:1].lower() + label[1:]
    unit = f" {fact.unit}" if fact.unit and not isinstance(value, str) else ""
    return f"{value}{unit}"
