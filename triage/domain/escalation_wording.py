"""What is said when teams do not answer: to supervisors, to a team that is asked to turn, and by
voice. As with every text, nothing names the person in crisis or tells of their health."""

from collections.abc import Sequence

from triage.domain.role_words import role_name
from triage.domain.spoken import spelled
from triage.domain.texts import Text, gsm7, sms
from triage.domain.timing import within
from triage.domain.wording import UNSAFE, level_words
from triage.domain.words import Sentence, Spoken, listed, msgid

NOT_TAKEN = msgid("a line did not take the caller")
"""Of a telephone line: nobody of ours is wanted to go."""


def nobody_left(
    code: str,
    *,
    level: str,
    within_min: int,
    help_wanted: str,
    area: str,
    unsafe: bool = False,
) -> Spoken:
    """To a supervisor: they are asked to take charge, not to go.

    unsafe -- a team has left this call because it was not safe.
    """
    what = listed(", ", filter(None, [help_wanted, gsm7(area)]))
    return listed(
        " ",
        [
            *([UNSAFE] if unsafe else ()),
            sms(
                "NOBODY LEFT TO ASK. %(level)s, %(within)s: %(what)s.",
                level=level_words(level),
                within=within(within_min),
                what=what,
            ),
            _take_charge(code),
        ],
    )


def raised(code: str, level: str) -> Text:
    """To whoever is on the way when the call becomes more urgent."""
    return sms(
        "%(code)s: raised to %(level)s. Come as fast as is safe.",
        code=code,
        level=level_words(level),
    )


def _take_charge(code: str) -> Text:
    return sms("Take charge of finding somebody? Reply %(code)s 1=accept 2=decline", code=code)


def many_left(codes: Sequence[str], more: int, unsafe: Sequence[str] = ()) -> Spoken:
    """To a supervisor, of several less urgent calls at once, or of the one that is left of them.

    unsafe -- those that a team has left because it was not safe.
    """
    warning = [sms("UNSAFE, a team left: %(codes)s.", codes=", ".join(unsafe))] if unsafe else []
    if len(codes) == 1 and not more:
        said = sms("NOBODY LEFT TO ASK for %(code)s. See the board.", code=codes[0])
        return listed(" ", [*warning, said, _take_charge(codes[0])])
    named, count = ", ".join(codes), len(codes) + more
    if more:
        said = sms(
            "NOBODY LEFT TO ASK for %(count)s calls: %(codes)s and %(more)s more.",
            count=count,
            codes=named,
            more=more,
        )
    else:
        said = sms("NOBODY LEFT TO ASK for %(count)s calls: %(codes)s.", count=count, codes=named)
    how = sms(
        "See the board. Take charge of one? Reply with its code, like %(first)s 1", first=codes[0]
    )
    return listed(" ", [*warning, said, how])


def nobody_left_at_all(code: str, level: str, *, on_shift: bool, unsafe: bool = False) -> Spoken:
    """To the desk's telephone, where no supervisor can be reached, or none has said yes.
    unsafe -- see `nobody_left`."""
    said = {"code": code, "level": level_words(level)}
    if on_shift:
        text = sms(
            "%(code)s (%(level)s): nobody is left to ask and no supervisor has said yes. "
            "See the board.",
            **said,
        )
    else:
        text = sms(
            "%(code)s (%(level)s): nobody is left to ask and no supervisor on shift. "
            "See the board.",
            **said,
        )
    return listed(" ", [*([UNSAFE] if unsafe else ()), text])


def charge_taken(code: str) -> Text:
    return sms(
        "%(code)s: you have taken charge. Find somebody by telephone or radio, see the board.",
        code=code,
    )


def charge_is_taken(code: str, who: str) -> Text:
    """To the other supervisors who were asked."""
    return sms(
        "%(code)s: %(who)s has taken charge. Nothing is asked of you now.",
        code=code,
        who=gsm7(who),
    )


def charge_reminder(code: str, minutes: int) -> Text:
    """To whoever has charge."""
    return sms(
        "%(code)s still has nobody. In %(minutes)s min others are asked again. "
        "Reply %(code)s 1 to keep charge, %(code)s 2 to give it back",
        code=code,
        minutes=minutes,
    )


def charge_given_back(code: str, then: Spoken) -> Text:
    """then -- what follows, a sentence."""
    return sms("%(code)s: you have given charge back. %(then)s", code=code, then=then)


NO_CHARGE = sms("Somebody comes already, or nobody is needed. Nothing was changed.")


def divert(
    code: str, *, level: str, area: str, instead_of: str, link: str, unsafe: bool = False
) -> Spoken:
    """To a team on its way to something less urgent. link -- the page of the call to come to;
    unsafe -- see `nobody_left`."""
    said = {"code": code, "level": level_words(level), "other": instead_of}
    if area:
        asked = sms(
            "%(code)s %(level)s in %(area)s has nobody. Go there instead of %(other)s?",
            area=gsm7(area),
            **said,
        )
    else:
        asked = sms("%(code)s %(level)s has nobody. Go there instead of %(other)s?", **said)
    stay = sms("Until all of you say yes you stay on %(other)s.", other=instead_of)
    reply = sms("Reply %(code)s 1=accept 2=decline", code=code)
    return listed(" ", [*([UNSAFE] if unsafe else ()), asked, stay, link, reply])


def your(role: str) -> Spoken:
    """The member of a team who is its officer."""
    return msgid("your %(role)s", role=role_name(role))


def divert_agreed(code: str, waits_for: Sequence[Spoken]) -> Text:
    """One of the team has said yes, another has not answered yet."""
    return sms(
        "%(code)s: your yes is kept. Stay on your call until %(who)s agrees.",
        code=code,
        who=listed(", ", waits_for),
    )


def divert_off(code: str, instead_of: str) -> Text:
    return sms(
        "%(code)s: not needed from you any more. You stay on %(other)s.",
        code=code,
        other=instead_of,
    )


def partner_diverted(code: str, role: str) -> Text:
    """To the half of a team that stays on the first call."""
    return sms(
        "%(code)s: your %(role)s was sent to a more urgent call. Another one is being asked.",
        code=code,
        role=role_name(role),
    )


# --- what follows a no --------------------------------------------------------------------

SOMEBODY_IS_ASKED = msgid("Somebody else is being asked.")
OTHERS_ARE_ASKED = msgid("Others on shift are still being asked.")
ALL_HANDS_ARE_ASKED = msgid("Everybody on shift is asked.")
ALL_OTHERS_ARE_ASKED = msgid("Everybody else on shift is asked.")
STAY = msgid("You stay on your call.")
NO_RELIEF = msgid("Nobody else is free to relieve them.")


def supervisors_are_asked(*, by_one: bool) -> Spoken:
    """by_one -- a supervisor said no."""
    if by_one:
        return msgid("Other supervisors are asked.")
    return msgid("Nobody else is free: supervisors are asked.")


def desk_is_told(*, by_one: bool, by_text: bool) -> Spoken:
    """by_text -- the desk has a telephone; the board says it in any case."""
    if by_one and by_text:
        return msgid("No other supervisor is left: the desk is told.")
    if by_one:
        return msgid("No other supervisor is left: it stays on the board.")
    if by_text:
        return msgid("Nobody else is free: the desk is told.")
    return msgid("Nobody else is free: it stays on the board.")


def in_charge(who: str) -> Spoken:
    return msgid("Nobody else is free: %(who)s has taken charge.", who=who)


# --- said on the telephone ----------------------------------------------------------------

_LEVELS = {
    "IMMEDIATE": msgid("Immediate page, code %(code)s."),
    "URGENT": msgid("Urgent page, code %(code)s."),
    "VERY URGENT": msgid("Very urgent page, code %(code)s."),
    "PROMPT": msgid("Prompt page, code %(code)s."),
    "ROUTINE": msgid("Routine page, code %(code)s."),
}


def rung(
    centre: str,
    code: str,
    level: str,
    area: str,
    *,
    charge: bool,
    unsafe: bool = False,
    instead_of: str | None = None,
    asks: Spoken | None = None,
) -> Spoken:
    """What a page says when it rings: code, level and area, that a team had to leave, and which
    call they would leave by a yes. asks -- what else a supervisor is asked, with its keys."""
    if level in _LEVELS:
        page: Spoken = Sentence(_LEVELS[level], {"code": spelled(code)})
    else:
        page = msgid("%(level)s page, code %(code)s.", level=level.capitalize(), code=spelled(code))
    parts = [
        f"{centre}.",
        page,
        msgid("Area: %(area)s.", area=area) if area else None,
        msgid("It is not safe: a team had to leave.") if unsafe else None,
        asks or _keys(charge=charge, instead_of=instead_of),
    ]
    return listed(" ", filter(None, parts))


def _keys(*, charge: bool, instead_of: str | None) -> Spoken:
    if charge:
        return msgid("Nobody is left to ask. Press 1 to take charge, 2 to decline.")
    if instead_of:
        return msgid(
            "It has nobody. Press 1 to go there instead of call %(other)s, 2 to stay on your call.",
            other=spelled(instead_of),
        )
    return msgid("Press 1 to accept, 2 to decline.")


VOICE_ACCEPTED = msgid("Thank you. It is yours. A text with the place follows.")
VOICE_CHARGE_TAKEN = msgid("Thank you. You have taken charge.")
VOICE_AGREED = msgid("Thank you. Your yes is kept. Stay on your call until your partner agrees.")
VOICE_NOT_UNDERSTOOD = msgid("That was neither 1 nor 2.")
VOICE_OVER = msgid("This page is over. Nothing was changed.")
VOICE_GOODBYE = msgid("No answer was given. The page stays open on your telephone as a text.")


def voice_declined(then: Spoken) -> Spoken:
    """then -- what follows, a sentence."""
    return msgid("Declined. %(then)s", then=then)


def voice_taken(who: str) -> Spoken:
    """who -- as `who_has` says it: a unit's name, or a state in words."""
    return msgid("Somebody has it already: %(who)s. Stand down.", who=who)
