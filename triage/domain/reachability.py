"""Why a text may not reach somebody who is needed, and what a person does about it."""

from collections.abc import Collection, Sequence
from enum import StrEnum

from triage.domain.lifecycle import MessageState
from triage.domain.words import msgid

LANDLINE = frozenset({"21614", "30006"})
"""Codes of the provider for a telephone that takes no texts at all."""
LOOK_BACK = 3
"""Texts to one telephone by which it is judged, the latest ones."""
TOO_MANY_LOST = 2


class Trouble(StrEnum):
    """The worst first: who has several is told the first."""

    SILENT_ALARM = "silent_alarm"
    COLLEAGUES_ALARM = "colleagues_alarm"
    PHONE_LOST = "phone_lost"
    OPTED_OUT = "opted_out"
    UNVERIFIED = "unverified"
    LANDLINE = "landline"
    FAILING = "failing"
    UNCONFIRMED = "unconfirmed"


WORDS = {
    Trouble.SILENT_ALARM: msgid("silent alarm, not over"),
    Trouble.COLLEAGUES_ALARM: msgid("a colleague's silent alarm, not over"),
    Trouble.PHONE_LOST: msgid("phone lost"),
    Trouble.OPTED_OUT: msgid("texted a stop word"),
    Trouble.UNVERIFIED: msgid("number not verified"),
    Trouble.LANDLINE: msgid("a landline"),
    Trouble.FAILING: msgid("texts do not arrive"),
    Trouble.UNCONFIRMED: msgid("shift not confirmed"),
}
TO_DO = {
    Trouble.SILENT_ALARM: msgid(
        "Do not ring, text or radio them, they are asked nothing. Once they are safe,"
        " say under Alarms that it is over."
    ),
    Trouble.COLLEAGUES_ALARM: msgid(
        "The alarm is not theirs. Do not ring, text or radio them either, they are asked nothing:"
        " whoever forces their colleague may notice."
    ),
    Trouble.PHONE_LOST: msgid(
        "Nothing is sent to it, nothing from it counts. Once it is found, or they"
        " have another, a supervisor says so under Teams."
    ),
    Trouble.OPTED_OUT: msgid("Nothing reaches this phone. Ring them: texting START ends it."),
    Trouble.UNVERIFIED: msgid(
        "They are not paged. Ring them: they reply to our text with its code word."
    ),
    Trouble.LANDLINE: msgid(
        "It takes no texts. Ring them, and ask for the number of a mobile phone."
    ),
    Trouble.FAILING: msgid("Ring them. Is the phone on, and has it reception?"),
    Trouble.UNCONFIRMED: msgid("They are asked last. Ring them, and have them text READY."),
}
LEFT_DUTY = {
    "shift_ended": msgid("went off duty"),
    "retired": msgid("was retired"),
    "new_number": msgid("has a new telephone"),
    "switched_off": msgid("was switched off"),
    "stopped": msgid("texted a stop word"),
    "phone_lost": msgid("has lost the phone"),
}
"""Why a page moved on before its time."""
SILENCED = frozenset({Trouble.SILENT_ALARM, Trouble.COLLEAGUES_ALARM})
"""Nobody is to ring, text or radio them."""
BY_RADIO = msgid("They have work in hand. Reach them by radio.")


def of_phone(outcomes: Sequence[tuple[MessageState, str | None]]) -> Trouble | None:
    """What the latest texts to a telephone tell, the newest first: state and error code of those
    that came to an end."""
    latest = outcomes[:LOOK_BACK]
    for state, error in latest:
        if state is MessageState.DELIVERED:
            break
        if error in LANDLINE:
            return Trouble.LANDLINE
    lost = sum(state is not MessageState.DELIVERED for state, _ in latest)
    return Trouble.FAILING if lost >= TOO_MANY_LOST else None


def worst(troubles: Collection[Trouble]) -> Trouble:
    return min(troubles, key=list(Trouble).index)
