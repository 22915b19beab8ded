"""States and the moves between them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.domain.errors import Conflict
from triage.domain.lifecycle import (
    MESSAGE_MOVES,
    PAGE_MOVES,
    SLOT_MOVES,
    TAKEN,
    WANTED,
    DispatchState,
    MessageState,
    PageState,
    SlotState,
    check_move,
    dispatch_state_of,
)

S = SlotState


@pytest.mark.parametrize(
    ("slots", "state"),
    [
        ([S.PAGED], DispatchState.SEEKING),
        ([S.PAGED, S.ACCEPTED], DispatchState.HALF_FORMED),
        ([S.ACCEPTED, S.ACCEPTED], DispatchState.ACCEPTED),
        ([S.ACCEPTED, S.EN_ROUTE], DispatchState.EN_ROUTE),
        ([S.ON_SCENE, S.EN_ROUTE], DispatchState.ON_SCENE),
        ([S.CLEARED, S.ON_SCENE], DispatchState.ON_SCENE),
        ([S.CLEARED, S.CLEARED], DispatchState.CLEARED),
        ([S.CANCELLED, S.CANCELLED], DispatchState.CANCELLED),
        ([S.CANCELLED, S.PAGED], DispatchState.SEEKING),
        ([S.REPLACED, S.PAGED], DispatchState.SEEKING),
    ],
)
def test_a_dispatch_is_what_its_slots_amount_to(
    slots: list[SlotState], state: DispatchState
) -> None:
    assert dispatch_state_of(slots) is state


@given(st.lists(st.sampled_from(sorted(SlotState)), min_size=1))
def test_a_slot_that_nobody_can_fill_is_never_hidden(slots: list[SlotState]) -> None:
    slots = [*slots, S.UNFILLED]

    assert dispatch_state_of(slots) is DispatchState.UNFILLED


def test_every_state_has_its_moves() -> None:
    assert set(SLOT_MOVES) == set(SlotState)
    assert set(PAGE_MOVES) == set(PageState)
    assert set(MESSAGE_MOVES) == set(MessageState)
    assert not TAKEN & WANTED


def test_a_move_that_is_not_in_the_table_is_refused_in_words() -> None:
    with pytest.raises(Conflict, match='from "cleared" to "on scene"'):
        check_move(SLOT_MOVES, S.CLEARED, S.ON_SCENE)


def test_delivered_is_final() -> None:
    assert MESSAGE_MOVES[MessageState.DELIVERED] == frozenset()
