"""What `make faults` prints: exact bounds, and every story of a fault in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.ledger import bound
from tests.faults.named import NAMED

HERE = Path(__file__).parent
OF_THE_HARNESS = {
    *("test_points", "test_system_calls", "test_twilio_double", "test_table"),
    *("test_invariants", "test_judge"),
    *("test_schedules_on_sqlite", "test_schedules_on_postgresql", "test_pages_without_faults"),
}
"""Or of schedules and pages, which have their own lines in the table."""


@pytest.mark.parametrize(
    ("tried", "failed", "expected"),
    [  # Hanley and Lippman-Hand, JAMA 249 (1983): three in n; and tables of Clopper and Pearson
        (2000, 0, 1 - 0.05 ** (1 / 2000)),
        (20, 1, 0.2161),
        (10, 10, 1.0),
        (0, 0, 1.0),
    ],
)
def test_the_bound_is_exact_with_and_without_failures(
    tried: int, failed: int, expected: float
) -> None:
    assert bound(tried, failed) == pytest.approx(expected, abs=1e-4)


def test_every_story_of_a_fault_is_in_the_table() -> None:
    there = {f"faults/{file.stem}" for file in HERE.glob("test_*.py")}
    told = {story for story in NAMED if story.startswith("faults/")}

    assert told == there - {f"faults/{name}" for name in OF_THE_HARNESS}
    assert all((HERE.parent / f"{story}.py").exists() for story in NAMED)
