"""One call at a time: every engine on the same rules, and ours on calls with gaps."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.performance.engine import ours
from tests.performance.engine.contestants import Contestant
from tests.performance.engine.making import Maker
from tests.performance.engine.measure import Met, Race, check, race
from tests.performance.engine.peers import cel, datalogic, zen_engine
from tests.performance.engine.workload import Workload

SIZES = (30, 200, 2_000)
CALLS = 200
GAPS = "this service, a third of the facts unknown or not asked"
LARGER = "this service, 4 to 8 conditions a rule"
PEERS = (
    datalogic.NAMED,
    datalogic.LISTED,
    zen_engine.LISTED,
    cel.BARE,
    zen_engine.TRACED,
    datalogic.TRACED,
)


@dataclass(frozen=True)
class SingleCalls:
    rules: int
    digest: str
    firing: float
    met: dict[str, Met]
    race: Race


def measure(rules: int, rounds: int, turn_ns: int, *, larger: bool) -> SingleCalls:
    """Raises Disagreement before anything is timed."""
    workload = Maker().workload(rules, "1-4", CALLS)
    entered = list(_contestants(workload))
    met = {one.name: check(workload, one) for one in entered}
    if larger:
        other = Maker().workload(rules, "4-8", CALLS)
        grown = ours.contestant(other, name=LARGER)
        met[LARGER] = check(other, grown)
        entered.append(grown)
    fired = sum(len(list(ours.fired(entered[0].run(ours.call(one))))) for one in workload.calls)
    firing = fired / CALLS / rules
    return SingleCalls(rules, workload.digest, firing, met, race(entered, rounds, turn_ns, met))


def _contestants(workload: Workload) -> Iterator[Contestant]:
    yield ours.contestant(workload)
    yield ours.contestant(workload, Maker().partly_known(workload.calls), GAPS)
    for peer in (datalogic, zen_engine, cel):
        yield from peer.contestants(workload)
