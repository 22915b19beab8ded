"""Texts that show whether a phone can be reached before it matters."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from triage.domain.texts import Text, gsm7, sms
from triage.domain.words import Spoken, listed, msgid

_A_DAY = timedelta(days=1)
_MOST_NAMED = 5
_WEEKDAYS = (
    *(msgid("Mon"), msgid("Tue"), msgid("Wed"), msgid("Thu")),
    *(msgid("Fri"), msgid("Sat"), msgid("Sun")),
)


def verify(centre: str, word: str) -> Text:
    """To a new number. It asks in both languages: perhaps nobody knows yet which they read."""
    return sms(
        "%(centre)s: Reply %(word)s to be paged on this phone. (Responda %(word)s.)",
        centre=gsm7(centre),
        word=word,
    )


def verified(centre: str) -> Text:
    return sms("Thank you. %(centre)s pages you on this phone from now on.", centre=gsm7(centre))


def trial(centre: str) -> Text:
    """To the number that an operator tries."""
    return sms(
        "%(centre)s: TEST. Somebody tries whether our texts arrive. Nothing is asked of you.",
        centre=gsm7(centre),
    )


def trial_call(centre: str) -> Spoken:
    return msgid(
        "This is a test call from %(centre)s. Nothing has happened. Nothing is asked of you.",
        centre=centre,
    )


def is_it_the_desk(centre: str) -> Spoken:
    """Rung at the number that the settings name."""
    return msgid(
        "This is %(centre)s. Nothing has happened. Alarms of teams ring this telephone."
        " Press 1 if it is the telephone of the desk.",
        centre=centre,
    )


VOICE_SHOWN = msgid("Thank you. Alarms of teams ring here.")
VOICE_NOT_1 = msgid("That was not 1.")
VOICE_NOT_SHOWN = msgid("Nothing was noted.")


def confirm_shift(starts: datetime, ends: datetime) -> Text:
    """Both as on the wall of the centre, with their zone."""
    until = f"{ends:%H:%M}" if ends - starts < _A_DAY else _day_and_time(ends)
    return sms(
        "Shift %(starts)s-%(ends)s %(zone)s. Reply READY (o PRESENTE).",
        starts=_day_and_time(starts),
        ends=until,
        zone=f"{ends:%Z}",
    )


def _day_and_time(at: datetime) -> Spoken:
    return listed(" ", [_WEEKDAYS[at.weekday()], f"{at:%H:%M}"])


def still_waits(said: Text, waiting: str | None) -> Spoken:
    """waiting -- the code of a page that still waits for an answer."""
    if waiting is None:
        return said
    more = sms("%(code)s still waits: reply %(code)s 1=accept 2=decline", code=waiting)
    return listed(" ", [said, more])


def confirmed(waiting: str | None = None) -> Spoken:
    return still_waits(sms("Thank you, texts reach you."), waiting)


def nothing_asked() -> Text:
    return sms("Thank you. Nothing is asked of this phone now, nothing was changed.")


def reply_ready() -> Text:
    """Something else was typed while nothing but READY is asked."""
    return sms(
        "Not understood, nothing was changed. Reply READY (o PRESENTE)."
        " If you cannot work, phone dispatch."
    )


def or_ready(said: Spoken) -> Spoken:
    """Behind what is said of a page of a moment ago."""
    return listed(" ", [said, sms("If you mean the test or your shift, reply READY (o PRESENTE).")])


def unconfirmed(who: Sequence[str], starts: datetime) -> Text:
    """To a supervisor on duty. who -- teams and roles, no names."""
    shown: Spoken = listed(", ", who[:_MOST_NAMED])
    if len(who) > _MOST_NAMED:
        shown = msgid("%(some)s and %(more)s more", some=shown, more=len(who) - _MOST_NAMED)
    return sms(
        "No answer before the shift at %(time)s: %(who)s. Ring them, see the board.",
        time=f"{starts:%H:%M %Z}",
        who=shown,
    )


def test(centre: str) -> Text:
    return sms("%(centre)s: Test, this is no call. Reply READY (o PRESENTE).", centre=gsm7(centre))
