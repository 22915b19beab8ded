"""`make faults`: seeded crash schedules on real processes, the stories of single faults, races,
and the table of what held.

It goes on where it stopped: schedules of this code that are in var/faults/ledger.sqlite are
not tried again. Exit status 1 where anything did not hold.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.faults import pages, system_calls
from tests.faults.catalogue import left_out
from tests.faults.ledger import FILE, Ledger, bound
from tests.faults.named import run_named
from tests.faults.races import Races
from tests.faults.schedules import Bench, Outcome
from tests.performance.paging.stage import server_of
from tests.servers import start_postgresql
from tests.world import make_world, prepared_template

KINDS = ("sqlite", "postgresql")
RACE = "an answer against the escalation of the same millisecond"
PORTION = 500


def main() -> int:
    asked = _read_arguments()
    if asked.seeds is None:
        asked.seeds = (1, 0) if asked.pages else (1, 200)
    first, last = asked.seeds
    seeds = range(first, last + 1)
    ledger = Ledger(asked.ledger)
    kinds = KINDS if asked.db == "both" else (asked.db,)
    broken = 0
    if asked.jobs > 1 and not asked.table:
        broken = _side_by_side(asked, kinds)
    elif not asked.table:
        share, of = asked.share
        for kind in kinds:
            _run(ledger, kind, [seed for seed in seeds if seed % of == share], asked.again)
            _race(ledger, kind, asked.races // of)
            if share == 0:  # its processes fill the machine by themselves
                _page(ledger, kind, asked.pages)
    if asked.named:
        run_named(ledger)
    if asked.share == (0, 1):
        return _report(ledger, kinds) or min(broken, 1)
    return 0


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument(
        "--seeds", type=_two("-"), help="first-last; 1-200 unless only pages are asked for"
    )
    parser.add_argument("--db", choices=(*KINDS, "both"), default="both")
    parser.add_argument("--jobs", type=int, default=1, help="processes side by side")
    parser.add_argument("--races", type=int, default=0, help="answers against escalations")
    parser.add_argument("--pages", type=int, default=0, help="pages while nothing fails")
    parser.add_argument("--named", action="store_true", help="tell the stories of faults, too")
    parser.add_argument("--again", action="store_true", help="try what is in the ledger, too")
    parser.add_argument("--table", action="store_true", help="only print what is in the ledger")
    parser.add_argument("--ledger", type=Path, default=FILE)
    parser.add_argument("--share", type=_two("/"), default=(0, 1), help=argparse.SUPPRESS)
    return parser.parse_args()


def _two(separator: str) -> Callable[[str], tuple[int, int]]:
    def read(text: str) -> tuple[int, int]:
        first, _, last = text.partition(separator)
        return int(first), int(last or first)

    return read


def _side_by_side(asked: argparse.Namespace, kinds: Sequence[str]) -> int:
    """Share the seeds of each database among so many processes, and count those that broke off."""
    first, last = asked.seeds
    broken = 0
    for kind in kinds:
        started = [
            subprocess.Popen(
                [
                    *(sys.executable, "-m", "tests.faults", "--seeds", f"{first}-{last}"),
                    *("--db", kind, "--share", f"{share}/{asked.jobs}"),
                    *("--races", str(asked.races), "--pages", str(asked.pages)),
                    *("--ledger", str(asked.ledger), *(["--again"] if asked.again else [])),
                ]
            )
            for share in range(asked.jobs)
        ]
        broken += sum(process.wait() != 0 for process in started)
    if broken:
        print("A process broke off: what it had left was not tried. The same command goes on.")
    return broken


def _run(ledger: Ledger, kind: str, seeds: Sequence[int], again: bool) -> None:
    left = seeds if again else sorted(set(seeds) - ledger.tried(kind))
    if not left:
        return
    bench = Bench.open(kind)
    try:
        for number, seed in enumerate(left, 1):
            outcome = bench.run(seed)
            ledger.write(outcome)
            _tell(outcome, number, len(left))
    finally:
        bench.close()


def _race(ledger: Ledger, kind: str, rounds: int) -> None:
    """Answers against escalations, in portions that are written down as they are done."""
    if not rounds:
        return
    folder = Path(tempfile.mkdtemp(prefix="triage-races-"))
    server = start_postgresql(folder) if kind == "postgresql" else None
    url = server.create("races") if server else f"sqlite:///{folder / 'triage.sqlite'}"
    prepared_template(url)
    with make_world(url, folder) as answering, make_world(url, folder) as escalating:
        races = Races(answering, escalating, seed=random.randrange(10**9))
        for done in range(0, rounds, PORTION):
            before = len(races.tally.wrong)
            races.run(portion := min(PORTION, rounds - done))
            failed = len(races.tally.wrong) - before
            ledger.add_named(kind, RACE, portion, failed, races.tally.worst_late_s)
            print(f"{kind} races {done + portion}/{rounds}: {races.tally}", flush=True)
    if server:
        server.remove()
    shutil.rmtree(folder, ignore_errors=True)


def _page(ledger: Ledger, kind: str, wanted: int) -> None:
    """Pages while nothing fails, in portions that are written down as they are done."""
    done = 0
    with server_of(kind, durable=False) as server:
        while done < wanted:
            seed = random.randrange(10**9)
            portion = pages.run(server, f"pages_{seed}", min(pages.PORTION, wanted - done), seed)
            done += portion.pages
            ledger.add_named(kind, pages.NAME, portion.pages, len(portion.wrong), portion.slowest_s)
            print(f"{kind} pages {done:,}/{wanted:,}: {portion}, seed {seed}", flush=True)
            for line in portion.wrong:
                print(f"    {line}", flush=True)


def _tell(outcome: Outcome, number: int, of: int) -> None:
    schedule, wrong = outcome.schedule, outcome.verdict.violations
    faults = ", ".join(fault.name for fault in schedule.faults)
    held = "held" if not wrong else "NOT HELD"
    print(
        f"{schedule.kind} {number}/{of} seed {schedule.seed}: {held},"
        f" {outcome.took_s:.1f} s: {faults}",
        flush=True,
    )
    for line in wrong:
        print(f"    {line}", flush=True)


def _report(ledger: Ledger, kinds: Sequence[str]) -> int:
    failures = 0
    print(f"\ncode {ledger.release}, {os.cpu_count()} cores, {ledger.file}")
    for kind in kinds:
        failures += _table(ledger, kind)
    if named := ledger.named():
        print(f"\n{'named fault':62} {'tried':>7} {'held':>7} {'longest wait':>12}")
        for line in named:
            held = line.tried - line.failed
            where = f"{line.fault}, {line.kind}"
            print(f"{where:62} {line.tried:7} {held:7} {line.worst_s:10.2f} s")
            failures += line.failed + (not line.tried)
            if not line.tried:
                print("NOT TRIED: every case of it was skipped")
            if line.fault == pages.NAME:
                print(
                    f"with 95 % confidence fewer than {bound(line.tried, line.failed):.4%} of pages"
                    " leave twice or not at all while nothing fails"
                )
    return 1 if failures else 0


def _table(ledger: Ledger, kind: str) -> int:
    rows = ledger.schedules(kind)
    if not rows:
        return 0
    failed = [row for row in rows if row["violations"]]
    print(f"\n{kind:58} {'tried':>6} {'struck':>6} {'held':>6} {'worst recovery':>15}")
    lines = ledger.lines(kind)
    for line in lines:
        print(
            f"{line.fault:58} {line.tried:6} {line.struck:6} {line.tried - line.failed:6}"
            f" {line.worst_s:13.1f} s"
        )
    total = {
        name: sum(row["counts"][name] for row in rows)
        for name in ("acknowledged", "texts", "pages", "copies")
    }
    print(
        f"{len(rows)} schedules, {len(failed)} failed; acknowledged writes"
        f" {total['acknowledged']:,}, texts {total['texts']:,}, of them pages {total['pages']:,},"
        f" labelled second copies {total['copies']:,}"
    )
    print(
        "with 95 % confidence fewer than"
        f" {bound(len(rows), len(failed)):.4%} of such schedules fail,"
        f" {bound(total['acknowledged'], len(failed)):.4%} of acknowledged writes are lost and"
        f" {bound(total['pages'], len(failed)):.4%} of pages"
    )
    if failed:
        print("seeds that failed:", " ".join(str(row["seed"]) for row in failed))
    took = sum(row["took_s"] for row in rows) / len(rows)
    print(f"{took:.2f} s for a schedule")
    missed = [line.fault for line in lines if line.misses]
    for fault in missed:
        print(f"NEVER STRUCK, so not tried: {fault}")
    for fault in (impossible := left_out(kind)):
        print(f"NOT TRIED, because {system_calls.NOT_HERE}: {fault}")
    return len(failed) + len(missed) + (len(impossible) if os.environ.get("CI") == "true" else 0)


if __name__ == "__main__":
    sys.exit(main())
