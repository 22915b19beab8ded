"""What a timeline says of alarms, check-ins and addresses read out by telephone."""

from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.alarms import AlarmKind, says
from triage.services.centre import Centre

Details = Mapping[str, Any]


def _who(details: Details) -> str:
    return f"{details['team']} ({details['role'].replace('_', ' ')})"


def _raised(_: Centre, details: Details) -> str:
    return f"{_who(details)} {says(AlarmKind(details['kind']))}."


def _rang(_: Centre, details: Details) -> str:
    if not details["phones"]:
        return "The alarm rings nobody: no desk telephone is set and no supervisor is on duty."
    return f"The alarm rings {_telephones(details['phones'])}, time {details['time']}."


def _telephones(count: int) -> str:
    return "one telephone" if count == 1 else f"{count} telephones"


SENTENCES: dict[str, Callable[[Centre, Details], str]] = {
    "alarm.raised": _raised,
    "alarm.raised_again": lambda centre, d: f"Once more: {_raised(centre, d)}",
    "alarm.rang": _rang,
    "alarm.texted": lambda _, d: (
        f"No telephone rings: the alarm is texted to {_telephones(d['phones'])}."
    ),
    "alarm.taken": lambda _, d: (
        f"The alarm of {d['team']} is taken care of after {d['waited_s']} s"
        + (", by telephone." if d["through"] == "voice" else ".")
    ),
    "alarm.over": lambda _, d: (
        f"The silent alarm of {d['team']} is over: they may be rung and texted again."
    ),
    "check_in.asked": lambda _, d: f"{_who(d)} is asked whether all is well.",
    "check_in.asked_again": lambda _, d: f"{_who(d)} is asked again: no answer.",
    "check_in.answered": lambda _, d: f"{_who(d)}: all is well ({d['through']}).",
    "check_in.missed": lambda _, d: f"{_who(d)} has not answered twice: it is an alarm.",
    "check_in.out_of_reach": lambda _, d: (
        f"{_who(d)} cannot be asked by text whether all is well: it is an alarm."
    ),
    "page.address_asked": lambda _, d: f"{d['team']} asks for the address by telephone.",
    "page.address_read": lambda _, d: f"The address was read to {d['team']} by telephone.",
    "page.address_refused": lambda _, d: (
        f"{d['team']}: a wrong PIN, the address was not read by telephone."
    ),
    "slot.phone_lost": lambda _, d: f"{_who(d)} has lost the phone: reach them by radio.",
    "check_in.over": lambda _, d: f"{_who(d)} has left the call: the question is dropped.",
}
