"""How long to wait before a text is tried again, and when it is too old to help."""

from datetime import datetime, timedelta

FIRST_WAIT_S = {True: 1, False: 5}
"""By whether somebody waits for the text: pages are tried again fast."""
LONGEST_WAIT_S = 60


def retry_wait(failures: int, *, page: bool, give_up_after: int) -> timedelta | None:
    """How long to wait before sending a text again, or None to stop trying.

    failures -- sends of this text that have failed so far, counting from 1.
    give_up_after -- failures after which a page is given up, so that somebody else is asked.

    The wait doubles and stops growing at 60 s. A page waits 1, 2, 4, 8 s and is then given
    up. Any other text waits 5, 10, 20, 40, 60, 60 ... s and is never given up here: it
    ends when it expires, so that a provider that was away gets it when it is back.
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
