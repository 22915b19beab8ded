"""What a timeline says of escalations, diverts and call-backs."""

from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.reachability import LEFT_DUTY
from triage.domain.role_words import role_name
from triage.domain.words import Sentence, msgid
from triage.services import charges
from triage.services.centre import Centre

_WHO = {"supervisor": msgid("the supervisors"), "all_hands": msgid("all on shift")}
_ENDED = {
    **LEFT_DUTY,
    charges.GIVEN_BACK: msgid("has given charge back"),
    charges.TOO_LONG: msgid("has found nobody in time"),
    charges.UNREACHABLE: msgid("cannot be reached"),
}
_HOW = {"sms": msgid("by text"), "voice": msgid("by telephone")}


def _escalated(_: Centre, details: Mapping[str, Any]) -> str:
    who = _WHO.get(details["who"], details["who"])
    if details.get("in_cad") or details.get("to_line"):
        return _not_confirmed(details, who)
    if not details["reached"]:
        return msgid("Nobody is left to ask: %(who)s cannot be reached, or have said no.", who=who)
    how = _HOW.get(details["channel"], details["channel"])
    return msgid(
        "Nobody is left to ask: %(who)s alarmed %(how)s (%(reached)s).",
        who=who,
        how=how,
        reached=details["reached"],
    )


_NOT_CONFIRMED = (
    msgid("Not confirmed in CAD: %(who)s alarmed %(how)s (%(reached)s)."),
    msgid("Not confirmed in CAD: no supervisor can be reached, or all have said no."),
)
_NOT_HANDED_OVER = (
    msgid("Caller not handed over: %(who)s alarmed %(how)s (%(reached)s)."),
    msgid("Caller not handed over: no supervisor can be reached, or all have said no."),
)


def _not_confirmed(details: Mapping[str, Any], who: str) -> str:
    alarmed, nobody = _NOT_CONFIRMED if details.get("in_cad") else _NOT_HANDED_OVER
    if not details["reached"]:
        return nobody
    how = _HOW.get(details["channel"], details["channel"])
    return Sentence(alarmed, {"who": who, "how": how, "reached": details["reached"]})


def _told_with_others(_: Centre, details: Mapping[str, Any]) -> str:
    if details["calls"] == 1:
        return msgid(
            "%(team)s was told in one text that nobody is left to ask for 1 call.",
            team=details["team"],
        )
    return msgid(
        "%(team)s was told in one text that nobody is left to ask for %(calls)s calls, this one"
        " among them.",
        team=details["team"],
        calls=details["calls"],
    )


SENTENCES: dict[str, Callable[[Centre, Mapping[str, Any]], str]] = {
    "dispatch.escalated": _escalated,
    "dispatch.told_with_others": _told_with_others,
    "dispatch.call_back_due": lambda _, d: (
        msgid("The caller still waits, and no number is known on which to call them back.")
        if d.get("no_number")
        else msgid("The caller still waits: call back.")
    ),
    "dispatch.called_back": lambda _, d: (
        msgid("The caller was told how it stands, without a number to call them back.")
        if d.get("no_number")
        else msgid("The caller was called back.")
    ),
    "dispatch.divert_asked": lambda _, d: msgid(
        "%(team)s is asked to come here instead.", team=d["team"]
    ),
    "slot.diverted": lambda _, d: msgid(
        "DIVERTED: %(team)s (%(role)s) goes to %(to)s instead; somebody else is asked.",
        team=d["team"],
        role=role_name(d["role"]),
        to=d["to"],
    ),
    "page.opened_all_hands": lambda _, d: msgid(
        "%(team)s is asked with all hands.", team=d["team"]
    ),
    "page.opened_divert": lambda _, d: msgid("%(team)s is asked to turn round.", team=d["team"]),
    "page.opened_supervisor": lambda _, d: msgid(
        "%(team)s is asked to take charge.", team=d["team"]
    ),
    "page.divert_agreed": lambda _, d: msgid(
        "One of the team would turn; the other has not answered."
    ),
    "page.key_pressed": lambda _, d: msgid(
        "Key %(key)s was pressed on the telephone.", key=d["key"]
    ),
    "page.charge_taken": lambda _, d: msgid("%(team)s has taken charge.", team=d["team"]),
    "page.charge_kept": lambda _, d: msgid("%(team)s keeps charge.", team=d["team"]),
    "page.charge_ended": lambda _, d: msgid(
        "%(team)s %(because)s: nobody has charge any more.",
        team=d["team"],
        because=_ENDED.get(d["because"], d["because"]),
    ),
    "page.tried_again": lambda _, d: msgid(
        "No answer yet: tried again %(channel)s.", channel=_HOW.get(d["channel"], d["channel"])
    ),
}
