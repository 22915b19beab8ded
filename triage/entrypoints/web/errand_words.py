"""What waits for a person about a call, as the board and the call's page say it."""

from datetime import datetime

from triage.domain.errands import WHO_CANCELS
from triage.services import cancellations, errands, lost_lines, neighbours
from triage.services.centre import Centre
from triage.storage.errands import Errand


def mark(centre: Centre, errand: Errand, now: datetime) -> tuple[str, str]:
    """The tone and the words of its badge."""
    red = errands.is_red(errand, now)
    return ("alarm" if red else "warn"), _WORDS[errand.kind](centre, errand, red)


def _line_lost(centre: Centre, errand: Errand, red: bool) -> str:
    if lost_lines.tries_left(centre, errand) <= 0:
        return "LINE LOST, not reached: decide what happens"
    return "LINE LOST: ring the caller back now" if red else "Line lost, call-back is timed"


def _cancel(_: Centre, errand: Errand, red: bool) -> str:
    return "CANCEL? Nobody has agreed yet" if red else "Cancel? A clinician or supervisor agrees"


def _neighbour(_: Centre, errand: Errand, red: bool) -> str:
    name = errand.details["neighbour"]
    return f"NOT TAKEN YET by {name}: ring them" if red else f"Offered to {name}"


_WORDS = {
    lost_lines.KIND: _line_lost,
    cancellations.KIND: _cancel,
    neighbours.KIND: _neighbour,
}


def ended(errand: Errand) -> str:
    """What stands before the note of one that is over."""
    if errand.kind == neighbours.KIND:
        return f"{errand.details['neighbour']} took the call"
    return f"{WHO_CANCELS[errand.details['who']]} said that nobody need come"
