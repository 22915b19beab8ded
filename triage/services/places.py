"""Where a call is: as it was said, and what the gazetteer makes of it beside that."""

from triage.domain.errors import Refused
from triage.domain.gazetteer import Place, plain
from triage.domain.words import msgid
from triage.services.centre import Centre
from triage.storage.calls import Call
from triage.storage.sealed import blind_index
from triage.storage.unit_of_work import UnitOfWork

RIGHT, WRONG = "right", "wrong"
MATCHES = {
    RIGHT: msgid("The place that was found is confirmed."),
    WRONG: msgid("The place that was found is rejected."),
}
"""What a person said of the place that was found."""


def place_index(place: str | None) -> bytes | None:
    """By what the same place is found again; None where nothing can be looked up."""
    words = plain(place or "")
    return blind_index("place", words) if words else None


def set_place(
    centre: Centre,
    call: Call,
    said: str | None,
    *,
    zone: str | None = None,
    position: tuple[float, float] | None = None,
    match: str | None = None,
) -> None:
    """Keep the place as it was said; stand the gazetteer's zone and position beside it.

    zone, position -- as stated, before the gazetteer's. match -- what a person said of its place.
    """
    call.location = (said or "").strip() or None
    call.location_index = place_index(call.location)
    found = centre.gazetteer.find(call.location) if call.location else None
    call.position = position
    if zone:
        call.zone, call.zone_source = zone, "hand" if call.origin == "form" else "caller"
    if found is not None:
        call.found, call.match = found.name, match if match in MATCHES else None
        if match != WRONG:
            _stand_beside(call, found)


def _stand_beside(call: Call, found: Place) -> None:
    call.found_index = place_index(found.name)
    if call.zone is None:
        call.zone, call.zone_source = found.zone, "gazetteer"
    if found.latitude is not None and call.position is None:
        call.position = (found.latitude, found.longitude or 0.0)


def judge(uow: UnitOfWork, centre: Centre, call: Call, match: str) -> None:
    """A person says whether the place that was found is the one that was meant. What was found is
    kept either way; a wrong one gives no zone and no position."""
    if call.found is None or match not in MATCHES:
        raise Refused(msgid("Say whether the place that was found is the right one."), "match")
    found = centre.gazetteer.find(call.location or "")
    call.match = match
    if match == WRONG:
        call.found_index = None
        if call.zone_source == "gazetteer":
            call.zone = call.zone_source = None
        if found is not None and call.position == (found.latitude, found.longitude or 0.0):
            call.position = None
    elif found is not None and found.name == call.found:
        _stand_beside(call, found)
    uow.audit("call.place_judged", call, match=match)
