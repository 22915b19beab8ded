"""What the judge of a schedule makes of several texts of one page."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.faults.databases import key
from tests.faults.invariants import _copies

PAGE = UUID(int=9)
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def wrong(*texts: tuple[int, int | None], doubted: bool = True) -> list[str]:
    """What is wrong with these texts of one page, a minute apart: how many copies of each the
    provider took, and after how many minutes we knew that it had."""
    rows, taken = [], Counter[str]()
    for number, (copies, known) in enumerate(texts):
        sent_at = None if known is None else NOON + timedelta(minutes=known)
        made = NOON + timedelta(minutes=number)
        rows.append((UUID(int=number), "page", "", made, "open", None, None, PAGE, sent_at))
        taken[key(UUID(int=number))] = copies
    known_of = {key(UUID(int=0))} if doubted else set()
    return list(_copies(rows, taken, known_of, known_of, faultless=False))


@pytest.mark.parametrize("texts", [[(2, None)], [(0, None), (1, 1)], [(2, 0), (1, 1), (1, 2)]])
def test_two_copies_and_reminders_are_right(texts: list[tuple[int, int | None]]) -> None:
    assert wrong(*texts) == []


@pytest.mark.parametrize(
    "texts", [[(3, 0)], [(2, None), (1, 1)], [(1, None)] * 3, [(2, 5), (1, 6)]]
)
def test_a_third_on_the_phone_is_found_whatever_message_it_is_of(
    texts: list[tuple[int, int | None]],
) -> None:
    assert [what[:8] for what in wrong(*texts)] == ["3 copies"]


def test_a_second_without_a_doubt_is_found() -> None:
    unlabelled, undoubted = wrong((1, None), (1, 1), doubted=False)

    assert "unlabelled" in unlabelled
    assert "without a doubt" in undoubted
