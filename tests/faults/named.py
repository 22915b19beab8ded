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
    "faults/test_worker_is_killed": "a worker is killed with a text in hand",
    "faults/test_worker_is_held_up": "a worker is stopped past its lease and goes on",
    "faults/test_one_clock": "two clocks, a clock that hangs, a dead thread",
    "faults/test_database_is_away": "the database is gone and comes back",
    "faults/test_line_is_half_open": "the database is gone without a word, another took over",
    "faults/test_network_is_cut": "F38: the network to the database is out for 2 s or 20 s",
    "faults/test_commit_in_doubt": "a commit that may have happened",
    "faults/test_behind_pgbouncer": "F70: no wake-up arrives, PgBouncer lends sessions",
    "faults/test_primary_is_lost": "the primary dies under load, a standby takes over",
    "faults/test_busy_database": "somebody holds the one writer",
    "faults/test_somebody_holds_locks": "F42: others hold tables, or read a long report",
    "faults/test_disk_is_full": "the disk is full or answers with errors",
    "faults/test_file_is_another": "SQLite's file is deleted or replaced",
    "faults/test_memory_is_full": "F56: memory is at an end, web or worker is killed for it",
    "faults/test_log_is_full": "the disk of the log is full, or nobody reads its pipe",
    "faults/test_no_connection_left": "the database has no connection left to give",
    "faults/test_no_descriptor_left": "a web process has no file descriptor left",
    "faults/test_machine_lacks": "no random numbers, time zones or certificate authorities",
    "faults/test_figures_on_a_standby": "figures are read on a standby that is late or away",
    "faults/test_rolling_restart": "machines change to the next release under load",
    "faults/test_step_of_another_release": "a step that only a newer release knows",
    "faults/test_upgrade_is_killed": "an upgrade of the tables is killed half way",
    "faults/test_rules_at_once": "rules are published twice at once, or by whoever is killed",
    "faults/test_keys_are_changed": "the data key is changed while processes are killed",
    "faults/test_texts_in_doubt": "a text of which nobody knows whether it left",
    "faults/test_attempts": "crashes, answers and reports in any order",
    "faults/test_answers_at_once": "answers and reports at the same moment",
    "faults/test_same_team_at_once": "calls for one team at the same moment",
    "faults/test_answer_against_escalation": "a yes against an escalation at the same moment",
    "faults/test_release_against_acceptance": "a yes against a release at the same moment",
    "faults/test_year": "a year of shifts in eight zones",
    "stories/test_lived_year": "the days around the changes of clocks, lived in eight zones",
    "stories/test_outage": "the carrier is away for hours",
    "stories/test_off_duty": "a shift ends while a page waits",
}
"""By story, the fault. Other files of `tests/faults` are about schedules or the harness."""


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
        command += ["-o", "junit_family=xunit1", f"--junitxml={report}", f"tests/{story}.py"]
        subprocess.run(command, cwd=ROOT, check=False)
        if not report.exists():
            ledger.add_named("both", fault, 1, 1, 0)
            return
        for kind, cases in _by_database(report).items():
            tried = [case for case in cases if case.find("skipped") is None]
            failed = [
                c for c in tried if c.find("failure") is not None or c.find("error") is not None
            ]
            worst_s = max((_longest_wait_s(case) for case in tried), default=0.0)
            ledger.add_named(kind, fault, len(tried), len(failed), worst_s)


def _longest_wait_s(case: ElementTree.Element) -> float:
    waits = case.findall("properties/property[@name='longest_wait_s']")
    return max((float(wait.get("value", 0)) for wait in waits), default=0.0)


def _by_database(report: Path) -> dict[str, list[ElementTree.Element]]:
    found: dict[str, list[ElementTree.Element]] = defaultdict(list)
    for case in ElementTree.parse(report).iter("testcase"):
        name = case.get("name", "")
        kinds = [kind for kind in ("sqlite", "postgresql") if kind in name]
        found[kinds[0] if kinds else "both"].append(case)
    return found
