"""What states of calls, dispatches, slots, pages, texts and follow-ups are called, and roles."""

from triage.domain.words import msgid

_STATES = {
    "accepted": msgid("Accepted"),
    "asking": msgid("Asking"),
    "attempting": msgid("Being sent"),
    "cancelled": msgid("Cancelled"),
    "cleared": msgid("Cleared"),
    "closed": msgid("Closed"),
    "declined": msgid("Declined"),
    "delivered": msgid("Delivered"),
    "done": msgid("Done"),
    "en_route": msgid("On the way"),
    "expired": msgid("Expired"),
    "failed": msgid("Failed"),
    "half_formed": msgid("Half a team"),
    "hand_over": msgid("Hand over now"),
    "handed_over": msgid("Handed over"),
    "not_reached": msgid("Not reached"),
    "on_scene": msgid("On scene"),
    "open": msgid("Open"),
    "paged": msgid("Being asked"),
    "passed_over": msgid("Passed over"),
    "ready": msgid("Ready"),
    "refused": msgid("Refused"),
    "replaced": msgid("Replaced"),
    "replayed": msgid("Replayed"),
    "seeking": msgid("Looking for a team"),
    "sent": msgid("Sent"),
    "staged": msgid("Waiting near"),
    "transporting": msgid("Transporting"),
    "undeliverable": msgid("Undeliverable"),
    "undelivered": msgid("Undelivered"),
    "unfilled": msgid("Nobody coming"),
    "unknown": msgid("Unknown"),
    "withdrawn": msgid("Withdrawn"),
}
_IN_A_SENTENCE = {
    "accepted": msgid("accepted"),
    "cancelled": msgid("cancelled"),
    "cleared": msgid("cleared"),
    "en_route": msgid("on the way"),
    "on_scene": msgid("on scene"),
    "paged": msgid("paged"),
    "seeking": msgid("seeking"),
    "staged": msgid("waits near"),
    "transporting": msgid("transporting"),
    "unfilled": msgid("unfilled"),
}
_OF_A_PAGE = {
    "accepted": msgid("accepted"),
    "declined": msgid("declined"),
    "open": msgid("open"),
    "passed_over": msgid("passed over"),
    "undeliverable": msgid("undeliverable"),
    # Of a page nothing is unsafe: "withdrawn" is said only of somebody who had to leave.
    "withdrawn": msgid("not needed any more"),
}
_UNITS = {
    "answers": msgid("answers"),
    "hours": msgid("hours"),
    "contacts": msgid("contacts"),
    "minutes": msgid("minutes"),
}


def state_name(state: str) -> str:
    return _STATES.get(str(state)) or _plain(state).capitalize()


def small_state_name(state: str) -> str:
    return _IN_A_SENTENCE.get(str(state)) or _plain(state)


def page_state_name(state: str) -> str:
    return _OF_A_PAGE.get(str(state)) or _plain(state)


def unit_name(unit: str) -> str:
    """Of a number that somebody answers."""
    return _UNITS.get(unit, unit)


def _plain(code: str) -> str:
    return str(code).replace("_", " ")
