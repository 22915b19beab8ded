"""An answer that somebody else gives otherwise: both are kept, each with who said it."""

from typing import Any, Final

from triage.domain.words import msgid

CALLER = msgid("caller")
SECOND = msgid("second caller")
SOURCES = (
    CALLER,
    SECOND,
    msgid("third party"),
    msgid("person in crisis"),
    msgid("officer"),
    msgid("clinician"),
    msgid("CAD"),
)
"""Who may have said it, as it is written down."""
UNKNOWN: Final = "unknown"
"""As a call states it."""


def voice_of(source: str) -> str:
    """The source as the names of fields end with it."""
    return source.replace(" ", "_")


VOICES = {voice_of(source): source for source in SOURCES}
"""By voice who it is."""


def caller_number(number: int) -> str:
    """Who says it, of several callers of one call, as it is written down: each by themselves, so
    that nobody's word takes the place of another's. number -- from 1, in the order they rang."""
    return {1: CALLER, 2: SECOND}.get(number) or f"{CALLER} {number}"


def kept_as_well(standing: Any, said: Any, source: str, first: str = CALLER) -> Any:
    """The answer in the shape in which a call states it, once `source` says `said`.

    standing -- the answer so far, contradicting ones included; first -- who gave it, if one did.
    Whoever speaks anew replaces what they said before. Where all say the same it is one answer,
    and whoever does not know contradicts nobody.
    """
    if said == UNKNOWN:
        return standing
    reports = [{"value": standing, "source": first}]
    if isinstance(standing, dict):
        reports = list(standing["values"])
    elif source == first:
        source = msgid("%(who)s, later", who=source)
    reports = [one for one in reports if one["source"] != source and one["value"] != UNKNOWN]
    reports.append({"value": said, "source": source})
    if all(one["value"] == said for one in reports):
        return said
    return {"values": reports}
