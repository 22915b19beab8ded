"""`make bench-engine`: every engine on the same rules and calls, on this machine.

    python -m tests.performance.engine [--quick] [--rounds N] [--only single|ahead|backtest]

Prints a Markdown report, which is also var/bench/engine.md; every sample stands in
var/bench/engine.json. An engine that fires other rules than it should ends the run.
"""

import argparse
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"  # one thread for everybody; read when Polars is imported

from tests.performance.engine import backtest, looking_ahead, ours_columns, single_calls
from tests.performance.engine.machine import machine
from tests.performance.engine.making import SEED, Maker
from tests.performance.engine.measure import Disagreement
from tests.performance.engine.report import Measured, report

FOLDER = Path(__file__).parents[3] / "var" / "bench"
TURN_NS = 10**9


@dataclass(frozen=True)
class Effort:
    """How much is measured. `turn` is the longest turn of a contestant in seconds."""

    rounds: int
    turn: float
    ahead_calls: int
    ahead_rounds: int
    history: int
    history_rounds: int
    times: int
    """The history of a million is the history so many times."""


FULL = Effort(15, 0.2, 300, 3, 100_000, 5, 10)
QUICK = Effort(5, 0.05, 40, 1, 20_000, 3, 5)


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    effort = QUICK if options.quick else FULL
    rounds = options.rounds or effort.rounds
    try:
        measured = Measured(
            quick=options.quick,
            seed=SEED,
            rounds=rounds,
            machine=machine(),
            single=_single(effort, rounds, options) if options.only in (None, "single") else [],
            ahead=_ahead(effort) if options.only in (None, "ahead") else None,
            backtest=_backtest(effort) if options.only in (None, "backtest") else None,
            long=_long(effort) if options.only in (None, "backtest") else None,
            alone=_alone(effort) if options.only in (None, "backtest") else None,
        )
    except Disagreement as problem:
        print(f"Not measured, because an engine fires other rules: {problem}", file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    text = report(measured)
    (FOLDER / "engine.md").write_text(text, encoding="utf-8")
    (FOLDER / "engine.json").write_text(_samples(measured), encoding="utf-8")
    print(text)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-engine")
    parser.add_argument("--quick", action="store_true", help="less than a minute, wider spread")
    parser.add_argument("--rounds", type=int, help="rounds for single calls")
    parser.add_argument("--only", choices=("single", "ahead", "backtest"))
    return parser.parse_args(arguments)


def _single(
    effort: Effort, rounds: int, options: argparse.Namespace
) -> list[single_calls.SingleCalls]:
    made = []
    for size in single_calls.SIZES:
        _say(f"one call, {size:,} rules ...")
        larger = size <= 200 or not options.quick
        made.append(single_calls.measure(size, rounds, int(effort.turn * TURN_NS), larger=larger))
    return made


def _ahead(effort: Effort) -> looking_ahead.LookingAhead:
    _say("looking ahead ...")
    return looking_ahead.measure(effort.ahead_calls, effort.ahead_rounds)


def _backtest(effort: Effort) -> backtest.BackTest:
    _say(f"back-test, {effort.history:,} calls ...")
    return backtest.measure(effort.history, effort.history_rounds)


def _long(effort: Effort) -> backtest.BackTest:
    _say(f"back-test, {effort.history * effort.times:,} calls ...")
    return backtest.measure_long(effort.history, effort.times, effort.history_rounds)


def _alone(effort: Effort) -> ours_columns.Alone:
    _say(f"back-test, {effort.history * effort.times:,} calls, this service alone ...")
    maker = Maker()
    workload = maker.workload(backtest.RULES, "1-4", 0)
    other = maker.workload(effort.history_rounds + 1, "1-4", 0).rules
    calls = maker.calls(effort.history)
    return ours_columns.measure_alone(workload, calls, effort.times, other, effort.history_rounds)


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _samples(measured: Measured) -> str:
    return json.dumps(asdict(measured))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
