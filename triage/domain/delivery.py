"""What a provider reports of a text, and what to make of it.

Twilio says that its codes may change and should not drive logic. So they are data here,
and a code that is not listed has a safe default.
"""

from dataclasses import dataclass

from triage.domain.lifecycle import MessageState

IN_DOUBT = "in doubt: "
"""How the reason begins when nobody knows whether the provider took the text."""
OPTED_OUT = "21610"
"""The phone's owner texted STOP: the carrier delivers nothing to it."""


@dataclass(frozen=True)
class Failure:
    """words -- for the board; worth_retrying -- may the same text arrive a little later?"""

    words: str
    worth_retrying: bool


_FAILURES = {
    "20003": Failure("the provider refuses our sign-in", True),
    "20404": Failure("the provider does not know our account", True),
    "20429": Failure("the provider asks us to slow down", True),
    "21211": Failure("not a telephone number", False),
    "21212": Failure("our own sender is not valid", False),
    "21408": Failure("texts to this country are switched off", False),
    "21606": Failure("our own sender cannot text", False),
    "21608": Failure("a trial account texts verified numbers only", False),
    OPTED_OUT: Failure("this phone has texted STOP", False),
    "21611": Failure("the provider's queue is full", True),
    "21614": Failure("not a mobile phone", False),
    "30001": Failure("the provider's queue is full", True),
    "30003": Failure("the phone cannot be reached", False),
    "30004": Failure("the phone's carrier blocks our texts", False),
    "30005": Failure("no such phone", False),
    "30006": Failure("a landline", False),
    "30007": Failure("the carrier took the text for spam", False),
    "30008": Failure("the carrier does not say why", False),
    "30034": Failure("our sender is not registered with the carriers", False),
}
_BY_STATUS = {429: Failure("the provider asks us to slow down", True)}
_UNLISTED = Failure("the provider refused it", True)
"""Safe: trying again is bounded, and a refused text has not been sent."""


def failure_of(code: str | None, status: int | None = None) -> Failure:
    """What to make of an error code, or of the HTTP status where there is no code."""
    if code in _FAILURES:
        return _FAILURES[code]
    return _BY_STATUS.get(status or 0, _UNLISTED)


_REPORTS = {
    "accepted": MessageState.SENT,
    "scheduled": MessageState.SENT,
    "queued": MessageState.SENT,
    "sending": MessageState.SENT,
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "partially_delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.UNDELIVERED,
    "canceled": MessageState.UNDELIVERED,
}


def state_reported(status: str) -> MessageState | None:
    """The state that a provider's status amounts to; None for one we do not know."""
    return _REPORTS.get(status.strip().lower())
