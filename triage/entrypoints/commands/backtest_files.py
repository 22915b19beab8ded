"""What a back-test found, for programs: a line for each moved call, and all counts.

Both files are for their owner alone. The lines hold references of calls and the ids of the rules
that decided, and a rule that fired says something about its call.
"""

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from triage.domain.backtest import Backtest, Part
from triage.domain.bitmaps import Numbers, holds_at, rows_in, size
from triage.domain.csv_rows import as_text
from triage.domain.deciding_rules import also_at, chunks, deciding_rules, names_at
from triage.entrypoints.commands.private_files import private_text
from triage.services.backtests import LABELS

COLUMNS = (
    "call",
    "falls",
    "old_response",
    "new_response",
    "old_level",
    "new_level",
    "old_also",
    "new_also",
    "old_rules",
    "new_rules",
)

_OF_A_PART = (*(one.name for one in fields(Part)), "moved_between")


def write_csv(compared: Backtest, file: Path) -> None:
    """A line for each call that moves, those that get less first.

    No narrative and no answers, but references and rules: whoever may not know the calls may not
    have the file.
    """
    moved, fallen = compared.moved, compared.fallen
    rows = compared.calls
    with private_text(file) as text:
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for some in (moved & fallen, moved & ~fallen):
            for calls in chunks(rows_in(some, rows)):
                writer.writerows(_moved(compared, calls))


def _moved(compared: Backtest, calls: Numbers) -> Iterator[tuple[str, ...]]:
    references = compared.history.references
    falls: list[list[str]] = [[] for _ in range(len(calls))]
    for kind, bits in compared.falls.items():
        for place in np.flatnonzero(holds_at(bits, calls)).tolist():
            falls[place].append(kind)
    kinds = [names_at(one.response, calls) for one in (compared.old, compared.new)]
    kinds += [names_at(one.level, calls) for one in (compared.old, compared.new)]
    lists = [also_at(one, calls) for one in (compared.old, compared.new)]
    lists += [deciding_rules(one, calls) for one in (compared.old, compared.new)]
    for place, call in enumerate(calls.tolist()):
        reference = references.get(call, str(call + 1))
        several = (" ".join(one[place]) for one in lists)
        cells = (reference, " ".join(falls[place]), *(one[place] for one in kinds), *several)
        yield tuple(map(as_text, cells))


def write_json(compared: Backtest, groups: Sequence[str], file: Path) -> None:
    """Everything that is counted, but nothing of groups that are about persons: see `_part`."""
    text = json.dumps(as_dict(compared, groups), indent=2, ensure_ascii=False)
    with private_text(file) as opened:
        opened.write(text + "\n")


def as_dict(compared: Backtest, groups: Sequence[str]) -> dict[str, Any]:
    labels = (name for name in LABELS if name in compared.history.labels)
    return {
        "calls": compared.calls,
        "old": _rules(compared.old.rule_set),
        "new": _rules(compared.new.rule_set),
        "moved": {
            "calls": size(compared.moved),
            "response": size(compared.other_response),
            "level": size(compared.other_level),
            "time": size(compared.other_time),
            "also": size(compared.other_companions),
        },
        "falls": {
            "calls": size(compared.fallen),
            **{kind: size(bits) for kind, bits in compared.falls.items()},
            "moves": [
                {
                    "old": response.old,
                    "new": response.new,
                    "old_level": level.old,
                    "new_level": level.new,
                    "calls": calls,
                }
                for response, level, calls in compared.moves_among(compared.fallen)
            ],
        },
        "responses": [asdict(one) for one in compared.responses()],
        "levels": [asdict(one) for one in compared.levels()],
        "ask_more": _old_new(compared.asked_first()),
        "police_because_unknown": _old_new(compared.police_because_unknown()),
        "weeks": compared.weeks(),
        "demand": [asdict(one) for one in compared.demand()],
        "hours": [_part(one) for one in compared.by_hour()],
        "groups": {
            name: [_part(one) for one in compared.by_group(name)] for name in (*labels, *groups)
        },
    }


def _rules(rule_set: Any) -> dict[str, str]:
    return {"rule_set": rule_set.name, "version": rule_set.version, "sha256": rule_set.sha256}


def _old_new(counts: tuple[int, int]) -> dict[str, int]:
    return dict(zip(("old", "new"), counts, strict=True))


def _part(part: Part) -> dict[str, Any]:
    """With the interval of the share that moves. Of few calls no more is told than how many."""
    if part.is_few:
        return {**dict.fromkeys(_OF_A_PART), "name": part.name, "calls": part.calls}
    return {**asdict(part), "moved_between": list(part.moved_between)}
