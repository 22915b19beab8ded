"""What a call-taker can have learned about one fact.

A fact that is missing from a call was *not asked*. An answer is a value, `UNKNOWN` (asked, not
established) or `Conflicting`. "No" is a value somebody said; unknown is not "no".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

Scalar = str | int | float
Value = Scalar | tuple[str, ...]
"""A tuple is the answer to a `multi` fact: the values that apply, possibly none."""


class Gap(Enum):
    """Why there is no value."""

    UNKNOWN = "unknown"
    LEFT = "not asked"
    """Taken to stay unasked. Used only when looking ahead, never part of a call."""

    __hash__ = object.__hash__  # there is one of each; Enum's own is a call of Python


UNKNOWN: Final = Gap.UNKNOWN
LEFT: Final = Gap.LEFT


@dataclass(frozen=True, slots=True)
class Report:
    """One of several conflicting answers, and who gave it."""

    value: Value | Gap
    source: str


@dataclass(frozen=True, slots=True)
class Conflicting:
    """Answers that contradict each other, all kept, in the order they came in."""

    reports: tuple[Report, ...]


Answer = Value | Gap | Conflicting
Answers = Mapping[str, Value | Gap]
"""Answers ready for evaluation: conflicts settled, sight considered, situation filled in."""


def possible_values(answer: Conflicting, danger: tuple[str, ...]) -> tuple[Value | Gap, ...]:
    """The values of a conflicting answer that have to be assessed.

    danger -- all values of the fact, least dangerous first; empty where there is no order.

    With an order only the most dangerous of the stated values; without one each of them, and not
    as they came in: who reported first decides nothing. Unknown among them is a possibility of
    its own.
    """
    stated = tuple(dict.fromkeys(report.value for report in answer.reports))
    if not danger:
        return tuple(sorted(stated, key=str))
    worst = max((v for v in stated if isinstance(v, str)), key=danger.index, default=None)
    unknown = (UNKNOWN,) if UNKNOWN in stated else ()
    return unknown if worst is None else (worst, *unknown)


def answer_as_json(answer: Answer) -> object:
    """The answer in the shape in which a call may state it."""
    if isinstance(answer, Conflicting):
        return {
            "values": [
                {"value": answer_as_json(report.value), "source": report.source}
                for report in answer.reports
            ]
        }
    if isinstance(answer, Gap):
        return answer.value
    return list(answer) if isinstance(answer, tuple) else answer
