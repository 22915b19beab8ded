"""A warm transfer: the dispatcher rings a telephone line, stays until a counselor is there, and
only then leaves the caller with them. The telephone does it; here are its states and times."""

from dataclasses import dataclass
from enum import StrEnum

from triage.domain.lifecycle import Moves
from triage.domain.words import msgid


class TransferState(StrEnum):
    OFFERED = "offered"  # owed: nobody has rung the line yet
    RINGING = "ringing"
    COUNSELOR = "counselor"  # on the line; the caller is not released yet
    RELEASED = "released"  # the caller is with the counselor, the dispatcher has left
    REFUSED = "refused"  # by the line or by the caller
    NOT_ANSWERED = "not_answered"
    DROPPED = "dropped"  # the line broke, before or after the release
    CANCELLED = "cancelled"


_T = TransferState
TRANSFER_MOVES: Moves[TransferState] = {
    # Somebody may answer before anybody has written down that it rings.
    _T.OFFERED: frozenset({_T.RINGING, _T.COUNSELOR, _T.REFUSED, _T.DROPPED, _T.CANCELLED}),
    _T.RINGING: frozenset({_T.COUNSELOR, _T.REFUSED, _T.NOT_ANSWERED, _T.DROPPED, _T.CANCELLED}),
    _T.COUNSELOR: frozenset({_T.RELEASED, _T.REFUSED, _T.DROPPED, _T.CANCELLED}),
    _T.RELEASED: frozenset({_T.DROPPED}),
    # They answer after all: what happened on the telephone is what counts.
    _T.NOT_ANSWERED: frozenset({_T.COUNSELOR}),
    _T.REFUSED: frozenset(),
    _T.DROPPED: frozenset(),
    _T.CANCELLED: frozenset(),
}
RUNNING = frozenset({_T.OFFERED, _T.RINGING, _T.COUNSELOR})
"""Somebody must do something next, and by when is known."""
RETURNED = frozenset({_T.REFUSED, _T.NOT_ANSWERED, _T.DROPPED})
"""The call is the dispatcher's again."""


@dataclass(frozen=True)
class Refusal:
    """Why a line did not take a call. cause -- for the assessment, a code of CAUSES."""

    words: str
    cause: str


REFUSALS = {
    "all_busy": Refusal(msgid("Nobody is free there"), "all_committed"),
    "closed": Refusal(msgid("The line is closed now"), "out_of_hours"),
    "out_of_area": Refusal(msgid("Not for callers of this area"), "out_of_area"),
    "not_for_them": Refusal(msgid("Not a call for this line"), "declined_by_all"),
    "caller_refuses": Refusal(msgid("The caller does not want it"), "declined_by_all"),
}


def cause_of(state: TransferState, refusal: str | None) -> str:
    """Why the line does not take the call: a code that the rules know."""
    known = REFUSALS.get(refusal or "")
    return known.cause if state is _T.REFUSED and known else "no_answer"
