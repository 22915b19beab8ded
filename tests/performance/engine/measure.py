"""Taking time: one thread, warmed up, in rounds in which every contestant meets the same calls.

Rounds are interleaved, so that whatever else the machine does meets all of them alike; a ratio is
taken within a round. Calls come in another order every round, contestants too. Garbage is
collected before each turn and collection stays on during it, for everybody.
"""

import gc
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from resource import RUSAGE_SELF, getrusage
from statistics import median
from time import perf_counter_ns
from typing import Any

from tests.performance.engine.contestants import Contestant
from tests.performance.engine.making import SEED
from tests.performance.engine.spread import Spread

Round = dict[int, int]
"""By number of the call, nanoseconds."""
CHECK_NS = 2 * 10**9
WARM_UP = 20
FEWEST = 2
"""Calls of an engine that is too slow for all of them in so short a time."""
TRIES, LONG_NS = 4, 20 * 10**6
"""A call that was interrupted is measured again, unless it is so long that it always will be."""


class Disagreement(Exception):
    """An engine fires other rules than the workload says."""


@dataclass(frozen=True)
class Met:
    """How many calls were found to fire exactly the right rules, and what one takes."""

    calls: int
    typical_ns: float


@dataclass(frozen=True)
class Race:
    """What was measured, by name of the contestant and round."""

    rounds: Mapping[str, Sequence[Round]]

    def microseconds(self, name: str) -> Spread:
        """The median call of each round."""
        return Spread.of(median(one.values()) / 1000 for one in self.rounds[name])

    def ratio(self, slow: str, fast: str) -> Spread:
        """How many times longer `slow` takes than `fast`, by the median of the same calls."""
        pairs = zip(self.rounds[slow], self.rounds[fast], strict=True)
        return Spread.of(_median_ratio(one, other) for one, other in pairs)

    def by_call(self, name: str) -> list[float]:
        """Microseconds of each call, the median of its rounds."""
        rounds = self.rounds[name]
        numbers = sorted(set().union(*rounds))
        return [median(one[n] for one in rounds if n in one) / 1000 for n in numbers]


def _median_ratio(slow: Round, fast: Round) -> float:
    shared = slow.keys() & fast.keys()
    return median(slow[n] for n in shared) / median(fast[n] for n in shared)


def check(contestant: Contestant, wanted: Sequence[frozenset[str]]) -> Met:
    """Run the calls once, which also warms up, and compare what fires with what should.

    wanted -- by call, as the oracle says.
    Raises Disagreement.
    """
    times: list[int] = []
    started = perf_counter_ns()
    for number, call in enumerate(contestant.calls):
        one = contestant.prepare(call)
        began = perf_counter_ns()
        made = contestant.run(one)
        times.append(perf_counter_ns() - began)
        fired = frozenset(contestant.fired(made))
        if fired != wanted[number]:
            wrong = ", ".join(sorted(fired ^ wanted[number])[:5])
            raise Disagreement(f"{contestant.name}, call {number}: {wrong}")
        if perf_counter_ns() - started > CHECK_NS and len(times) >= FEWEST:
            break
    return Met(len(times), median(times))


def race(
    contestants: Sequence[Contestant],
    rounds: int,
    turn_ns: int = 0,
    met: Mapping[str, Met] | None = None,
) -> Race:
    """Measure everybody.

    turn_ns, met -- who would need longer for a turn meets only the first of the calls. Who is not
    in `met` meets all of them, after a few to warm up.
    """
    chance = random.Random(SEED)
    typical = {name: one.typical_ns for name, one in (met or {}).items()}
    most = {name: max(FEWEST, int(turn_ns / ns)) for name, ns in typical.items()}
    for one in contestants:
        if one.name not in most:
            _turn(one, range(min(WARM_UP, len(one.calls))))
    taken: dict[str, list[Round]] = {one.name: [] for one in contestants}
    tidy()
    for _ in range(rounds):
        order = list(range(max(len(one.calls) for one in contestants)))
        chance.shuffle(order)
        for one in chance.sample(contestants, len(contestants)):
            numbers = [n for n in order if n < len(one.calls)][: most.get(one.name)]
            taken[one.name].append(_turn(one, numbers))
    return Race(taken)


def _turn(contestant: Contestant, numbers: Sequence[int]) -> Round:
    ready = [(n, contestant.prepare(contestant.calls[n])) for n in numbers]
    gc.collect()
    return {number: _undisturbed(contestant, number, one) for number, one in ready}


def _undisturbed(contestant: Contestant, number: int, one: Any) -> int:
    """Nanoseconds of a call, again if the system took the processor away during it."""
    run, clock = contestant.run, perf_counter_ns
    times: list[int] = []
    while True:
        before = _times_interrupted()
        began = clock()
        made = run(one)
        times.append(clock() - began)
        if _times_interrupted() == before:
            return times[-1]
        if len(times) == TRIES or times[-1] > LONG_NS:
            return min(times)
        del made  # what it costs to let go of a result is not the engine's
        one = contestant.prepare(contestant.calls[number])


def _times_interrupted() -> int:
    return getrusage(RUSAGE_SELF).ru_nivcsw


def race_whole(runs: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[int]]:
    """Nanoseconds of each run of something that works through many calls at once."""
    chance = random.Random(SEED)
    taken: dict[str, list[int]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    tidy()
    for _ in range(rounds):
        for name in chance.sample(list(runs), len(runs)):
            gc.collect()
            taken[name].append(_timed(runs[name]))
    return taken


def tidy() -> None:
    """Take what is there now out of the collections to come: it belongs to everybody."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _timed(work: Callable[[], Any]) -> int:
    began = perf_counter_ns()
    work()
    return perf_counter_ns() - began
