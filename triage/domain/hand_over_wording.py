"""What is said where nobody confirms in time that a call was dispatched in CAD: to supervisors and
to the desk's telephone. As with every text, nothing names the person or tells of their health."""

from triage.domain.texts import Text, gsm7, sms
from triage.domain.timing import within
from triage.domain.wording import UNSAFE, level_words
from triage.domain.words import Spoken, listed, msgid


def not_confirmed(
    code: str, *, level: str, within_min: int, area: str, unsafe: bool = False
) -> Spoken:
    """To a supervisor: they are asked to see that it is done.

    unsafe -- a team has left this call because it was not safe.
    """
    said = sms(
        "NOT CONFIRMED IN CAD. %(what)s.",
        what=listed(", ", filter(None, [level_words(level), within(within_min), gsm7(area)])),
    )
    ask = sms("See that it is dispatched? Reply %(code)s 1=accept 2=decline", code=code)
    return listed(" ", [*([UNSAFE] if unsafe else ()), said, ask])


def tell_desk(code: str, level: str, *, on_shift: bool, unsafe: bool = False) -> Spoken:
    """To the desk's telephone, where no supervisor can be reached, or none has said yes."""
    said = {"code": code, "level": level_words(level)}
    if on_shift:
        text = sms(
            "%(code)s (%(level)s): dispatch it in CAD now, then confirm it on the board. "
            "No supervisor has said yes.",
            **said,
        )
    else:
        text = sms(
            "%(code)s (%(level)s): dispatch it in CAD now, then confirm it on the board. "
            "No supervisor is on shift.",
            **said,
        )
    return listed(" ", [*([UNSAFE] if unsafe else ()), text])


def charge_taken(code: str) -> Text:
    return sms(
        "%(code)s: you have taken charge. See that it is dispatched in CAD and confirmed on the "
        "board.",
        code=code,
    )


def charge_reminder(code: str, minutes: int) -> Text:
    """To whoever has charge."""
    return sms(
        "%(code)s is still not confirmed in CAD. In %(minutes)s min others are asked again. "
        "Reply %(code)s 1 to keep charge, %(code)s 2 to give it back",
        code=code,
        minutes=minutes,
    )


def confirmed(code: str, unit: str) -> Text:
    """To whoever was asked. unit -- the one that goes."""
    return sms("%(code)s: confirmed in CAD, %(unit)s goes.", code=code, unit=gsm7(unit))


VOICE_ASKS = msgid("Nobody has confirmed it in CAD. Press 1 to take charge, 2 to decline.")
