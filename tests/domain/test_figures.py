"""Times that were counted in steps are read between two bounds, and never wrongly."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from math import ceil

from hypothesis import given
from hypothesis import strategies as some

from triage.domain.figures import BOUNDS_S, LONGER, Between, Level, percentile, step

TOOK_S = some.lists(some.integers(0, 40_000), min_size=1, max_size=60)


@given(TOOK_S, some.lists(some.integers(0, 40_000), max_size=20), some.sampled_from([0.5, 0.9, 1]))
def test_the_true_percentile_lies_between_the_bounds_of_days_that_were_added_up(
    one_day: list[int], another: list[int], share: float
) -> None:
    days = (Counter(step(timedelta(seconds=s)) for s in day) for day in (one_day, another))
    read = percentile(sum(days, Counter()), share)
    together = sorted([*one_day, *another])
    true_s = together[ceil(share * len(together)) - 1]

    assert read is not None
    assert read.least_s <= true_s
    assert true_s <= (read.most_s or 40_000)


def test_no_step_but_the_first_two_ends_at_more_than_half_as_much_again() -> None:
    assert all(end <= 1.5 * begin for begin, end in pairwise(BOUNDS_S[1:]))
    assert percentile({}, 0.5) is None
    assert percentile({LONGER: 1}, 0.5) == Between(BOUNDS_S[-1], None)


def test_a_level_is_read_as_it_was_written() -> None:
    for level in (Level(1, "IMMEDIATE"), Level(4, "within a day or two")):
        assert Level.of(str(level)) == level
