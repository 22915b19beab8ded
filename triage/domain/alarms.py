"""Alarms of people in the field, and what screens and telephones say of them."""

from enum import StrEnum

from triage.domain.spoken import spelled


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
    AlarmKind.DURESS: "Do not ring or text them. Send help without warning them.",
    AlarmKind.WITHDREW: "Decide who makes it safe. Whoever is asked next is warned.",
    AlarmKind.MISSED_CHECK_IN: "Reach them by radio. No answer: send somebody.",
}
NO_CALL = "on no call"


def says(kind: AlarmKind) -> str:
    """In capitals what it is, for screens."""
    return _SAYS[kind]


def to_do(kind: AlarmKind) -> str:
    return _TO_DO[kind]


def rung(centre: str, kind: AlarmKind, unit: str, role: str, code: str | None) -> str:
    """What is said at the desk's telephone and to supervisors: no name, no place, no health."""
    who = f"{unit}, {role.replace('_', ' ')}"
    said = {
        AlarmKind.HELP: f"Alarm. {who}, needs help.",
        AlarmKind.DURESS: f"Silent alarm of {who}. Do not ring or text them.",
        AlarmKind.WITHDREW: f"Alarm. {who}, had to withdraw, it is not safe.",
        AlarmKind.MISSED_CHECK_IN: f"Alarm. {who}, does not answer whether all is well.",
    }[kind]
    where = f"Call {spelled(code)}." if code else "They are on no call."
    return f"{centre}. {said} {where} Press 1 to take care of it."


VOICE_TAKEN = "Thank you. You take care of it. Everything is on the board."
VOICE_TAKEN_BEFORE = "Somebody takes care of this alarm already."
VOICE_NOT_UNDERSTOOD = "That was not 1."
VOICE_GOODBYE = "Nobody has taken the alarm. It rings again."
