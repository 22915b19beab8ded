"""What takes part: one way of one engine to find the rules that fire for a call."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.performance.engine.workload import Answer, Call, Workload


@dataclass(frozen=True)
class Contestant:
    """prepare -- makes the engine's input of a call; not timed, done anew for every round.
    run -- what is timed: from that input to the ids that fired, or to what the engine explains.
    fired -- the ids in what `run` returned; not timed.
    """

    name: str
    says_why: bool
    calls: Sequence[Call]
    prepare: Callable[[Call], Any]
    run: Callable[[Any], Any]
    fired: Callable[[Any], Iterable[str]]


class Plain:
    """Calls as plain dictionaries: yes and no as booleans, which every peer reads fastest."""

    def __init__(self, workload: Workload) -> None:
        self._yes_no = {fact.name for fact in workload.facts if fact.type == "yes_no"}

    def is_yes_no(self, fact: str) -> bool:
        return fact in self._yes_no

    def call(self, call: Call) -> dict[str, Answer | bool]:
        yes_no = self._yes_no
        answers = {n: v == "yes" if n in yes_no else v for n, v in call.answers.items()}
        return {**answers, "narrative": call.narrative}


def combined(parts: Iterable[str], by: str) -> str:
    """ "(a and b and c)"."""
    return f"({f' {by} '.join(parts)})"


def quoted(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)
