"""What was done about a call beside sending somebody, as sentences of its timeline."""

from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.errands import (
    AFTER_LAST_TRY,
    CANCEL_ENDS,
    NEIGHBOUR_ENDS,
    RING_OUTCOMES,
    WHO_CANCELS,
    YES_NO,
)
from triage.domain.who_comes import NOT_TOLD
from triage.services.centre import Centre

_CLOSED = {"closed": "over, the call was closed"}
_LINE_ENDS = {"reached": "the caller is on the line again"} | AFTER_LAST_TRY | _CLOSED
_CANCEL_ENDS = (
    CANCEL_ENDS
    | {"routine": "cancelled: the call is routine", "taken_back": "taken back: the call goes on"}
    | _CLOSED
)


def _cancel_asked(_: Centre, details: Mapping[str, Any]) -> str:
    return (
        f"Never mind, cancel: {WHO_CANCELS[details['who']].lower()} says so."
        f" Asked safely and alone: {YES_NO[details['alone']].lower()}."
        f" Person in crisis spoken to: {YES_NO[details['spoken']].lower()}."
    )


SENTENCES: dict[str, Callable[[Centre, Mapping[str, Any]], str]] = {
    "caller.told": lambda _, d: "The caller was told who comes.",
    "caller.not_told": lambda _, d: f"The caller was NOT told: {NOT_TOLD[d['reason']]}.",
    "line_lost.begun": lambda _, d: "THE LINE WAS LOST. Call-backs are due.",
    "line_lost.due": lambda _, d: "A call-back is due.",
    "line_lost.rung": lambda _, d: f"Call-back {d['number']}: {RING_OUTCOMES[d['outcome']]}.",
    "line_lost.another_round": lambda _, d: "Another round of call-backs.",
    "line_lost.ended": lambda _, d: f"Lost line: {_LINE_ENDS[d['outcome']]}.",
    "cancel.begun": _cancel_asked,
    "cancel.due": lambda _, d: "Nobody has agreed to the cancelling yet: the call stands.",
    "cancel.ended": lambda _, d: f"Cancelling: {_CANCEL_ENDS[d['outcome']]}.",
    "neighbour.begun": lambda _, d: f"Offered to {d['neighbour']}: ours until they take it.",
    "neighbour.due": lambda _, d: "The neighbouring centre has not taken it yet: late.",
    "neighbour.ended": lambda _, d: (
        f"The neighbouring centre: {(NEIGHBOUR_ENDS | _CLOSED)[d['outcome']]}."
    ),
}
