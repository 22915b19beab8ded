"""The states of a warm transfer and the moves between them."""

from hypothesis import given
from hypothesis import strategies as st

from triage.domain.codes import CAUSES
from triage.domain.transfers import (
    REFUSALS,
    RETURNED,
    RUNNING,
    TRANSFER_MOVES,
    TransferState,
    cause_of,
)

T = TransferState


def test_every_state_has_its_moves_and_is_running_returned_or_over() -> None:
    assert set(TRANSFER_MOVES) == set(T)
    assert set(T) - RUNNING - RETURNED == {T.RELEASED, T.CANCELLED}
    assert not RUNNING & RETURNED


def test_the_caller_is_released_only_to_somebody_who_is_there() -> None:
    assert {state for state in T if T.RELEASED in TRANSFER_MOVES[state]} == {T.COUNSELOR}


def test_whatever_runs_can_be_ended_by_whatever_happens_on_a_telephone() -> None:
    for state in RUNNING:
        assert {T.REFUSED, T.DROPPED, T.CANCELLED} <= TRANSFER_MOVES[state]


@given(st.sampled_from(sorted(RETURNED)), st.none() | st.sampled_from(sorted(REFUSALS)))
def test_a_line_that_failed_has_a_cause_that_the_rules_know(
    state: TransferState, refusal: str | None
) -> None:
    assert cause_of(state, refusal) in set(CAUSES) - {"overridden"}
