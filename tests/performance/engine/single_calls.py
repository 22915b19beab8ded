"""One call at a time: every engine on the same rules, and ours on calls with gaps."""

from dataclasses import dataclass, replace

from tests.performance.engine import ours
from tests.performance.engine.making import Maker
from tests.performance.engine.measure import Met, Race, check, race
from tests.performance.engine.peers import cel, datalogic, zen_engine
from tests.performance.engine.workload import Oracle, Workload

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
    maker = Maker()
    workload = maker.workload(rules, "1-4", CALLS)
    wanted = Oracle(workload.calls).fired(workload.rules)
    entered = [ours.contestant(workload), ours.decider(workload)]
    for peer in (datalogic, zen_engine, cel):
        entered += peer.contestants(workload)
    met = {one.name: check(one, wanted) for one in entered}

    def enter(name: str, other: Workload) -> None:
        entered.append(ours.contestant(other, name))
        met[name] = check(entered[-1], Oracle(other.calls).fired(other.rules))

    enter(GAPS, replace(workload, calls=maker.partly_known(workload.calls)))
    if larger:
        enter(LARGER, Maker().workload(rules, "4-8", CALLS))
    firing = sum(map(len, wanted)) / CALLS / rules
    return SingleCalls(rules, workload.digest, firing, met, race(entered, rounds, turn_ns, met))
