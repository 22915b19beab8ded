"""The back-test of the neutral workload: many calls at once, as columns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.performance.engine.contestants import Contestant
from tests.performance.engine.measure import Disagreement
from tests.performance.engine.workload import Call, Oracle, Workload

Fired = Mapping[str, bytes]
"""By rule, one bit for each call; the first call is the lowest bit of the first byte."""
ROW_BY_ROW = 2_000
"""Calls that the engines for one call work through, one after the other."""
CHECKED = 2_000
"""Calls that are checked against the oracle; on the rest the engines are compared."""


@dataclass(frozen=True)
class Columns:
    """Many calls: by fact the answers, by term whether it is in the narrative."""

    calls: Sequence[Call]
    answers: Mapping[str, list[Any]]
    heard: Mapping[str, NDArray[np.bool_]]

    @property
    def narratives(self) -> list[str]:
        return [call.narrative for call in self.calls]


@dataclass(frozen=True)
class ColumnContestant:
    """rows -- how many calls one run works through.
    run -- what is timed: from columns as the engine keeps them to what fires.
    fired -- what `run` found, for checking.
    """

    name: str
    rows: int
    run: Callable[[], Any]
    fired: Callable[[Any], Fired]


def columns(workload: Workload, calls: Sequence[Call]) -> Columns:
    answers = {f.name: [call.answers[f.name] for call in calls] for f in workload.facts}
    said = [call.narrative for call in calls]
    heard = {
        term: np.fromiter((f" {term} " in one for one in said), bool, len(calls))
        for term in workload.terms
    }
    return Columns(calls, answers, heard)


def packed(truths: NDArray[np.bool_]) -> bytes:
    return np.packbits(truths, bitorder="little").tobytes()


def row_by_row(contestant: Contestant, calls: Sequence[Call]) -> ColumnContestant:
    """An engine for single calls that works through some of them, inputs ready."""
    inputs = [contestant.prepare(call) for call in calls[:ROW_BY_ROW]]

    def fired(made: Iterable[Any]) -> Fired:
        rules: dict[str, int] = {}
        for number, one in enumerate(made):
            for rule in contestant.fired(one):
                rules[rule] = rules.get(rule, 0) | 1 << number
        size = (len(inputs) + 7) // 8
        return {rule: bits.to_bytes(size, "little") for rule, bits in rules.items()}

    name = f"{contestant.name}, row by row"
    return ColumnContestant(name, len(inputs), lambda: [contestant.run(i) for i in inputs], fired)


def check(
    workload: Workload, calls: Sequence[Call], contestants: Sequence[ColumnContestant]
) -> None:
    """Raises Disagreement unless all fire the same rules, and the right ones where they are known.

    The first of the contestants that work through everything is what the others are compared to.
    """
    oracle = Oracle(calls[:CHECKED])
    wanted = {rule.id: oracle.mask(rule.when) for rule in workload.rules}
    first: dict[str, int] = {}
    for one in contestants:
        fired = one.fired(one.run())
        for rule, expected in wanted.items():
            found = int.from_bytes(fired.get(rule, b""), "little") & _first(one.rows)
            known = _first(min(CHECKED, one.rows))
            if found & known != expected & known:
                raise Disagreement(f"{one.name}: {rule}")
            if one.rows == len(calls) and first.setdefault(rule, found) != found:
                raise Disagreement(f"{one.name}: {rule}, later calls")


def _first(calls: int) -> int:
    return (1 << calls) - 1
