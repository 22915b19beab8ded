"""Texts that show whether a phone can be reached before it matters."""

from datetime import datetime, timedelta

from triage.domain.wording import gsm7

_A_DAY = timedelta(days=1)
_MOST_NAMED = 5


def verify(centre: str, word: str) -> str:
    """To a new number."""
    return f"{gsm7(centre)}: Reply {word} to be paged on this phone. (Responda {word}.)"


def verified(centre: str) -> str:
    return f"Thank you. {gsm7(centre)} pages you on this phone from now on."


def trial(centre: str) -> str:
    """To the number that an operator tries."""
    return (
        f"{gsm7(centre)}: TEST. Somebody tries whether our texts arrive. Nothing is asked of you."
    )


def trial_call(centre: str) -> str:
    return f"This is a test call from {centre}. Nothing has happened. Nothing is asked of you."


def confirm_shift(starts: datetime, ends: datetime) -> str:
    """Both as on the wall of the centre, with their zone."""
    until = f"{ends:%H:%M}" if ends - starts < _A_DAY else f"{ends:%a %H:%M}"
    return f"Shift {starts:%a %H:%M}-{until} {ends:%Z}. Reply READY (o PRESENTE)."


def confirmed(waiting: str | None = None) -> str:
    """waiting -- the code of a page that still waits for an answer."""
    more = f" {waiting} still waits: reply {waiting} 1=accept 2=decline" if waiting else ""
    return f"Thank you, texts reach you.{more}"


def nothing_asked() -> str:
    return "Thank you. Nothing is asked of this phone now, nothing was changed."


def reply_ready() -> str:
    """Something else was typed while nothing but READY is asked."""
    return (
        "Not understood, nothing was changed. Reply READY (o PRESENTE)."
        " If you cannot work, phone dispatch."
    )


def or_ready() -> str:
    """Behind what is said of a page of a moment ago."""
    return "If you mean the test or your shift, reply READY (o PRESENTE)."


def unconfirmed(who: list[str], starts: datetime) -> str:
    """To a supervisor on duty. who -- teams and roles, no names."""
    shown = ", ".join(gsm7(one) for one in who[:_MOST_NAMED])
    more = f" and {len(who) - _MOST_NAMED} more" if len(who) > _MOST_NAMED else ""
    return (
        f"No answer before the shift at {starts:%H:%M %Z}: {shown}{more}. Ring them, see the board."
    )


def test(centre: str) -> str:
    return f"{gsm7(centre)}: Test, this is no call. Reply READY (o PRESENTE)."
