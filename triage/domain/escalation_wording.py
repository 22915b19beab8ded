"""What is said when teams do not answer: to supervisors, to a team that is asked to turn, and by
voice. As with every text, nothing names the person in crisis or tells of their health."""

from collections.abc import Sequence

from triage.domain.spoken import spelled
from triage.domain.wording import gsm7


def nobody_left(code: str, *, level: str, within_min: int, help_wanted: str, area: str) -> str:
    """To a supervisor: they are asked to take charge, not to go."""
    where = f", {area}" if area else ""
    said = f"NOBODY LEFT TO ASK. {level}, within {within_min} min: {help_wanted}{where}."
    return f"{gsm7(said)} Take charge of finding somebody? Reply {code} 1=accept 2=decline"


def many_left(codes: Sequence[str], more: int) -> str:
    """To a supervisor, of several less urgent calls at once."""
    rest = f" and {more} more" if more else ""
    return (
        f"NOBODY LEFT TO ASK for {len(codes) + more} calls: {', '.join(codes)}{rest}."
        f" See the board. Take charge of one? Reply with its code, like {codes[0]} 1"
    )


def nobody_left_at_all(code: str, level: str) -> str:
    """To the desk's telephone, where no supervisor can be reached."""
    return (
        f"{code} ({gsm7(level)}): nobody is left to ask and no supervisor on shift. See the board."
    )


def charge_taken(code: str) -> str:
    return f"{code}: you have taken charge. Find somebody by telephone or radio, see the board."


def divert(code: str, *, level: str, area: str, instead_of: str) -> str:
    """To a team on its way to something less urgent."""
    where = f" in {gsm7(area)}" if area else ""
    return (
        f"{code} {gsm7(level)}{where} has nobody. Go there instead of {instead_of}? "
        f"Until all of you say yes you stay on {instead_of}. Reply {code} 1=accept 2=decline"
    )


def divert_agreed(code: str, waits_for: Sequence[str]) -> str:
    """One of the team has said yes, another has not answered yet."""
    return f"{code}: your yes is kept. Stay on your call until {gsm7(', '.join(waits_for))} agrees."


def divert_off(code: str, instead_of: str) -> str:
    return f"{code}: not needed from you any more. You stay on {instead_of}."


def partner_diverted(code: str, role: str) -> str:
    """To the half of a team that stays on the first call."""
    role = gsm7(role.replace("_", " "))
    return f"{code}: your {role} was sent to a more urgent call. Another one is being asked."


# --- said on the telephone ----------------------------------------------------------------


def rung(
    centre: str, code: str, level: str, area: str, *, charge: bool, unsafe: bool = False
) -> str:
    """What a page says when it rings: code, level and area, and that a team had to leave."""
    where = f" Area: {area}." if area else ""
    what = "Nobody is left to ask. Press 1 to take charge" if charge else "Press 1 to accept"
    warned = " It is not safe: a team had to leave." if unsafe else ""
    page = f"{level.capitalize()} page, code {spelled(code)}.{where}{warned}"
    return f"{centre}. {page} {what}, 2 to decline."


VOICE_ACCEPTED = "Thank you. It is yours. A text with the place follows."
VOICE_CHARGE_TAKEN = "Thank you. You have taken charge."
VOICE_AGREED = "Thank you. Your yes is kept. Stay on your call until your partner agrees."
VOICE_DECLINED = "Declined. Somebody else is asked."
VOICE_NOT_UNDERSTOOD = "That was neither 1 nor 2."
VOICE_OVER = "This page is over. Nothing was changed."
VOICE_GOODBYE = "No answer was given. The page stays open on your telephone as a text."


def voice_taken(who: str) -> str:
    """who -- as `who_has` says it: a unit's name, or a state in words."""
    return f"Somebody has it already: {who}. Stand down."
