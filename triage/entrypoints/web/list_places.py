"""Where a page of a long list begins, as its address carries it."""

from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from triage.services.list_pages import Place


def written(place: Place | None) -> str:
    return f"{place[0].isoformat()} {place[1]}" if place else ""


def read(text: str) -> Place | None:
    """The first page for what nobody has written so."""
    at, _, key = text.partition(" ")
    with suppress(ValueError, OverflowError):
        began = datetime.fromisoformat(at)
        return (began.astimezone(UTC), UUID(key)) if began.tzinfo else None
    return None
