"""What a timeline says of escalations, diverts and call-backs."""

from collections.abc import Callable, Mapping
from typing import Any

from triage.domain.reachability import LEFT_DUTY
from triage.services import charges
from triage.services.centre import Centre

_WHO = {"supervisor": "the supervisors", "all_hands": "all on shift"}
_ENDED = {
    **LEFT_DUTY,
    charges.GIVEN_BACK: "has given charge back",
    charges.TOO_LONG: "has found nobody in time",
    charges.UNREACHABLE: "cannot be reached",
}
_HOW = {"sms": "by text", "voice": "by telephone"}


def _escalated(_: Centre, details: Mapping[str, Any]) -> str:
    who = _WHO.get(details["who"], details["who"])
    if not details["reached"]:
        return f"Nobody is left to ask: {who} cannot be reached, or have said no."
    how = _HOW.get(details["channel"], details["channel"])
    return f"Nobody is left to ask: {who} alarmed {how} ({details['reached']})."


SENTENCES: dict[str, Callable[[Centre, Mapping[str, Any]], str]] = {
    "dispatch.escalated": _escalated,
    "dispatch.told_with_others": lambda _, d: (
        f"{d['team']} was told in one text that nobody is left to ask for {d['calls']} "
        + ("call" if d["calls"] == 1 else "calls, this one among them")
        + "."
    ),
    "dispatch.call_back_due": lambda _, d: "The caller still waits: call back.",
    "dispatch.called_back": lambda _, d: "The caller was called back.",
    "dispatch.divert_asked": lambda _, d: f"{d['team']} is asked to come here instead.",
    "slot.diverted": lambda _, d: (
        f"DIVERTED: {d['team']} ({d['role']}) goes to {d['to']} instead; somebody else is asked."
    ),
    "page.opened_all_hands": lambda _, d: f"{d['team']} is asked with all hands.",
    "page.opened_divert": lambda _, d: f"{d['team']} is asked to turn round.",
    "page.opened_supervisor": lambda _, d: f"{d['team']} is asked to take charge.",
    "page.divert_agreed": lambda _, d: "One of the team would turn; the other has not answered.",
    "page.key_pressed": lambda _, d: f"Key {d['key']} was pressed on the telephone.",
    "page.charge_taken": lambda _, d: f"{d['team']} has taken charge of finding somebody.",
    "page.charge_kept": lambda _, d: f"{d['team']} keeps charge.",
    "page.charge_ended": lambda _, d: (
        f"{d['team']} {_ENDED.get(d['because'], d['because'])}: nobody has charge any more."
    ),
    "page.tried_again": lambda _, d: (
        f"No answer yet: tried again {_HOW.get(d['channel'], d['channel'])}."
    ),
}
