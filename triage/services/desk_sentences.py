"""What a timeline says of who at the desk has a call, or looks at a list."""

from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.words import msgid
from triage.services.centre import Centre


def _taken_over(_: Centre, details: Mapping[str, Any]) -> str:
    if "from_whom" not in details:  # written down before it was kept
        return msgid("Took the call over from a colleague at the desk.")
    if details.get("unheard_min") is None:
        return msgid("Took the call over from %(name)s.", name=details["from_whom"])
    return msgid(
        "Took the call over from %(name)s, not seen for %(minutes)s min.",
        name=details["from_whom"],
        minutes=details["unheard_min"],
    )


LISTS = {
    "board": msgid("Looked at the board."),
    "map": msgid("Looked at the map."),
    "begun": msgid("Was told of calls from the same number that colleagues take."),
    "hazards": msgid("Looked at the hazard notes."),
    "follow_ups": msgid("Looked at the follow-ups."),
    "alarms": msgid("Looked at the alarms."),
    "past_calls": msgid("Looked at past calls."),
}
"""By the code of the list."""

SENTENCES: dict[str, Callable[[Centre, Mapping[str, Any]], str]] = {
    "list.looked_at": lambda _, d: LISTS[d["view"]],
    "call.held": lambda _, d: msgid("Has the call at the desk now."),
    "call.taken_over": _taken_over,
    "call.offered": lambda _, d: msgid("Gives the call to a colleague, who has not accepted yet."),
    "call.offer_declined": lambda _, d: msgid("Did not accept the call."),
    "call.given_back": lambda _, d: (
        msgid(
            "Has signed out: nobody at the desk has the call until somebody takes it, or they sign"
            " in again."
        )
        if d.get("why") == "signed_out"
        else msgid("Gave the call back: nobody at the desk has it.")
    ),
}
