"""Waits, and for how long a provider is left alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.domain.timing import lasting, read_lasting, retry_after_s, retry_wait

NOW = datetime(2026, 10, 21, 7, 28, tzinfo=UTC)


def test_a_page_is_tried_again_fast_and_given_up_soon() -> None:
    waits = [retry_wait(n, page=True, give_up_after=5) for n in range(1, 6)]

    assert waits == [*(timedelta(seconds=s) for s in (1, 2, 4, 8)), None]


def test_any_other_text_is_tried_until_it_is_too_old() -> None:
    waits = [retry_wait(n, page=False, give_up_after=5) for n in (1, 2, 3, 4, 5, 99)]

    assert [wait and wait.total_seconds() for wait in waits] == [5, 10, 20, 40, 60, 60]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", 60),
        ("1", 1),
        ("7.5", 7.5),
        ("60", 60),
        ("3600", 60),
        ("0", 1),
        ("-5", 1),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30),
        ("Wed, 21 Oct 2026 07:28:30", 30),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
    ],
)
def test_a_provider_is_left_alone_for_a_second_to_a_minute(
    header: str | None, seconds: float | None
) -> None:
    assert retry_after_s(header, NOW) == seconds


DATES = st.builds(
    "Wed, {} Oct {} {}:28:00 {:+}".format,
    *(st.integers(0, most) for most in (99, 10**20, 10**20)),
    st.integers(-(10**12), 10**12),
)


@given(st.one_of(st.text(), st.floats().map(str), DATES))
def test_whatever_a_provider_says_it_is_a_second_to_a_minute_or_nothing(header: str) -> None:
    waits = retry_after_s(header, NOW)

    assert waits is None or 1 <= waits <= 60


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90", 90),
        ("90 s", 90),
        ("2 min", 120),
        ("2MIN", 120),
        ("1:30", 90),
        ("1:30 min", 90),
        ("1 min 30 s", 90),
        (" 1  min 30", 90),
        ("0", 0),
        ("240 min", 14_400),
        ("4 h", 14_400),
        ("2 hours", 7_200),
        ("1 h 30 min", 5_400),
        ("1h 5", 3_900),
        ("1:75", None),
        ("1:5", None),
        ("0.5 min", None),
        ("-1", None),
        ("soon", None),
        ("min", None),
        ("h", None),
        ("1 h 75", None),
        ("", None),
        ("\u0661", None),
    ],
)
def test_a_time_is_read_as_people_write_it(written: str, seconds: int | None) -> None:
    assert read_lasting(written) == seconds


@pytest.mark.parametrize("seconds", [0, 1, 45, 60, 75, 90, 120, 3_600, 5_400, 14_399, 14_400])
def test_a_time_that_is_shown_is_read_as_it_was_meant(seconds: int) -> None:
    assert read_lasting(lasting(seconds)) == seconds
