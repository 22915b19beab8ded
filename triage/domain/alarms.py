"""Alarms of people in the field, and what screens and telephones say of them."""

from enum import StrEnum
from typing import Protocol

from triage.domain.spoken import spelled
from triage.domain.wording import gsm7


class AlarmKind(StrEnum):
    HELP = "help"  # they say so
    DURESS = "duress"  # a word of theirs in an ordinary text: somebody may be reading along
    WITHDREW = "withdrew"  # they had to leave a scene that is not safe
    MISSED_CHECK_IN = "missed_check_in"  # asked twice whether they are well, and silent


COVERT = frozenset({AlarmKind.DURESS})
"""Shown and rung at the desk only: nothing that reaches the team may differ for it."""

_SAYS = {
    AlarmKind.HELP: "NEEDS HELP",
    AlarmKind.DURESS: "SILENT ALARM, somebody may force them",
    AlarmKind.WITHDREW: "HAD TO WITHDRAW, it is not safe",
    AlarmKind.MISSED_CHECK_IN: "DOES NOT ANSWER whether all is well",
}
_TO_DO = {
    AlarmKind.HELP: "Reach them by radio, send help.",
    AlarmKind.DURESS: "Do not ring or text them. Send help without warning them, and tell whoever"
    " else goes there by radio.",
    AlarmKind.WITHDREW: "Decide who makes it safe. Whoever is asked next is warned.",
    AlarmKind.MISSED_CHECK_IN: "Reach them by radio. No answer: send somebody.",
}
UNTIL_OVER = "It is taken care of. They are asked and told nothing until somebody says it is over."
"""Of a silent alarm."""
NO_CALL = "on no call"


def says(kind: AlarmKind) -> str:
    """In capitals what it is, for screens."""
    return _SAYS[kind]


def to_do(kind: AlarmKind) -> str:
    return _TO_DO[kind]


class Announcement(Protocol):
    """What whoever can take an alarm is told of it: no name, no place, no health."""

    def __call__(
        self, centre: str, kind: AlarmKind, unit: str, role: str, code: str | None
    ) -> str: ...


def rung(centre: str, kind: AlarmKind, unit: str, role: str, code: str | None) -> str:
    """What is said at the desk's telephone and to supervisors."""
    where = f"Call {spelled(code)}." if code else "They are on no call."
    return f"{centre}. {_said(kind, unit, role)} {where} Press 1 to take care of it."


def texted(centre: str, kind: AlarmKind, unit: str, role: str, code: str | None) -> str:
    """To the same telephones while they cannot be rung."""
    where = f"Call {code}." if code else "On no call."
    said = f"{centre}: {_said(kind, unit, role)} {where} Calls do not go out: take it under Alarms"
    return gsm7(f"{said}, or see that the desk does.")


def _said(kind: AlarmKind, unit: str, role: str) -> str:
    who = f"{unit}, {role.replace('_', ' ')}"
    return {
        AlarmKind.HELP: f"Alarm. {who}, needs help.",
        AlarmKind.DURESS: f"Silent alarm of {who}. Do not ring or text them.",
        AlarmKind.WITHDREW: f"Alarm. {who}, had to withdraw, it is not safe.",
        AlarmKind.MISSED_CHECK_IN: f"Alarm. {who}, does not answer whether all is well.",
    }[kind]


REACHES_NOBODY = "It reaches no telephone: tell a supervisor yourself."
"""Beside an alarm on screens; for what follows and why see the watcher's finding."""
VOICE_TAKEN = "Thank you. You take care of it. Everything is on the board."
VOICE_TAKEN_BEFORE = "Somebody takes care of this alarm already."
VOICE_NOT_UNDERSTOOD = "That was not 1."
VOICE_GOODBYE = "Nobody has taken the alarm. It rings again."
