"""The steps of a warm transfer that a dispatcher can say, in the words of their buttons."""

from collections.abc import Sequence

from triage.domain.lifecycle import DispatchState
from triage.domain.transfers import RETURNED, TRANSFER_MOVES, TransferState
from triage.domain.words import msgid
from triage.services.transfers import caller_is_lost
from triage.storage.dispatches import Dispatch

AGAIN = "again"
_AFTER_ALL = msgid("They answer after all")
WORDS = {
    TransferState.RINGING.value: msgid("The line rings"),
    TransferState.COUNSELOR.value: msgid("Counselor on the line"),
    TransferState.RELEASED.value: msgid("Caller released"),
    AGAIN: msgid("Ring the line again"),
    TransferState.NOT_ANSWERED.value: msgid("Nobody answers"),
    TransferState.DROPPED.value: msgid("Line lost"),
    TransferState.REFUSED.value: msgid("Refused"),
}
"""In the order in which they are offered."""


def steps(dispatch: Dispatch) -> Sequence[str]:
    """What can be said of the newest transfer now."""
    transfer = dispatch.transfer
    if transfer is None or dispatch.state in {DispatchState.CANCELLED, DispatchState.CLEARED}:
        return []
    said = {state.value for state in TRANSFER_MOVES[transfer.state]}
    if transfer.state in RETURNED and not caller_is_lost(dispatch):
        said.add(AGAIN)
    return [step for step in WORDS if step in said]


def words(step: str, dispatch: Dispatch) -> str:
    late = dispatch.transfer is not None and dispatch.transfer.state is TransferState.NOT_ANSWERED
    return _AFTER_ALL if late and step == TransferState.COUNSELOR else WORDS[step]
