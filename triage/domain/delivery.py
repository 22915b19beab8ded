"""What a provider reports of a text, and what to make of it.

Twilio says that its codes may change and should not drive logic. So they are data here,
and a code that is not listed has a safe default.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, StrEnum

from triage.domain.lifecycle import MessageState
from triage.domain.words import msgid

OPTED_OUT = "21610"
"""The phone's owner texted STOP: the carrier delivers nothing to it."""
UNVERIFIED = "unverified"
"""Nobody has shown yet whose telephone it is."""
PHONE_LOST = "phone_lost"
"""It is reported lost: whoever has it reads no text of ours."""
OTHER_NUMBER = "other_number"
"""They have another telephone now."""
SILENT_ALARM = "silent_alarm"
"""Somebody may force them: whoever reads their telephone is to learn nothing."""
WORKER_LOST = "the worker was lost"
NO_CONNECTION = "no connection: "
"""How the reason begins when not a byte of the text was handed over."""
MOST_COPIES = 2
"""Of any text in all: the second is labelled, a third would only confuse."""


class Whose(Enum):
    """What a refusal is about."""

    NUMBER = "number"  # this phone gets no text: ask the next person at once
    PROVIDER = "provider"  # no phone gets one: nothing about this text or this person
    NOT_SAID = "not_said"  # try again a little, then ask the next


@dataclass(frozen=True)
class Failure:
    """words -- for the board; whose -- what it is about."""

    words: str
    whose: Whose


_N, _P = Whose.NUMBER, Whose.PROVIDER
_FAILURES = {
    "20003": Failure(msgid("the provider refuses our sign-in"), _P),
    "20404": Failure(msgid("the provider does not know our account"), _P),
    "20429": Failure(msgid("the provider asks us to slow down"), _P),
    "21211": Failure(msgid("not a telephone number"), _N),
    "21212": Failure(msgid("our own sender is not valid"), _P),
    "21408": Failure(msgid("texts to this country are switched off"), _N),
    "21603": Failure(msgid("our own sender is missing"), _P),
    "21606": Failure(msgid("our own sender cannot text"), _P),
    "21608": Failure(msgid("a trial account texts verified numbers only"), _N),
    OPTED_OUT: Failure(msgid("this phone has texted a stop word"), _N),
    "21611": Failure(msgid("the provider's queue is full"), _P),
    "21614": Failure(msgid("not a mobile phone"), _N),
    "30001": Failure(msgid("the provider's queue is full"), _P),
    "30002": Failure(msgid("the provider has shut our account"), _P),
    "30003": Failure(msgid("the phone cannot be reached"), _N),
    "30004": Failure(msgid("the phone's carrier blocks our texts"), _N),
    "30005": Failure(msgid("no such phone"), _N),
    "30006": Failure(msgid("a landline"), _N),
    "30007": Failure(msgid("the carrier took the text for spam"), _N),
    "30008": Failure(msgid("the carrier does not say why"), _N),
    "30034": Failure(msgid("our sender is not registered with the carriers"), _P),
    WORKER_LOST: Failure(msgid("the service was interrupted while it was sending"), Whose.NOT_SAID),
    UNVERIFIED: Failure(msgid("the number is not verified"), _N),
    PHONE_LOST: Failure(msgid("the phone is reported lost"), _N),
    OTHER_NUMBER: Failure(msgid("they have another number now"), _N),
    SILENT_ALARM: Failure(msgid("a silent alarm of theirs is not over"), _N),
    "off_duty": Failure(msgid("no longer on duty"), _N),
    "no_voice_sender": Failure(msgid("TWILIO_FROM names no number that can ring"), _N),
}
_BY_STATUS = {
    401: Failure(msgid("the provider refuses our sign-in"), _P),
    403: Failure(msgid("the provider refuses our sign-in"), _P),
    404: Failure(msgid("the provider does not know our account"), _P),
    429: Failure(msgid("the provider asks us to slow down"), _P),
}
_ASK_FOR_TIME = frozenset({"20429", "http 429"})
_NO_CONNECTION = Failure(msgid("no connection to the provider"), _P)
_UNLISTED = Failure(msgid("the provider refused it"), Whose.NOT_SAID)
"""Safe: trying again is bounded, and a refused text has not been sent."""


def failure_of(code: str | None, status: int | None = None) -> Failure:
    """What to make of an error code, or of the HTTP status where there is no code."""
    if code in _FAILURES:
        return _FAILURES[code]
    if code is not None and code.startswith(NO_CONNECTION):
        return _NO_CONNECTION
    return _BY_STATUS.get(status or 0, _UNLISTED)


def asks_for_time(reason: str | None) -> bool:
    """Does this refusal only ask to be left alone for a while?"""
    return reason in _ASK_FOR_TIME


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


# --- handing over -----------------------------------------------------------------------


class AttemptState(StrEnum):
    """One handing over of a text to a provider. It only ever goes down this list."""

    ATTEMPTING = "attempting"  # in somebody's hands
    UNKNOWN = "unknown"  # nobody knows whether the provider took it
    REFUSED = "refused"
    ACCEPTED = "accepted"  # the provider's own word, so it stands against all else


_ORDER = list(AttemptState)
PERHAPS_OUT = frozenset({AttemptState.ATTEMPTING, AttemptState.UNKNOWN, AttemptState.ACCEPTED})


def later_of(one: AttemptState, other: AttemptState) -> AttemptState:
    """What is known of an attempt never becomes less."""
    return max(one, other, key=_ORDER.index)


# --- what each kind of text is promised -------------------------------------------------

_PUBLIC = frozenset({"partner", "public", "caller", "unknown"})
_ONCE = frozenset({"notice", "reminder", "trial"})
_LOSS_IS_NOTICED = frozenset(
    {
        "page",
        "bundle",
        "ring",
        "charge",
        "reply",
        "verification",
        "shift",
        "test",
        "alarm",
        "check_in",
        "address",
        "trial",
        "desk_trial",
    }
)


def copies_allowed(kind: str, to_role: str) -> int:
    """How often this text may be handed over while an earlier copy may be out.

    Staff get a text at least once: a second copy harms nobody. Anybody else gets it at most
    once, and so does what is due again anyway: there a person clears up the doubt.
    """
    return 1 if to_role in _PUBLIC or kind in _ONCE else MOST_COPIES


def may_go_to_unverified(kind: str) -> bool:
    """What a number gets before it is verified: its code word, answers to its own texts, and what
    an operator tries."""
    return kind in {"verification", "reply", "trial"}


def asks_to_come(kind: str) -> bool:
    """Does this text ask about one call, or about several that were held back for it? It is tried
    again fast, and where it is lost every page that it stands for moves on at once."""
    return kind in {"page", "bundle"}


def a_person_must_tell(kind: str) -> bool:
    """Must somebody ring when this text is lost? A page's slot is filled by the next
    person, as for each page of a bundle, who gets no answer to a text sends another, charge of
    a call ends by itself, the red list shows who answers nothing,
    an alarm rings again, and who answers no check-in is one."""
    return kind not in _LOSS_IS_NOTICED


def state_of(attempts: Collection[AttemptState]) -> MessageState:
    """What the attempts at a text amount to, before any report of its delivery."""
    if AttemptState.ACCEPTED in attempts:
        return MessageState.SENT
    if AttemptState.ATTEMPTING in attempts:
        return MessageState.ATTEMPTING
    if AttemptState.UNKNOWN in attempts:
        return MessageState.UNKNOWN
    return MessageState.READY
