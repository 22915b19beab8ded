"""What a timeline says of alarms, check-ins and addresses read out by telephone."""

from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.alarms import COVERT, AlarmKind, says
from triage.domain.role_words import member_name
from triage.domain.state_words import through_name
from triage.domain.words import msgid
from triage.services.centre import Centre

Details = Mapping[str, Any]


def _who(details: Details) -> str:
    return member_name(details["team"], details["role"])


def _raised(_: Centre, details: Details) -> str:
    said = {"who": _who(details), "says": says(AlarmKind(details["kind"]))}
    if code := details.get("wrote"):
        return msgid("%(who)s %(says)s. The code in the text: %(code)s.", code=code, **said)
    return msgid("%(who)s %(says)s.", **said)


def _rang(_: Centre, details: Details) -> str:
    if not details["phones"]:
        return msgid(
            "The alarm rings nobody: no desk telephone is set and no supervisor is on duty."
        )
    return msgid(
        "The alarm rings %(telephones)s, time %(time)s.",
        telephones=_telephones(details["phones"]),
        time=details["time"],
    )


def _telephones(count: int) -> str:
    return msgid("one telephone") if count == 1 else msgid("%(count)s telephones", count=count)


def _taken(_: Centre, details: Details) -> str:
    named = {"team": details["team"], "seconds": details["waited_s"]}
    if before := details.get("from_whom"):
        return msgid(
            "The alarm of %(team)s is taken care of. %(name)s had it, and is gone.",
            team=details["team"],
            name=before,
        )
    if details["through"] == "voice":
        return msgid(
            "The alarm of %(team)s is taken care of after %(seconds)s s, by telephone.", **named
        )
    return msgid("The alarm of %(team)s is taken care of after %(seconds)s s.", **named)


def _left(_: Centre, details: Details) -> str:
    if name := details.get("from_whom"):
        return msgid(
            "%(name)s is not seen: nobody takes care of the alarm of %(team)s, it rings again.",
            name=name,
            team=details["team"],
        )
    return msgid(
        "Has signed out: nobody takes care of the alarm of %(team)s, it rings again.",
        team=details["team"],
    )


def _over(_: Centre, details: Details) -> str:
    if details["kind"] in COVERT:
        return msgid(
            "The silent alarm of %(team)s is over: they may be rung and texted again.",
            team=details["team"],
        )
    if details.get("themselves"):
        return msgid("%(who)s says: the alarm is over.", who=_who(details))
    return msgid("The alarm of %(team)s is over.", team=details["team"])


SENTENCES: dict[str, Callable[[Centre, Details], str]] = {
    "alarm.raised": _raised,
    "alarm.raised_again": lambda centre, d: msgid(
        "Once more: %(raised)s", raised=_raised(centre, d)
    ),
    "alarm.rang": _rang,
    "alarm.texted": lambda _, d: msgid(
        "No telephone rings: the alarm is texted to %(telephones)s.",
        telephones=_telephones(d["phones"]),
    ),
    "alarm.taken": _taken,
    "alarm.left": _left,
    "alarm.over": _over,
    "alarm.told_by_radio": lambda _, d: msgid(
        "%(who)s is told by radio of the silent alarm.", who=_who(d)
    ),
    "alarm.forced_to_agree": lambda _, d: msgid(
        "%(who)s agreed and may be forced: only their own team is not counted on any more, the call"
        " stays open and all others still come.",
        who=_who(d),
    ),
    "alarm.call_closed": lambda _, d: msgid(
        "The call is closed, and the silent alarm of %(who)s stands.", who=_who(d)
    ),
    "slot.told_of_danger": lambda _, d: msgid(
        "%(who)s is texted that something dangerous is known now.", who=_who(d)
    ),
    "slot.told_of_help": lambda _, d: msgid(
        "%(who)s is texted that a colleague needs help.", who=_who(d)
    ),
    "check_in.asked": lambda _, d: msgid("%(who)s is asked whether all is well.", who=_who(d)),
    "check_in.asked_again": lambda _, d: msgid("%(who)s is asked again: no answer.", who=_who(d)),
    "check_in.answered": lambda _, d: msgid(
        "%(who)s: all is well (%(through)s).", who=_who(d), through=through_name(d["through"])
    ),
    "check_in.missed": lambda _, d: msgid(
        "%(who)s has not answered twice: it is an alarm.", who=_who(d)
    ),
    "check_in.out_of_reach": lambda _, d: msgid(
        "%(who)s cannot be asked by text whether all is well: it is an alarm.", who=_who(d)
    ),
    "page.address_asked": lambda _, d: msgid(
        "%(team)s asks for the address by telephone.", team=d["team"]
    ),
    "page.address_read": lambda _, d: msgid(
        "The address was read to %(team)s by telephone.", team=d["team"]
    ),
    "page.address_refused": lambda _, d: msgid(
        "%(team)s: a wrong PIN, the address was not read by telephone.", team=d["team"]
    ),
    "slot.phone_lost": lambda _, d: msgid("%(who)s has lost the phone.", who=_who(d)),
    "check_in.over": lambda _, d: msgid(
        "%(who)s has left the call: the question is dropped.", who=_who(d)
    ),
}
