"""One test as a clause, in its reader's language: "a weapon is in hand", "last contact is at least
3 hours"."""

from collections.abc import Sequence

from triage.domain.answers import Scalar
from triage.domain.conditions import Includes, IsKnown, Mentions, OneOf, Within
from triage.domain.facts import Fact
from triage.domain.state_words import unit_name
from triage.domain.words import Named, Sentence, inside, listed, msgid

MOST_NAMED = 12
_RANGES = {
    "at_least": msgid("%(name)s is at least %(least)s"),
    "at_most": msgid("%(name)s is at most %(least)s"),
    "between": msgid("%(name)s is between %(least)s and %(most)s"),
}


def say_test(fact: Fact, test: OneOf | Within | Includes | IsKnown) -> str:
    """The clause for a test on this fact."""
    match test:
        case IsKnown(wanted=True):
            return msgid("%(name)s is known", name=fact.named)
        case IsKnown():
            return msgid("%(name)s is not known", name=fact.named)
        case Includes(wanted=wanted):
            return say_values(fact, wanted)
        case Within(comparison=comparison, operand=operand):
            return _range(fact, comparison, operand)
        case OneOf(negated=True, operand=operand):
            return _none_of(fact, operand)
        case OneOf(comparison=comparison, operand=operand):
            return _one_of(fact, comparison, operand, test)
    raise TypeError(test)


def say_mention(test: Mentions) -> str:
    words: str = ", ".join(f"“{term}”" for term in test.terms[:MOST_NAMED])
    if (more := len(test.terms) - MOST_NAMED) > 0:
        words = msgid("%(words)s or %(count)s other words", words=words, count=more)
    return msgid("the narrative says %(words)s", words=words)


def _one_of(fact: Fact, comparison: str, operand: tuple[Scalar, ...], test: OneOf) -> str:
    if comparison in ("at_least", "at_most", "between"):
        accepted = [value for value in fact.value_names if value in test.accepted]
        return say_values(fact, accepted)
    if fact.type in ("number", "code"):
        values = _either([_value(fact, one) for one in operand])
        return msgid("%(name)s is %(values)s", name=fact.named, values=values)
    return say_values(fact, [str(one) for one in operand])


def _none_of(fact: Fact, operand: Sequence[Scalar]) -> str:
    values = [_value(fact, one) for one in operand]
    if len(values) == 1:
        return msgid("%(name)s is known and not %(value)s", name=fact.named, value=values[0])
    neither = listed(msgid(" nor "), values)
    return msgid("%(name)s is known and neither %(values)s", name=fact.named, values=neither)


def say_values(fact: Fact, values: Sequence[str], most: int = 99) -> str:
    """The values as one clause: "problem is drunk or on drugs or person down".

    most -- how many to name; the rest are counted.
    """
    named = values[:most] if len(values) > most + 1 else values
    clauses: list[str] = [
        Named(phrase) for value in named if (phrase := fact.by_value[value].phrase)
    ]
    plain = [value for value in named if fact.by_value[value].phrase is None]
    if plain:
        rest = [_value(fact, value) for value in plain[1:]]
        clauses.append(_either([fact.clause(plain[0]), *rest]))
    if len(named) < len(values):
        clauses.append(msgid("%(count)s other answers", count=len(values) - len(named)))
    return _either(clauses)


def _either(parts: Sequence[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    return msgid("%(some)s or %(last)s", some=listed(", ", parts[:-1]), last=parts[-1])


def _range(fact: Fact, comparison: str, operand: Sequence[Scalar]) -> str:
    unit = [unit_name(fact.unit)] if fact.unit else []
    ends = [str(one) for one in operand]
    ends[-1] = listed(" ", [ends[-1], *unit])
    return Sentence(_RANGES[comparison], {"name": fact.named, "least": ends[0], "most": ends[-1]})


def _value(fact: Fact, value: Scalar) -> str:
    known = fact.by_value.get(str(value))
    if known is not None:
        return inside(Named(known.label))
    if fact.unit and not isinstance(value, str):
        return listed(" ", [value, unit_name(fact.unit)])
    return str(value)
