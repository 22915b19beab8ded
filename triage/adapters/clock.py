"""The wall clock of this machine. The service's own times come from the database."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)
