"""What was done about a call beside sending somebody, as sentences of its timeline."""

from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.codes import PARTNERS
from triage.domain.errands import (
    AFTER_LAST_TRY,
    CANCEL_ENDS,
    NEIGHBOUR_ENDS,
    REFERRAL_STATES,
    REST_SAID,
    RING_OUTCOMES,
    WHO_CANCELS,
    YES_NO,
)
from triage.domain.role_words import member_name, roles_named
from triage.domain.who_comes import NOT_TOLD
from triage.domain.words import inside, listed, msgid
from triage.services.centre import Centre

_CLOSED = {"closed": msgid("over, the call was closed")}
_RADIO_ENDS = {
    "told": msgid("done"),
    "left": msgid("over, they left the call"),
    "comes": msgid("over, they are sent after all"),
    "again": msgid("over, it stands again"),
}
_LATE_ENDS = {
    "asked": msgid("all were asked"),
    "over": msgid("over, they are there, said another time or come no more"),
} | _CLOSED
_PIN_ENDS = {
    "read": msgid("read by telephone"),
    "told": msgid("read by the desk"),
    "over": msgid("over, they are there or come no more"),
} | _CLOSED
_PROMISE_ENDS = {
    "rung": msgid("the caller was called back"),
    "told": msgid("over, the caller was told anew"),
    "came": msgid("over, somebody is there"),
    "unsafe": msgid("not made, ringing may not be safe"),
} | _CLOSED
_SETTLED = {"settled": msgid("all settled")} | _CLOSED
_LINE_ENDS = {"reached": msgid("the caller is on the line again")} | AFTER_LAST_TRY | _CLOSED
_CANCEL_ENDS = (
    CANCEL_ENDS
    | {
        "routine": msgid("canceled: the call is routine"),
        "taken_back": msgid("taken back: the call goes on"),
    }
    | _CLOSED
)


def _cancel_asked(_: Centre, details: Mapping[str, Any]) -> str:
    return msgid(
        "Never mind, cancel: %(who)s says so. Asked safely and alone: %(alone)s. Person in crisis"
        " spoken to: %(spoken)s.",
        who=inside(WHO_CANCELS[details["who"]]),
        alone=inside(YES_NO[details["alone"]]),
        spoken=inside(YES_NO[details["spoken"]]),
    )


def _to_stand_down(_: Centre, details: Mapping[str, Any]) -> str:
    units = listed(", ", details["units"])
    return msgid("TELL BY RADIO: %(units)s need not come any more.", units=units)


def _referred(_: Centre, details: Mapping[str, Any]) -> str:
    (one,) = details["referrals"]
    if name := one.get("name"):
        return msgid("A referral waits for %(name)s to take it.", name=name)
    return msgid(
        "No partner is there (%(kind)s): the desk finds somebody.",
        kind=partner_name(one["partner"]),
    )


def _said_of_a_referral(_: Centre, details: Mapping[str, Any]) -> str:
    return msgid(
        "Referral, %(who)s: %(said)s.",
        who=details["name"] or partner_name(details["partner"]),
        said=inside(REFERRAL_STATES[details["said"]]),
    )


def _rest_asked(_: Centre, details: Mapping[str, Any]) -> str:
    (one,) = details["rests"]
    return msgid(
        "%(who)s has cleared. The desk is asked whether the rest is still needed: %(roles)s.",
        who=member_name(one["who"], one["role"]),
        roles=roles_named(one["roles"]),
    )


def _late(_: Centre, details: Mapping[str, Any]) -> str:
    return msgid(
        "%(who)s should be there by now: the desk asks what keeps them.", who=_who(details)
    )


def _wrong_pins(_: Centre, details: Mapping[str, Any]) -> str:
    return msgid(
        "%(who)s typed too many wrong PINs: the desk reads them the address.", who=_who(details)
    )


def _who(details: Mapping[str, Any]) -> str:
    return listed(", ", [member_name(one["who"], one["role"]) for one in details["teams"]])


def partner_name(kind: str) -> str:
    """What rules call a partner, in words."""
    return PARTNERS.get(kind) or kind.replace("_", " ")


SENTENCES: dict[str, Callable[[Centre, Mapping[str, Any]], str]] = {
    "call.handover_text": lambda _, d: msgid("Text for a handover given: %(to)s.", to=d["to"]),
    "caller.told": lambda _, d: msgid("The caller was told who comes."),
    "caller.not_told": lambda _, d: msgid(
        "The caller was NOT told: %(reason)s.", reason=NOT_TOLD[d["reason"]]
    ),
    "line_lost.begun": lambda _, d: msgid("THE LINE WAS LOST. Call-backs are due."),
    "line_lost.due": lambda _, d: msgid("A call-back is due."),
    "line_lost.rung": lambda _, d: msgid(
        "Call-back %(number)s: %(outcome)s.",
        number=d["number"],
        outcome=RING_OUTCOMES[d["outcome"]],
    ),
    "line_lost.another_round": lambda _, d: msgid("Another round of call-backs."),
    "line_lost.ended": lambda _, d: msgid(
        "Lost line: %(outcome)s.", outcome=_LINE_ENDS[d["outcome"]]
    ),
    "cancel.begun": _cancel_asked,
    "cancel.due": lambda _, d: msgid("Nobody has agreed to the canceling yet: the call stands."),
    "cancel.ended": lambda _, d: msgid(
        "Canceling: %(outcome)s.", outcome=_CANCEL_ENDS[d["outcome"]]
    ),
    "neighbour.begun": lambda _, d: msgid(
        "Offered to %(neighbour)s: ours until they take it.", neighbour=d["neighbour"]
    ),
    "neighbour.due": lambda _, d: msgid("The neighboring center has not taken it yet: late."),
    "neighbour.ended": lambda _, d: msgid(
        "The neighboring center: %(outcome)s.", outcome=(NEIGHBOUR_ENDS | _CLOSED)[d["outcome"]]
    ),
    "radio.due": lambda _, d: msgid("Nobody has told them by radio yet."),
    "referral.begun": _referred,
    "referral.more": _referred,
    "referral.due": lambda _, d: msgid("Nobody has taken a referral: the desk finds somebody."),
    "referral.reminded": lambda _, d: msgid(
        "%(name)s is reminded of the referral.", name=d["name"]
    ),
    "referral.said": _said_of_a_referral,
    "referral.ended": lambda _, d: msgid(
        "Referrals: %(outcome)s.",
        outcome=_SETTLED[d["outcome"]],
    ),
    "stand_down.begun": _to_stand_down,
    "stand_down.more": _to_stand_down,
    "stand_down.due": lambda _, d: msgid("Nobody has told them by radio yet."),
    "stand_down.ended": lambda _, d: msgid(
        "Told by radio that they need not come: %(outcome)s.", outcome=_RADIO_ENDS[d["outcome"]]
    ),
    "corrected.due": lambda _, d: msgid("Nobody has told them yet that it has changed."),
    "corrected.texted": lambda _, d: msgid(
        "%(who)s is texted that what was told of a danger has changed.",
        who=listed(", ", d["texts"]),
    ),
    "corrected.ended": lambda _, d: msgid(
        "Told that a danger has changed: %(outcome)s.",
        outcome=(_RADIO_ENDS | _CLOSED)[d["outcome"]],
    ),
    "rest.begun": _rest_asked,
    "rest.more": _rest_asked,
    "rest.due": lambda _, d: msgid(
        "Nobody has said yet whether the rest of the team is still needed."
    ),
    "rest.said": lambda _, d: msgid(
        "Rest of the team (%(roles)s): %(said)s.",
        roles=roles_named(d["roles"]),
        said=REST_SAID[d["said"]],
    ),
    "rest.ended": lambda _, d: msgid(
        "Whether the rest of a team is needed: %(outcome)s.", outcome=_SETTLED[d["outcome"]]
    ),
    "late.begun": _late,
    "late.more": _late,
    "late.due": lambda _, d: msgid("Nobody has asked yet what keeps them."),
    "late.asked": lambda _, d: msgid("%(who)s was asked what keeps them.", who=_who(d)),
    "late.ended": lambda _, d: msgid(
        "What keeps them: %(outcome)s.", outcome=_LATE_ENDS[d["outcome"]]
    ),
    "pin.begun": _wrong_pins,
    "pin.more": _wrong_pins,
    "pin.due": lambda _, d: msgid("Nobody has read them the address yet."),
    "pin.read": lambda _, d: msgid("%(who)s heard the address by telephone.", who=_who(d)),
    "pin.told": lambda _, d: msgid("The desk read the address to %(who)s.", who=_who(d)),
    "pin.ended": lambda _, d: msgid(
        "Address after wrong PINs: %(outcome)s.", outcome=_PIN_ENDS[d["outcome"]]
    ),
    "promise.begun": lambda _, d: msgid("The caller was promised a call-back."),
    "promise.due": lambda _, d: msgid("The call-back that was promised is due."),
    "promise.not_reached": lambda _, d: msgid("The promised call-back reached nobody."),
    "promise.ended": lambda _, d: msgid(
        "Promised call-back: %(outcome)s.", outcome=_PROMISE_ENDS[d["outcome"]]
    ),
    "radio.ended": lambda _, d: msgid(
        "Danger told by radio: %(outcome)s.", outcome=(_RADIO_ENDS | _CLOSED)[d["outcome"]]
    ),
}
