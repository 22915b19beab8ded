"""Alarms of people in the field, and what screens and telephones say of them."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Protocol

from triage.domain.role_words import role_name
from triage.domain.spoken import spelled
from triage.domain.texts import gsm7, sms
from triage.domain.words import Spoken, listed, msgid


class AlarmKind(StrEnum):
    HELP = "help"  # they say so
    DURESS = "duress"  # a word of theirs in an ordinary text: somebody may be reading along
    WITHDREW = "withdrew"  # they had to leave a scene that is not safe
    MISSED_CHECK_IN = "missed_check_in"  # asked twice whether they are well, and silent


COVERT = frozenset({AlarmKind.DURESS})
"""Shown and rung at the desk only: nothing that reaches the team may differ for it."""
OVER_WHEN_TAKEN = frozenset({AlarmKind.WITHDREW})
"""They are out of it themselves. Of all others nobody knows that they are safe until somebody
says so."""

_LOUDEST = (AlarmKind.HELP, AlarmKind.DURESS, AlarmKind.MISSED_CHECK_IN, AlarmKind.WITHDREW)
"""Whoever withdrew is out of it; whoever cries for help is not."""

_SAYS = {
    AlarmKind.HELP: msgid("NEEDS HELP"),
    AlarmKind.DURESS: msgid("SILENT ALARM, somebody may force them"),
    AlarmKind.WITHDREW: msgid("HAD TO WITHDRAW, it is not safe"),
    AlarmKind.MISSED_CHECK_IN: msgid("DOES NOT ANSWER whether all is well"),
}
_TO_DO = {
    AlarmKind.HELP: msgid("Reach them by radio, send help."),
    AlarmKind.DURESS: msgid(
        "Do not ring, text or radio them. Send help without warning them, and tell whoever else"
        " goes there by radio."
    ),
    AlarmKind.WITHDREW: msgid("Decide who makes it safe. Whoever is asked next is warned."),
    AlarmKind.MISSED_CHECK_IN: msgid("Reach them by radio. No answer: send somebody."),
}
_REACHES_THEM = frozenset({AlarmKind.HELP, AlarmKind.MISSED_CHECK_IN})
UNTIL_OVER = msgid(
    "It is not over: they are asked and told nothing until somebody says that it is."
)
"""Of a silent alarm."""
STANDS = msgid("It stands until somebody says that it is over.")
"""Of every other that is taken."""
_HUSHED = msgid(
    "Do not ring, text or radio them: a silent alarm is not over. Send help without warning them."
)
NO_CALL = msgid("on no call")


def loudness(kind: AlarmKind) -> int:
    """The smallest is named and taken first."""
    return _LOUDEST.index(kind)


def says(kind: AlarmKind) -> str:
    """In capitals what it is, for screens."""
    return _SAYS[kind]


def to_do(kind: AlarmKind, *, hushed: bool = False) -> str:
    """hushed -- a silent alarm of theirs, or of their team, stands as well: that one wins."""
    return _HUSHED if hushed and kind in _REACHES_THEM else _TO_DO[kind]


def do_not_ask(who: Iterable[str]) -> str:
    """Instead of what the desk is else asked to do about them."""
    return msgid("Do not ring, text or radio %(who)s: silent alarm", who=listed(", ", who))


_DO_NOT = msgid("Do not ring, text or radio them.")


class Announcement(Protocol):
    """What whoever can take an alarm is told of it: no name, no place, no health."""

    def __call__(
        self,
        centre: str,
        kind: AlarmKind,
        unit: str,
        role: str,
        code: str | None,
        *,
        hushed: bool = False,
    ) -> Spoken: ...


def rung(
    centre: str,
    kind: AlarmKind,
    unit: str,
    role: str,
    code: str | None,
    *,
    hushed: bool = False,
) -> Spoken:
    """What is said at the desk's telephone and to supervisors."""
    return listed(
        " ",
        [
            f"{centre}.",
            _said(kind, unit, role, hushed=hushed),
            msgid("Call %(code)s.", code=spelled(code)) if code else msgid("They are on no call."),
            msgid("Press 1 to take care of it."),
        ],
    )


def texted(
    centre: str,
    kind: AlarmKind,
    unit: str,
    role: str,
    code: str | None,
    *,
    hushed: bool = False,
) -> Spoken:
    """To the same telephones while they cannot be rung."""
    return sms(
        "%(centre)s: %(said)s %(where)s Take it under Alarms, or see that the desk does.",
        centre=gsm7(centre),
        said=_said(kind, unit, role, hushed=hushed),
        where=msgid("Call %(code)s.", code=code) if code else msgid("On no call."),
    )


def _said(kind: AlarmKind, unit: str, role: str, *, hushed: bool) -> Spoken:
    who = listed(", ", [unit, role_name(role)])
    if kind is AlarmKind.DURESS:
        return msgid("Silent alarm of %(who)s. Do not ring, text or radio them.", who=who)
    if kind is AlarmKind.WITHDREW:
        return msgid("Alarm. %(who)s, had to withdraw, it is not safe.", who=who)
    told = msgid("Alarm. %(who)s, needs help.", who=who)
    if kind is AlarmKind.MISSED_CHECK_IN:
        told = msgid("Alarm. %(who)s, does not answer whether all is well.", who=who)
    return listed(" ", [told, _DO_NOT]) if hushed else told


REACHES_NOBODY = msgid("It reaches no telephone: tell a supervisor yourself.")
"""Beside an alarm on screens; for what follows and why see the watcher's finding."""
VOICE_TAKEN = msgid("Thank you. You take care of it. Everything is on the board.")
VOICE_TAKEN_BEFORE = msgid("Somebody takes care of this alarm already.")
VOICE_NOT_UNDERSTOOD = msgid("That was not 1.")
VOICE_GOODBYE = msgid("Nobody has taken the alarm. It rings again.")
