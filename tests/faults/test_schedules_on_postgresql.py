"""A hundred seeded crash schedules on PostgreSQL; `make faults` runs as many as one likes."""

from pathlib import Path

import pytest

from tests.faults.in_a_process import CHUNKS, run_schedules


@pytest.mark.slow
@pytest.mark.parametrize(("first", "last"), CHUNKS)
def test_nothing_is_lost_and_nothing_is_said_twice_unlabelled(
    tmp_path: Path, first: int, last: int
) -> None:
    run_schedules("postgresql", first, last, tmp_path / "ledger.sqlite")
