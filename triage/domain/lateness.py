"""How late an answer, a team or a hand-over may be, and when more is done about it."""

from datetime import datetime, timedelta

ANSWER = timedelta(minutes=10)
"""So long after the time for it, an answer that names no call may still be to that page."""
ASK_WITHIN = timedelta(minutes=5)
"""A team should be there and is not: nobody at the desk has asked it for so long, it is red."""
ASK_AGAIN = timedelta(minutes=10)
"""They were asked, said no new time and are not there yet; and so old is news of somebody whose
time was over when they accepted."""
_SHARE = 10


def alarm_at(since: datetime, within_min: int) -> datetime:
    """When supervisors are alarmed of what a person was to hand over then, and nobody has
    confirmed. Of the time in which somebody is to be there the tenth part may pass: a minute at the
    highest level, 24 for what has four hours."""
    return since + timedelta(minutes=within_min) / _SHARE
