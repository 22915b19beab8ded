"""What is said when teams do not answer: to supervisors, to a team that is asked to turn, and by
voice. As with every text, nothing names the person in crisis or tells of their health."""

from collections.abc import Sequence

from triage.domain.spoken import spelled
from triage.domain.timing import within
from triage.domain.wording import gsm7

NOT_TAKEN = "a line did not take the caller"
"""Of a telephone line: nobody of ours is wanted to go."""


def nobody_left(code: str, *, level: str, within_min: int, help_wanted: str, area: str) -> str:
    """To a supervisor: they are asked to take charge, not to go."""
    where = f", {area}" if area else ""
    said = f"NOBODY LEFT TO ASK. {level}, {within(within_min)}: {help_wanted}{where}."
    return f"{gsm7(said)} Take charge of finding somebody? Reply {code} 1=accept 2=decline"


def many_left(codes: Sequence[str], more: int) -> str:
    """To a supervisor, of several less urgent calls at once."""
    rest = f" and {more} more" if more else ""
    return (
        f"NOBODY LEFT TO ASK for {len(codes) + more} calls: {', '.join(codes)}{rest}."
        f" See the board. Take charge of one? Reply with its code, like {codes[0]} 1"
    )


def nobody_left_at_all(code: str, level: str, *, on_shift: bool) -> str:
    """To the desk's telephone, where no supervisor can be reached, or none has said yes."""
    none = "no supervisor has said yes" if on_shift else "no supervisor on shift"
    return f"{code} ({gsm7(level)}): nobody is left to ask and {none}. See the board."


def charge_taken(code: str) -> str:
    return f"{code}: you have taken charge. Find somebody by telephone or radio, see the board."


def charge_is_taken(code: str, who: str) -> str:
    """To the other supervisors who were asked."""
    return f"{code}: {gsm7(who)} has taken charge. Nothing is asked of you now."


def charge_reminder(code: str, minutes: int) -> str:
    """To whoever has charge."""
    return (
        f"{code} still has nobody. In {minutes} min others are asked again. "
        f"Reply {code} 1 to keep charge, {code} 2 to give it back"
    )


def charge_given_back(code: str, then: str) -> str:
    """then -- what follows, a sentence."""
    return f"{code}: you have given charge back. {then}"


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


# --- what follows a no --------------------------------------------------------------------

SOMEBODY_IS_ASKED = "Somebody else is being asked."
OTHERS_ARE_ASKED = "Others on shift are still being asked."
ALL_HANDS_ARE_ASKED = "Everybody on shift is asked."
STAY = "You stay on your call."
NO_RELIEF = "Nobody else is free to relieve them."


def supervisors_are_asked(*, by_one: bool) -> str:
    """by_one -- a supervisor said no."""
    return (
        "Other supervisors are asked." if by_one else "Nobody else is free: supervisors are asked."
    )


def desk_is_told(*, by_one: bool, by_text: bool) -> str:
    """by_text -- the desk has a telephone; the board says it in any case."""
    nobody = "No other supervisor is left" if by_one else "Nobody else is free"
    return f"{nobody}: {'the desk is told' if by_text else 'it stays on the board'}."


def in_charge(who: str) -> str:
    return f"Nobody else is free: {gsm7(who)} has taken charge."


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
VOICE_NOT_UNDERSTOOD = "That was neither 1 nor 2."
VOICE_OVER = "This page is over. Nothing was changed."
VOICE_GOODBYE = "No answer was given. The page stays open on your telephone as a text."


def voice_declined(then: str) -> str:
    """then -- what follows, a sentence."""
    return f"Declined. {then}"


def voice_taken(who: str) -> str:
    """who -- as `who_has` says it: a unit's name, or a state in words."""
    return f"Somebody has it already: {who}. Stand down."
