"""How long to wait before a text is tried again, when it is too old to help, and how soon somebody
is to come, in words."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from triage.domain.words import msgid

FIRST_WAIT_S = {True: 1, False: 5}
"""By whether somebody waits for the text: pages are tried again fast."""
LONGEST_WAIT_S = 60
DOUBT_WAIT_S = 6
"""From the handing over until the provider is asked whether it took the text: its own report
mostly comes first, and the doubt is over within 8 s."""


def within(minutes: int) -> str:
    """How soon, as texts and screens say it: "within 90 min", "within 4 h"."""
    if minutes < 120:
        return msgid("within %(minutes)s min", minutes=minutes)
    days, rest = divmod(minutes, 24 * 60)
    if days > 1 and not rest:
        return msgid("within %(days)s days", days=days)
    hours, rest = divmod(minutes, 60)
    if rest:
        two_digits = f"{rest:02d}"
        return msgid("within %(hours)s h %(minutes)s min", hours=hours, minutes=two_digits)
    return msgid("within %(hours)s h", hours=hours)


_LASTING = re.compile(
    r"(?P<m>\d{1,4}):(?P<s>[0-5]\d)(?: ?min)?"
    r"|(?P<h>\d{1,3}) ?h(?:ours?|oras?)?(?: ?(?P<hmin>[0-5]?\d)(?: ?m(?:in)?)?)?"
    r"|(?:(?P<min>\d{1,4}) ?m(?:in)?)?(?: ?(?P<rest>\d{1,5}) ?(?:s(?:ec)?)?)?",
    re.IGNORECASE | re.ASCII,
)


def lasting(seconds: int) -> str:
    """How long a wait is, as screens say it and forms take it: "45 s", "1:30 min", "4 h"."""
    if seconds < 60:
        return f"{seconds} s" if seconds else "0"
    minutes, rest = divmod(seconds, 60)
    if seconds % 3600 == 0:
        return f"{minutes // 60} h"
    return f"{minutes}:{rest:02} min" if rest else f"{minutes} min"


def read_lasting(written: str) -> int | None:
    """The seconds of what somebody wrote, such as "1:30", "2 min", "1 min 30 s", "1 h 30 min",
    "90 s" or "90", which are seconds; None where it says no time."""
    found = _LASTING.fullmatch(" ".join(written.split()))
    if found is None or not written.strip():
        return None
    part = {name: int(digits or 0) for name, digits in found.groupdict().items()}
    minutes = 60 * part["h"] + part["hmin"] + part["m"] + part["min"]
    return 60 * minutes + part["s"] + part["rest"]


def retry_wait(failures: int, *, page: bool, give_up_after: int) -> timedelta | None:
    """How long to wait before sending a text again, or None to stop trying.

    failures -- refusals of this text so far, counting from 1; what ails the provider as a
    whole is none. give_up_after -- refusals after which a page is given up, so that somebody
    else is asked.

    The wait doubles and stops growing at 60 s. A page waits 1, 2, 4, 8 s and is then given
    up. Any other text waits 5, 10, 20, 40, 60, 60 ... s and is never given up here: it
    ends when it expires.
    """
    if page and failures >= give_up_after:
        return None
    doublings = min(failures - 1, 6)
    return timedelta(seconds=min(FIRST_WAIT_S[page] * 2**doublings, LONGEST_WAIT_S))


def expires_at(queued_at: datetime, valid_s: int) -> datetime:
    """From this instant on the text is not sent any more."""
    return queued_at + timedelta(seconds=valid_s)


def seconds_left(expires: datetime, now: datetime) -> int:
    """How long the carrier may still try to deliver, at least 1 s."""
    return max(1, int((expires - now).total_seconds()))


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """For how long a provider asks to be left alone, between 1 and 60 s; None if it does not.

    header -- of HTTP: seconds, or a date. What is neither says nothing. A longer wait than a
    minute is not granted: pages wait behind it, and one probe costs the provider nothing.
    """
    if header is None:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            date = parsedate_to_datetime(header)
        except (ValueError, OverflowError):  # the latter of a year, or an hour, that is too long
            return None
        seconds = (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()
    if seconds != seconds:  # "nan" is a number to Python
        return None
    return min(max(seconds, 1.0), float(LONGEST_WAIT_S))
