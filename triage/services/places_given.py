"""The place that somebody gave when they were asked again, in place of none, of a vague one or of a
wrong one. None is written onto a call that is closed: what was said there may have been erased."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from triage.domain import safety_wording
from triage.domain.errors import Conflict, Refused
from triage.domain.role_words import member_name
from triage.domain.words import Spoken, msgid
from triage.services import by_radio, calls, corrections, places, silences
from triage.services.centre import Centre
from triage.services.sending import must_be_open
from triage.services.stand_downs import tell
from triage.storage.calls import Call
from triage.storage.unit_of_work import UnitOfWork

NO_ZONE = "-"
"""Picked where nobody knows the zone."""


class ToTell(NamedTuple):
    units: Sequence[str]
    """Whom the radio has to tell."""
    hushed: Sequence[Spoken]
    """Who has the call and is told by nobody, because of a silent alarm."""


def write(
    uow: UnitOfWork,
    centre: Centre,
    call: Call,
    said: str,
    seen: str,
    say: Callable[[Spoken], str],
    zone: str = "",
) -> ToTell:
    """Write it down and assess the call. The one that stood before is kept with the caller's words;
    whoever has the call and a phone here is texted.

    seen -- the place as it stood on the screen; say -- a sentence in the language of whoever types;
    zone -- as picked by hand, or NO_ZONE: without it a place in no list does not silently lose the
    zone of the one before.
    Raises Refused for a place that stands there already, Conflict where somebody else wrote one
    down meanwhile.
    """
    must_be_open(call)
    before = " ".join((call.location or "").split())
    if before != seen:
        raise Conflict(msgid("the place of this call was written down meanwhile"))
    if zone not in ("", NO_ZONE, *centre.gazetteer.zones):
        raise Refused(msgid("Choose one of the zones in the list."), "zone")
    if not said or said == before:
        if zone:
            return _zone_alone(uow, centre, call, zone)
        raise Refused(msgid("Write where it is, as the caller says it now."), "location")
    if not zone and call.zone_source == "gazetteer" and not centre.gazetteer.find(said):
        raise Refused(
            msgid(
                "Not in the list of places: choose the zone. Is it %(zone)s still?",
                zone=call.zone or "",
            ),
            "zone",
        )
    if before:
        first = call.callers[0]
        kept = say(msgid("The place, as it was said before: %(place)s", place=before))
        first.said = "\n".join(filter(None, (first.said, kept)))
    _set(centre, call, said, zone)
    uow.audit("call.place_corrected" if before else "call.place_written", call)
    calls.assess(uow, centre, call)
    silent, hushed = silences.silenced(uow), []
    for slot in corrections.with_phones(uow, call):
        tell(uow, centre, slot, safety_wording.place_corrected(call.code, said), priority=0)
        if slot.team is not None and slot.responder_id in silent:
            hushed.append(member_name(slot.team.name, slot.role))
    return ToTell(by_radio.under_way(uow, call), hushed)


def _zone_alone(uow: UnitOfWork, centre: Centre, call: Call, zone: str) -> ToTell:
    """The place stands; nobody on the way has to be told."""
    _pick(call, zone)
    uow.audit("call.zone_picked", call, zone=call.zone)
    calls.assess(uow, centre, call)
    return ToTell((), ())


def _pick(call: Call, zone: str) -> None:
    known = zone != NO_ZONE
    call.zone, call.zone_source = (zone, "hand") if known else (None, None)


def _set(centre: Centre, call: Call, said: str, zone: str) -> None:
    """Whatever belonged to the place before goes; a zone that was chosen stays where the new place
    is in no list and none is picked now."""
    chosen = call.zone if call.zone_source != "gazetteer" else None
    listed = centre.gazetteer.find(said)
    call.zone = call.zone_source = call.found = call.found_index = call.match = None
    places.set_place(centre, call, said, zone=None if listed else chosen)
    if zone:
        _pick(call, zone)
