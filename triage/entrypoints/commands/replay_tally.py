"""What a replay came to, for whoever started it."""

import csv
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import click

from triage.domain.csv_rows import as_text
from triage.domain.imports import OUT_OF_SCOPE, PastCall
from triage.entrypoints.commands.private_files import private_text
from triage.services.replays import Outcome

SHOWN = 20
"""Refused rows that are told at once; all stand in the errors file."""


@dataclass
class Tally:
    """Counts of rows by what became of them, and of decisions by response and level."""

    errors: Path
    source: str
    rows: int = 0
    what: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    decided: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    """By response, rank and label of the level."""
    notes: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False
    _file: TextIO | None = None
    _began: float = field(default_factory=time.monotonic)

    def progress(self, size: int) -> AbstractContextManager[Any]:
        return click.progressbar(length=size, label=f"Replaying {self.source}")

    def note(self, past: PastCall) -> None:
        """Count what is odd about a row, though it is taken."""
        self.notes["without a number"] += past.number is None
        self.notes["reopened"] += past.reopened
        self.notes["arrival before the call, passed over"] += past.arrival_out_of_order

    def refuse(self, line: int, reason: str, detail: str) -> None:
        """Count a row that was refused and write it to the errors file."""
        self.what["refused"] += 1
        self.refused[reason] += 1
        if self._file is None:
            self._file = private_text(self.errors)
            csv.writer(self._file).writerow(("line", "reason", "detail"))
        csv.writer(self._file).writerow((line, reason, as_text(detail)))
        if self.what["refused"] <= SHOWN:
            click.echo(f"line {line}: {reason}{f': {detail}' if detail else ''}", err=True)

    def add(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.what == "refused":
                self.refuse(outcome.line, outcome.reason, outcome.detail)
                continue
            self.what[outcome.what] += 1
            if (decision := outcome.decision) is not None:
                response = decision.response
                if decision.outcome == "ask_more":
                    response = f"ask more, then {decision.result['ask']['then']}"
                elif decision.outcome == "not_scored":
                    response = "NOT SCORED"
                self.decided[response, decision.urgency.rank, decision.urgency.label] += 1
                unknown = decision.result.get("police_because_unknown", False)
                self.notes["police because of unknown answers"] += bool(unknown)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def summary(self) -> str:
        seconds = time.monotonic() - self._began
        lines = [f"\n{self.rows:,} rows of {self.source} in {seconds:.1f} s"]
        lines += [_count(self.what[what], what) for what in ("imported", "already there")]
        lines.append(_count(self.left_out[OUT_OF_SCOPE], OUT_OF_SCOPE))
        others = ((n, reason) for reason, n in sorted(self.left_out.items()))
        lines += [
            _count(n, f"left out: {reason}") for n, reason in others if reason != OUT_OF_SCOPE
        ]
        lines.append(_count(self.what["refused"], "refused"))
        lines += [f"            {n:,} {reason}" for reason, n in sorted(self.refused.items())]
        if self._file is not None:
            lines.append(f"          all of them in {self.errors}")
        lines += [_count(n, what) for what, n in self.notes.items() if n]
        if self.decided:
            lines += ["", *self._table()]
        if self.interrupted:
            lines += ["", "Interrupted. Run it again to go on: what is there is not taken twice."]
        return "\n".join(lines)

    def _table(self) -> list[str]:
        """Decisions: a row for each response, a column for each level, the most urgent first."""
        levels = sorted({(rank, label) for _, rank, label in self.decided})
        responses = Counter[str]()
        for (response, _, _), n in self.decided.items():
            responses[response] += n
        width = max(len("decided"), *map(len, responses))
        head = [f"{'decided':{width}}", *(f"{label:>12}" for _, label in levels), f"{'all':>8}"]
        lines = ["".join(head)]
        for response, total in responses.most_common():
            cells = (f"{self.decided[response, *level] or '':>12}" for level in levels)
            lines.append("".join([f"{response:{width}}", *cells, f"{total:>8}"]))
        return lines


def _count(number: int, what: str) -> str:
    return f"  {number:>8,} {what}"
