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


def reports_of(answer: Any, first: str = CALLER) -> list[dict[str, Any]]:
    """Who says what. first -- whose an answer is that stands alone; None says nothing."""
    if isinstance(answer, dict):
        return list(answer["values"])
    return [] if answer is None else [{"value": answer, "source": first}]


def is_disputed(answer: Any) -> bool:
    """Do those who speak say different things?"""
    reports = reports_of(answer)
    return any(one["value"] != reports[0]["value"] for one in reports)


def agreed(answer: Any) -> Any:
    """What all say who speak, whoever they are; the answer as it is where they differ."""
    reports = reports_of(answer)
    return answer if not reports or is_disputed(answer) else reports[0]["value"]


def kept_as_well(standing: Any, said: Any, source: str, first: str = CALLER) -> Any:
    """The answer in the shape in which a call states it, once `source` says `said`.

    standing -- the answer so far, contradicting ones included, None where there is none; first --
    whose it is where it names nobody. Whoever speaks anew replaces what they said before. Where
    all say what the first one says it is one answer, and whoever does not know contradicts nobody.
    Nobody's word becomes that of the first one, who may have said nothing.
    """
    if said == UNKNOWN:
        return UNKNOWN if standing is None else standing
    reports = [one for one in reports_of(standing, first) if one["value"] != UNKNOWN]
    if reports and source == first and not isinstance(standing, dict):
        source = msgid("%(who)s, later", who=source)
    reports = [one for one in reports if one["source"] != source]
    return together([*reports, {"value": said, "source": source}], first)


def together(reports: list[dict[str, Any]], first: str = CALLER) -> Any:
    """These as one answer of a call."""
    by_them = any(one["source"] == first for one in reports)
    answer = {"values": reports}
    return reports[0]["value"] if by_them and not is_disputed(answer) else answer


def heard_from(standing: Any, said: Any, source: str) -> Any:
    """The same once somebody has rung who says `said` and perhaps what others say: their own
    word in it is kept as `source`'s."""
    for one in reports_of(said):
        voice = source if one["source"] == CALLER else one["source"]
        standing = kept_as_well(standing, one["value"], voice)
    return standing


def answered_by_caller(standing: Any, said: Any) -> Any:
    """The answer once the caller's own is given anew. That settles what they and others disputed;
    where they had said nothing yet, what others say stays beside it."""
    others = reports_of(standing)
    if any(one["source"] == CALLER for one in others):
        return said
    return kept_as_well(standing, said, CALLER)
