"""Local days and times as people write them in forms."""

from datetime import UTC, datetime, timedelta

from flask import request

from triage.context import current_context
from triage.domain.errors import Refused
from triage.domain.words import msgid


def instant_in_form(
    field: str, *, later: bool = False, not_before: datetime | None = None
) -> datetime | None:
    """The instant of the local time in a field of the form; None where it is empty.

    Of the hour that comes twice when clocks go back the first is meant, unless the later one is
    asked for, or only that is not before another instant.
    Raises Refused naming the field.
    """
    written = request.form.get(field, "").strip()
    if not written:
        return None
    try:
        wall = datetime.fromisoformat(written)
    except ValueError:
        wall = None
    if wall is None or wall.tzinfo is not None or not 2000 <= wall.year <= 2200:
        raise Refused(msgid("Write day and time, such as 2026-11-24 08:00."), field)
    zone = current_context().centre.policy.time_zone
    instant = wall.replace(tzinfo=zone, fold=int(later)).astimezone(UTC)
    if not_before is not None and instant < not_before:
        instant = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall:
        raise Refused(
            msgid("The clock is put forward then: this time does not exist that day."), field
        )
    return instant


def put_back(since: datetime, until: datetime) -> datetime | None:
    """The instant between these two at which clocks here were put back, to the hour, if they were:
    the local hour before it came twice."""
    zone = current_context().centre.policy.time_zone
    at, hour = since.replace(minute=0, second=0, microsecond=0), timedelta(hours=1)

    def wall(instant: datetime) -> datetime:
        return instant.astimezone(zone).replace(tzinfo=None)

    while at < until:
        if wall(at + hour) - wall(at) < hour:
            return at + hour
        at += hour
    return None


def for_field(at: datetime) -> str:
    """An instant as a datetime-local field holds it, at the next full five minutes."""
    local = at.astimezone(current_context().centre.policy.time_zone).replace(tzinfo=None)
    local = local.replace(second=0, microsecond=0) + timedelta(minutes=-local.minute % 5)
    return local.isoformat(timespec="minutes")
