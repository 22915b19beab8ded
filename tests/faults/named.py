"""The faults that have stories of their own, tried beside the schedules and kept in one table."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

from tests.faults.in_a_process import ROOT
from tests.faults.ledger import Ledger

NAMED = {
    "test_worker_is_killed": "a worker is killed with a text in hand",
    "test_one_clock": "two clocks, a clock that hangs, a dead thread",
    "test_database_is_away": "the database is gone and comes back",
    "test_commit_in_doubt": "a commit that may have happened",
    "test_primary_is_lost": "the primary dies under load, a standby takes over",
    "test_busy_database": "somebody holds the one writer",
    "test_disk_is_full": "the disk is full or answers with errors",
    "test_texts_in_doubt": "a text of which nobody knows whether it left",
    "test_attempts": "crashes, answers and reports in any order",
    "test_release_against_acceptance": "a yes against a release at the same moment",
    "test_year": "a year of days in eight zones",
}
"""By story, the fault."""


def run_named(ledger: Ledger) -> None:
    """Each story that was not yet told of this code."""
    told = {line.fault for line in ledger.named()}
    for story, fault in NAMED.items():
        if fault not in told:
            print(f"\n{fault} ...", flush=True)
            _run(ledger, story, fault)


def _run(ledger: Ledger, story: str, fault: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        command += [f"--junitxml={report}", f"tests/faults/{story}.py"]
        subprocess.run(command, cwd=ROOT, check=False)
        if not report.exists():
            ledger.add_named("both", fault, 1, 1, 0)
            return
        for kind, cases in _by_database(report).items():
            tried = [case for case in cases if case.find("skipped") is None]
            failed = [
                c for c in tried if c.find("failure") is not None or c.find("error") is not None
            ]
            worst_s = max((float(case.get("time", 0)) for case in tried), default=0.0)
            ledger.add_named(kind, fault, len(tried), len(failed), worst_s)


def _by_database(report: Path) -> dict[str, list[ElementTree.Element]]:
    found: dict[str, list[ElementTree.Element]] = defaultdict(list)
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.get("name", "")
        kinds = [kind for kind in ("sqlite", "postgresql") if kind in name]
        found[kinds[0] if kinds else "both"].append(case)
    return found
