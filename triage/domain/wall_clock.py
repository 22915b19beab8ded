"""Times on the wall of a centre, and the instants that they are."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def instant(zone: ZoneInfo, wall: datetime) -> datetime:
    """The instant of a local time, whatever the clocks do that day.

    Of a time that comes twice the first is meant; one that is skipped is as much later as the
    clocks are put forward.
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def bounds_of(zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """When a day begins and when the next one does: mostly 23, 24 or 25 hours later."""
    midnights = (datetime.combine(one, time()) for one in (day, day + timedelta(days=1)))
    begins, ends = (instant(zone, midnight) for midnight in midnights)
    return begins, ends


def next_daily(zone: ZoneInfo, at: time, after: datetime) -> datetime:
    """The first instant after `after` at which it is this time."""
    day = after.astimezone(zone).date()
    found = instant(zone, datetime.combine(day, at))
    if found > after:
        return found
    return instant(zone, datetime.combine(day + timedelta(days=1), at))


def next_weekly(zone: ZoneInfo, weekday: int, at: time, after: datetime) -> datetime:
    """The first instant after `after` at which it is this weekday (Monday is 0) and time."""
    local = after.astimezone(zone)
    day = local.date() + timedelta(days=(weekday - local.weekday()) % 7)
    found = instant(zone, datetime.combine(day, at))
    if found > after:
        return found
    return instant(zone, datetime.combine(day + timedelta(days=7), at))
